//! The bucket's name and the prefix: what can be judged without asking anybody. (What objects' keys come to
//! behind the prefix is judged with the source's objects.)
//!
//! Sources: "Create a migration job" of the classic console (form of prefixes); "Bucket naming conventions",
//! OSS documentation.

use super::Destination;
use super::bucket::BUCKET;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::wanted::wrong_bucket_name;

pub(in crate::preflight) const PREFIX: Check = Check::destination(
    "DESTINATION_PREFIX",
    "the form of the prefix",
    "the service takes prefixes that do not start with a slash and that end in one",
);

/// Whether the prefix is as the service wants it.
pub(super) fn prefix(prefix: &str) -> Finding {
    let shown = format!("`{}`", prefix.escape_debug());
    let trimmed = prefix.trim_matches(['/', '\\']);
    let better = if trimmed.is_empty() { String::new() } else { format!("{trimmed}/") };
    let mend = |finding: Finding| {
        finding
            .run(format!("--to 'oss://BUCKET/{}'", better.escape_debug()))
            .by_hand("and the same prefix in the data address")
    };
    if prefix.is_empty() {
        return PREFIX.ok("there is none: copies keep their keys");
    }
    if prefix.starts_with(['/', '\\']) {
        return mend(PREFIX.blocker(format!("the prefix {shown} starts with a slash")));
    }
    if !prefix.ends_with('/') {
        return mend(PREFIX.blocker(format!("the prefix {shown} does not end in a slash")));
    }
    PREFIX.ok(format!("{shown} is put before every key"))
}

/// That the name can be no bucket's, if so.
pub(super) fn wrong_bucket(destination: &Destination<'_>) -> Option<Finding> {
    let name = destination.bucket;
    let wrong = wrong_bucket_name(name)?;
    let finding =
        BUCKET.blocker(format!("`{}` {wrong}, and can be no bucket", name.escape_debug()));
    Some(finding.by_hand(
        "name a bucket of 3 to 63 characters out of a-z, 0-9 and `-` with `--to oss://BUCKET/`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    #[test]
    fn a_prefix_has_no_slash_before_it_and_one_behind_it() {
        for (text, verdict, better) in [
            ("", Verdict::Ok, None),
            ("copy/", Verdict::Ok, None),
            ("a/b c/", Verdict::Ok, None),
            ("copy", Verdict::Blocker, Some("--to 'oss://BUCKET/copy/'")),
            ("/copy/", Verdict::Blocker, Some("--to 'oss://BUCKET/copy/'")),
            ("\\copy", Verdict::Blocker, Some("--to 'oss://BUCKET/copy/'")),
            ("/", Verdict::Blocker, Some("--to 'oss://BUCKET/'")),
        ] {
            let finding = prefix(text);
            let command = finding.remedy.and_then(|remedy| remedy.command);
            assert_eq!((finding.verdict, command.as_deref()), (verdict, better), "{text}");
        }
    }
}
