//! One manifest out of many segments.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::compress::Compressor;
use super::error::ManifestError;
use super::format::{Compression, Encoding};
use super::output::{Output, OutputTarget};
use super::segment::{Segment, SegmentMark, check_length};

/// How far an assembly has come: what the checkpoint of a run keeps of it.
///
/// The content is the uncompressed manifest, that is, the header and all segments in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Checkpoint {
    /// Bytes of content that the output holds.
    pub content_bytes: u64,
    /// Bytes of the output that hold them.
    pub output_bytes: u64,
}

/// What becomes of a segment whose rows are in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumed {
    /// It is deleted at once: for runs that nobody will resume.
    Delete,
    /// It stays until [`Assembler::release`] is called with a checkpoint that has been saved.
    KeepUntilReleased,
    /// It stays: whoever made it removes it.
    Kept,
}

/// A finished manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Rows in it.
    pub rows: u64,
    /// Its length uncompressed, in bytes.
    pub content_bytes: u64,
    /// Its length as written, in bytes.
    pub output_bytes: u64,
}

/// Writes segments one after another to an output.
///
/// Segments may be handed over while the scan is still running, in key order: the leftmost finished
/// range, then the next. A reader at the other end of a pipe sees rows early, and the disk holds each row
/// once. All calls block and belong on a thread of their own. After an error nothing more may be pushed:
/// resume from the latest checkpoint.
///
/// A run that is resumed hands over *all* segments again from the first, with their marks: those that
/// the output holds already are skipped without being opened, so it does not matter whether their files
/// were deleted.
#[derive(Debug)]
pub struct Assembler {
    output: Output,
    packer: Packer,
    consumed: Consumed,
    /// Where the next segment begins in the content.
    position: u64,
    rows: u64,
    /// Segments that still have files, with the end of each in the content.
    held: VecDeque<(u64, PathBuf)>,
    start: Checkpoint,
}

#[derive(Debug)]
enum Packer {
    /// The kernel copies; the length is what was copied.
    Plain(u64),
    Compressed(Box<Compressor>),
}

impl Assembler {
    /// Begins a manifest: opens the output and writes the header.
    ///
    /// # Errors
    /// [`ManifestError`] when the output cannot be opened or written.
    pub fn new(
        target: &OutputTarget,
        encoding: Encoding,
        consumed: Consumed,
    ) -> Result<Self, ManifestError> {
        Self::resume(target, encoding, consumed, Checkpoint::default())
    }

    /// Goes on from a checkpoint; the output is cut back to it.
    ///
    /// # Errors
    /// [`ManifestError::Short`] when the output holds less than the checkpoint says,
    /// [`ManifestError::NotResumable`] for a stream that has been written to, and what [`Self::new`]
    /// returns.
    pub fn resume(
        target: &OutputTarget,
        encoding: Encoding,
        consumed: Consumed,
        start: Checkpoint,
    ) -> Result<Self, ManifestError> {
        let output = target.open()?;
        output.rewind_to(start.output_bytes)?;
        let packer = match encoding.compression {
            Compression::None => Packer::Plain(0),
            packed => {
                let compressor = Compressor::new(packed);
                Packer::Compressed(Box::new(
                    compressor.map_err(ManifestError::io("start compressing", output.path()))?,
                ))
            }
        };
        let mut assembler =
            Self { output, packer, consumed, position: 0, rows: 0, held: VecDeque::new(), start };
        let header = encoding.format.header();
        let known = usize::try_from(start.content_bytes).unwrap_or(usize::MAX).min(header.len());
        assembler.write_header(&header[known..])?;
        assembler.position = header.len() as u64;
        Ok(assembler)
    }

