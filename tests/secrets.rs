//! The watch that no run may let a secret slip: it finds what it is there to find.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Watch;

fn watched(folder: &Path) -> Watch {
    let mut command = Command::new("true");
    Watch::before(command.current_dir(folder).env("SOME_SECRET_KEY", "PLANTED"))
}

#[test]
fn inputs_may_hold_secrets() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("credentials"), "PLANTED").unwrap();
    watched(folder.path()).after(&[b"nothing"]);
}

#[test]
#[should_panic(expected = "secrets are written")]
fn packed_files_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let watch = watched(folder.path());
    let packed = zstd::encode_all(&b"row,PLANTED"[..], 1).unwrap();
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(folder.path().join("parts/1.csv.zst"), packed).unwrap();
    watch.after(&[]);
}

#[test]
#[should_panic(expected = "a secret is printed")]
fn what_is_printed_is_searched() {
    let folder = tempfile::tempdir().unwrap();
    watched(folder.path()).after(&[b"", b"key PLANTED"]);
}
