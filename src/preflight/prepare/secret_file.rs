//! Where the secret of a new access key goes: a file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::alibaba::Credentials;

/// A new and empty file of mode 0600.
#[derive(Debug)]
pub struct SecretFile {
    file: File,
    path: PathBuf,
    used: bool,
}

impl SecretFile {
    /// Creates the file, so that nothing is in the way once there is a secret to be written.
    ///
    /// # Errors
    /// If it is there already, or cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(path)?, path: path.to_owned(), used: false })
    }

    /// Writes a key as the lines that a shell sources.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, key: &Credentials) -> io::Result<()> {
        let text = Zeroizing::new(format!(
            "ALIBABA_CLOUD_ACCESS_KEY_ID={}\nALIBABA_CLOUD_ACCESS_KEY_SECRET={}\n",
            key.id, *key.secret
        ));
        self.used = true;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if !self.used {
            // It is empty, and whoever calls again would be told that it is there.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