    /// Appends the next segment.
    ///
    /// # Errors
    /// [`ManifestError::Short`] when its file holds less than its mark says, [`ManifestError::Io`] when
    /// it cannot be read or the output cannot be written.
    pub fn push(&mut self, segment: &Segment) -> Result<(), ManifestError> {
        self.rows += segment.mark.rows;
        let begin = self.position;
        let end = begin + segment.mark.bytes;
        self.position = end;
        if segment.mark.bytes == 0 {
            return Ok(());
        }
        if end <= self.start.content_bytes {
            return match self.consumed {
                Consumed::Kept => Ok(()),
                _ => remove_if_there(&segment.path),
            };
        }
        let known = self.start.content_bytes.saturating_sub(begin);
        self.copy(&segment.path, known, segment.mark.bytes)?;
        if self.consumed == Consumed::Kept {
            return Ok(());
        }
        self.held.push_back((end, segment.path.clone()));
        if self.consumed == Consumed::Delete {
            self.release(self.reached())?;
        }
        Ok(())
    }

    /// Appends a piece of a segment that is still growing, right after the piece before. The segment
    /// itself stays. Not for assemblies that are resumed.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn push_part(
        &mut self,
        path: &Path,
        from: SegmentMark,
        to: SegmentMark,
    ) -> Result<(), ManifestError> {
        self.position += to.bytes - from.bytes;
        self.rows += to.rows - from.rows;
        self.copy(path, from.bytes, to.bytes)
    }

    /// How far the output has come, once the disk has it. What is still being compressed is not in it.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the output cannot be synced.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, ManifestError> {
        let reached = self.reached();
        self.output.sync()?;
        Ok(reached)
    }

    /// Deletes the segments that lie wholly before a checkpoint, which must have been saved.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when a segment cannot be deleted.
    pub fn release(&mut self, saved: Checkpoint) -> Result<(), ManifestError> {
        while let Some((end, path)) = self.held.front() {
            if *end > saved.content_bytes {
                break;
            }
            remove_if_there(path)?;
            self.held.pop_front();
        }
        Ok(())
    }

    /// Completes the manifest, gives it its name, and deletes the segments that are left, unless they are kept.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the output cannot be written or renamed.
    pub fn finish(mut self) -> Result<Assembled, ManifestError> {
        if let Packer::Compressed(compressor) = &mut self.packer {
            let resumed = self.start.output_bytes > 0;
            let finished = compressor.finish(self.output.file(), resumed);
            finished.map_err(ManifestError::io("write", self.output.path()))?;
        }
        let reached = self.reached();
        self.output.commit()?;
        for (_, path) in &self.held {
            remove_if_there(path)?;
        }
        let Checkpoint { content_bytes, output_bytes } = reached;
        Ok(Assembled { rows: self.rows, content_bytes, output_bytes })
    }

    fn reached(&self) -> Checkpoint {
        let (content, output) = match &self.packer {
            Packer::Plain(copied) => (*copied, *copied),
            Packer::Compressed(compressor) => compressor.written(),
        };
        Checkpoint {
            content_bytes: self.start.content_bytes + content,
            output_bytes: self.start.output_bytes + output,
        }
    }

    fn write_header(&mut self, header: &[u8]) -> Result<(), ManifestError> {
        let written = match &mut self.packer {
            Packer::Plain(copied) => {
                *copied += header.len() as u64;
                self.output.file().write_all(header)
            }
            Packer::Compressed(compressor) => compressor.feed(header, self.output.file()).map(drop),
        };
        written.map_err(ManifestError::io("write", self.output.path()))
    }

    /// Appends the bytes `from..to` of a file. Between plain files the kernel copies.
    fn copy(&mut self, path: &Path, from: u64, to: u64) -> Result<(), ManifestError> {
        let mut file = File::open(path).map_err(ManifestError::io("open", path))?;
        check_length(&file, path, to)?;
        if from > 0 {
            file.seek(SeekFrom::Start(from)).map_err(ManifestError::io("seek in", path))?;
        }
        let mut source = file.take(to - from);
        let copied = match &mut self.packer {
            Packer::Plain(total) => {
                let copied = io::copy(&mut source, &mut self.output.file());
                *total += copied.as_ref().map_or(0, |&bytes| bytes);
                copied
            }
            Packer::Compressed(compressor) => compressor.feed(source, self.output.file()),
        };
        let copied = copied.map_err(ManifestError::io("write", self.output.path()))?;
        if copied < to - from {
            let found = from + copied;
            return Err(ManifestError::Short { path: path.to_owned(), expected: to, found });
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> Result<(), ManifestError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ManifestError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
