//! Files that a subcommand writes.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Failure;

/// The form of a report, which its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportForm {
    Html,
    Markdown,
}

/// Reads the form of a report off its name.
pub(super) fn report_form(path: &Path) -> Result<ReportForm, Failure> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("html" | "htm") => Ok(ReportForm::Html),
        Some("md" | "markdown") => Ok(ReportForm::Markdown),
        _ => Err(Failure::wrong(format!(
            "the name of the report `{}` does not say its form",
            path.display()
        ))
        .hint("end it in `.html` or `.md`")),
    }
}

/// What a file holds; `-` is stdin.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    if path == Path::new("-") { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) }
}

/// Tries to open a file for writing and leaves it as it was.
pub(super) fn check_writable(path: &Path) -> Result<(), Failure> {
    let new = !path.exists();
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path);
    let closed = opened.and_then(|_| if new { fs::remove_file(path) } else { Ok(()) });
    closed.map_err(|error| {
        Failure::output(&format!("`{}`", path.display()), &error)
            .hint("name a file in a folder that exists and may be written to")
    })
}

/// Writes a file in one piece: it is the old one or the new one, never half of it.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let failure = |error: io::Error| Failure::output(&format!("`{}`", path.display()), &error);
    if path == Path::new("-") {
        return io::stdout().write_all(content).map_err(|error| Failure::output("stdout", &error));
    }
    if path.exists() && !path.is_file() {
        // A pipe or a device takes the bytes as they come.
        return fs::write(path, content).map_err(failure);
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let beside = PathBuf::from(name);
    fs::write(&beside, content).and_then(|()| fs::rename(&beside, path)).map_err(failure)
}
