//! The list of what no job takes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::InventoryError;
use crate::manifest::{Format, Row, RowEncoder};
use crate::migration::survey::Lens;
use crate::tally::{Counts, Hazard};

/// The list of what no job takes: a manifest with the hazards and what to do about them beside each
/// row, which a later call can take as its manifest.
pub(super) struct ExcludedWriter {
    path: PathBuf,
    file: io::BufWriter<File>,
    counts: Counts,
    row: Vec<u8>,
}

impl ExcludedWriter {
    pub(super) fn create(path: &Path) -> Result<Self, InventoryError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(InventoryError::io("create", folder))?;
        }
        let file = File::create(path).map_err(InventoryError::io("create", path))?;
        let mut file = io::BufWriter::new(file);
        let header = String::from_utf8_lossy(Format::Csv.header()).trim_end().to_owned();
        writeln!(file, "{header},hazards,action").map_err(InventoryError::io("write", path))?;
        Ok(Self { path: path.to_owned(), file, counts: Counts::ZERO, row: Vec::new() })
    }

    pub(super) fn add(
        &mut self,
        row: &Row,
        hazards: &[Hazard],
        lens: &Lens,
    ) -> Result<(), InventoryError> {
        self.counts.add(row.size);
        self.row.clear();
        RowEncoder::new(Format::Csv, &row.bucket).encode(&row.object(), &mut self.row);
        self.row.pop();
        let codes: Vec<&str> = hazards.iter().map(|hazard| hazard.info().code).collect();
        let worst = hazards.iter().max_by_key(|hazard| hazard.info().severity);
        let action = worst.map(|hazard| lens.judge.action(*hazard)).unwrap_or_default();
        let tail = format!(",{},\"{}\"\n", codes.join(" "), action.replace('"', "\"\""));
        self.row.extend_from_slice(tail.as_bytes());
        self.file.write_all(&self.row).map_err(InventoryError::io("write", &self.path))
    }

    pub(super) fn finish(mut self) -> Result<(Counts, PathBuf), InventoryError> {
        self.file.flush().map_err(InventoryError::io("write", &self.path))?;
        Ok((self.counts, self.path))
    }
}
