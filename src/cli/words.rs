//! How a store behaves, in words that two subcommands share.

use crate::object::KeyOrder;
use crate::report::count;
use crate::store::{ListVersion, Quirks, RangeStart};

/// Where listings can start.
pub(super) fn start(quirks: &Quirks) -> &'static str {
    match quirks.range_start {
        RangeStart::Exclusive => "after any key",
        RangeStart::Inclusive => "at any key",
        RangeStart::None => "at a prefix",
    }
}

/// In which order keys come.
pub(super) fn order(quirks: &Quirks) -> &'static str {
    match (quirks.ordered, quirks.order) {
        (false, _) => "its own",
        (true, KeyOrder::Bytes) => "bytes",
        (true, KeyOrder::Utf16) => "UTF-16",
    }
}

/// How a store lists.
pub(super) fn listing(quirks: &Quirks) -> Vec<String> {
    vec![
        format!("starts {}", start(quirks)),
        if quirks.ordered {
            format!("in the order of {}", order(quirks))
        } else {
            "in an order of its own".into()
        },
        format!("{} a page", count(quirks.page_limit as u64)),
        match quirks.list_version {
            ListVersion::V1 => "first version of the call".into(),
            ListVersion::V2 => "second version of the call".into(),
        },
    ]
}
