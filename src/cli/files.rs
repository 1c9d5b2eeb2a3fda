//! Files that a subcommand writes.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::Failure;
use crate::whole;

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

/// Tries whether a file could be written and leaves it as it was.
pub(super) fn check_writable(path: &Path) -> Result<(), Failure> {
    whole::check(path).map_err(|error| {
        Failure::output(&format!("`{}`", path.display()), &error)
            .hint("name a file in a folder that exists and may be written to")
    })
}

/// Writes a file in one piece; `-` is stdout.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), Failure> {
    if path == Path::new("-") {
        return to_stdout(content);
    }
    reaches(whole::replace(path, |file| file.write_all(content)))
        .map_err(|error| Failure::output(&format!("`{}`", path.display()), &error))?;
    Ok(())
}

/// Shows what people read: on stdout, or beside it where stdout carries data.
pub(super) fn show(text: &str, on_stdout: bool) -> Result<(), Failure> {
    if on_stdout {
        return to_stdout(text.as_bytes());
    }
    let written = reaches(io::stderr().write_all(text.as_bytes()));
    written.map(drop).map_err(|error| Failure::output("stderr", &error))
}

/// Writes a line on stdout.
pub(super) fn write_line(text: &str) -> Result<(), Failure> {
    to_stdout(format!("{text}\n").as_bytes())
}

/// Writes to stdout. Whoever closed the pipe has seen enough, which changes nothing for the rest of the run.
pub(super) fn to_stdout(content: &[u8]) -> Result<(), Failure> {
    reaches_stdout(content).map(drop)
}

/// Writes to stdout; false once nobody reads it any more.
pub(super) fn reaches_stdout(content: &[u8]) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(content).and_then(|()| stdout.flush());
    reaches(written).map_err(|error| Failure::output("stdout", &error))
}

/// False where nobody reads what was written any more.
fn reaches(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Refuses to write two files into one, of which only the last would be there in the end.
pub(super) fn check_distinct<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<(), Failure> {
    let mut met = HashSet::new();
    for path in paths.filter(|path| !whole::is_stream(path)) {
        let place = whole::followed(path).and_then(std::path::absolute);
        let folder = place.as_ref().ok().and_then(|place| place.parent()?.canonicalize().ok());
        let name = place.as_ref().ok().and_then(|place| place.file_name());
        // What cannot be found is told when it is tried.
        let (Some(folder), Some(name)) = (folder, name) else { continue };
        if !met.insert(folder.join(name)) {
            let message = format!("two outputs are to go to `{}`", path.display());
            return Err(Failure::wrong(message).hint("give each a file of its own"));
        }
    }
    Ok(())
}
