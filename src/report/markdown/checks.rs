//! Findings of checks as Markdown.

use std::fmt::Write as _;

use super::{code, plain};
use crate::preflight::{Checks, Finding, Side, Verdict};
use crate::report::checks;

/// Writes the findings under headings of this level.
pub(super) fn write(out: &mut String, found: &Checks, level: usize) -> std::fmt::Result {
    let mark = "#".repeat(level);
    writeln!(out, "{mark} Checks: {}\n", code(checks::title(found).as_bytes()))?;
    writeln!(out, "**{}**, {}", checks::headline(found).join(" · "), found.started)?;
    for side in Side::ALL {
        if found.of(side).next().is_none() {
            continue;
        }
        writeln!(out, "\n{mark}# {}\n", checks::heading(side))?;
        writeln!(out, "| verdict | check | seen | why | remedy |\n|---|---|---|---|---|")?;
        for finding in found.of(side) {
            write_row(out, finding)?;
        }
    }
    Ok(())
}

fn write_row(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let text = |text: &str| -> String {
        let pieces = checks::pieces(text).into_iter();
        pieces
            .map(|(code, part)| if code { command_code(part) } else { plain(part.as_bytes()) })
            .collect()
    };
    let verdict = match finding.verdict {
        Verdict::Blocker => format!("**{}**", finding.verdict.word()),
        verdict => verdict.word().to_owned(),
    };
    let remedy: Vec<String> = finding
        .remedy
        .iter()
        .flat_map(|remedy| {
            let command = remedy.command.iter().map(|command| command_code(command));
            command.chain(remedy.console.iter().map(|console| text(console))).collect::<Vec<_>>()
        })
        .collect();
    writeln!(
        out,
        "| {verdict} | {}<br>{} | {} | {} | {} |",
        text(&finding.title),
        code(finding.id.as_bytes()),
        text(&finding.seen),
        text(&finding.why),
        remedy.join("<br>or ")
    )
}

/// A command or a name as code. It is whole, however long.
fn command_code(command: &str) -> String {
    format!("<code>{}</code>", plain(command.as_bytes()))
}
