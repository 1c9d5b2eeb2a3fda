//! The page that leads from nothing to a started migration is true: every command on it runs, and does what
//! the page says.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Workshop, run};

#[test]
fn the_walk_through_can_be_walked() {
    let workshop = Workshop::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/rehearse");
    let mut rehearsal = Command::new(script);
    rehearsal
        .arg(env!("CARGO_BIN_EXE_weighbridge"))
        .current_dir(workshop.path("."))
        .env("TMPDIR", workshop.path("."));
    let ran = run(rehearsal);
    ran.ends_with_code(0);
    let text = ran.text();
    // One of each: what stands in the way, the weight, what was done, what came of it.
    for words in [
        "there is no bucket `copies`",
        "20,000 objects",
        "[8/8] attach",
        "nothing is left to do",
        "rehearsed: 7 commands",
    ] {
        assert!(text.contains(words), "`{words}` is not in: {}", ran.said());
    }
}
