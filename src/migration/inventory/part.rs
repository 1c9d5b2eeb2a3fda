//! One file of a list: rows in gzip, with the size known after every write.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};

use super::InventoryError;
use crate::migration::plan::InventoryFile;

/// One part being written.
pub(super) struct Part {
    path: PathBuf,
    encoder: GzEncoder<Hashed>,
    objects: u64,
}

impl Part {
    pub(super) fn create(path: &Path) -> Result<Self, InventoryError> {
        let file = File::create(path).map_err(InventoryError::io("create", path))?;
        let hashed = Hashed { file, md5: Md5::new(), bytes: 0 };
        // The service reads a part once, so packing well is worth more than packing fast.
        let encoder = GzEncoder::new(hashed, Compression::new(6));
        Ok(Self { path: path.to_owned(), encoder, objects: 0 })
    }

    /// Bytes in the file; everything written is in it, since every write ends with a flush.
    pub(super) fn bytes(&self) -> u64 {
        self.encoder.get_ref().bytes
    }

    pub(super) fn write(&mut self, rows: &[u8], objects: u64) -> Result<(), InventoryError> {
        self.objects += objects;
        let written = self.encoder.write_all(rows).and_then(|()| self.encoder.flush());
        written.map_err(InventoryError::io("write", &self.path))
    }

    pub(super) fn finish(self) -> Result<(PathBuf, InventoryFile), InventoryError> {
        let Self { path, encoder, objects } = self;
        let Hashed { file, md5, bytes } =
            encoder.finish().map_err(InventoryError::io("write", &path))?;
        file.sync_data().map_err(InventoryError::io("sync", &path))?;
        let mut hex = String::new();
        for byte in md5.finalize() {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02X}");
        }
        let (key, shown) = (String::new(), String::new());
        Ok((path, InventoryFile { path: shown, key, bytes, md5: hex, objects }))
    }
}

/// A file with the hash and the number of its bytes.
struct Hashed {
    file: File,
    md5: Md5,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.md5.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
