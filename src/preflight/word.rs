//! Names and times as commands and sentences take them.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::units::grouped;

/// A name as a word of a shell's command: quoted where it holds anything that a shell would read.
pub(super) fn shell(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A count with commas.
pub(super) fn count(value: impl Into<u128>) -> String {
    grouped(value, ',')
}

/// A text out of a document in a sentence: on one line, and not longer than one can read.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 400;
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(MOST) {
        None => line,
        Some((end, _)) => format!("{} …", &line[..end]),
    }
}

/// Names in a sentence: `a, b and 3 more`.
pub(super) fn listed(names: &[String], most: usize) -> String {
    let shown: Vec<String> =
        names.iter().take(most).map(|name| format!("`{}`", name.escape_debug())).collect();
    let hidden = names.len() - shown.len();
    if hidden > 0 {
        return format!("{} and {hidden} more", shown.join(", "));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// Milliseconds since 1970; the nearest that can be counted for times beyond all calendars.
pub(super) fn millis(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_millis()).map_or(i64::MIN, std::ops::Neg::neg)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_name_as_one_word() {
        assert_eq!(shell("bucket-1/a.b"), "bucket-1/a.b");
        assert_eq!(shell("a b"), "'a b'");
        assert_eq!(shell("it's; rm"), r"'it'\''s; rm'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn many_names_are_not_all_told() {
        let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(0), 3), "");
        assert_eq!(listed(&names(1), 3), "`n0`");
        assert_eq!(listed(&names(3), 3), "`n0`, `n1` and `n2`");
        assert_eq!(listed(&names(5), 3), "`n0`, `n1`, `n2` and 2 more");
    }
}
