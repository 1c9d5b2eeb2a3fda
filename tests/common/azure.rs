//! Containers of Azure Blob in the simulator, and how they are weighed.

use std::sync::Arc;

use serde_json::Value;
use weighbridge::manifest::Row;
use weighbridge::object::KeyOrder;
use weighbridge::scan::ledger::check_tiling;
use weighbridge::scan::{End, Outcome, ScanOptions};
use weighbridge::simulator::{
    DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, Simulator, SimulatorConfig, account_key,
};
use weighbridge::store::azure::{AzureAccess, AzureConfig, AzureStore, Secret, quirks};
use weighbridge::store::{Quirks, Store};

use super::{
    BUCKET, Held, awkward, config, counted, digest_of, keys, listing_of, rows_of, runtime, start,
    sums, weigh_store,
};

pub(crate) fn azure(content: &Held, behaviour: &str) -> SimulatorConfig {
    let mut config = config(content, behaviour);
    config.dialect = Dialect::Azure;
    config.anonymous = false;
    config
}

pub(crate) fn serve(content: &Held, behaviour: &str) -> Simulator {
    start(azure(content, behaviour))
}

/// A store that puts so few blobs on a page that even a small container is cut into many ranges.
pub(crate) async fn store(simulator: &Simulator, page_limit: usize) -> Arc<dyn Store> {
    let key = Secret::new(account_key(DEFAULT_SECRET), "a test");
    let config = AzureConfig {
        endpoint_url: Some(simulator.endpoint()),
        access: AzureAccess::AccountKey(key),
        quirks: Some(Quirks { page_limit, ..quirks() }),
        ..AzureConfig::new(DEFAULT_KEY_ID, BUCKET)
    };
    Arc::new(AzureStore::connect(config).await.unwrap())
}

pub(crate) fn weigh(simulator: &Simulator, page_limit: usize, options: ScanOptions) -> Outcome {
    let weighing = async { weigh_store(store(simulator, page_limit).await, options).await };
    runtime().block_on(weighing).unwrap()
}

#[track_caller]
pub(crate) fn assert_exact(outcome: &Outcome, expected: &[Row], what: &str) {
    assert_eq!(outcome.end, End::Complete, "{what}");
    assert_eq!(counted(outcome), sums(expected), "{what}");
    let digest = outcome.ledger.tally.digest().to_string();
    assert_eq!(digest, digest_of(expected), "{what}");
    if !outcome.ledger.sequential {
        check_tiling(&outcome.ledger.ranges, KeyOrder::Utf16).unwrap();
    }
}

/// Names that break decoders, orders and bounds, as far as they are characters.
pub(crate) fn nasty() -> Held {
    let mut names: Vec<String> = [
        "plus+sign",
        "a b",
        "50%",
        "a%20b",
        "a%zzb",
        "amp&ersand",
        "&amp;",
        "<Name>x</Name>",
        "]]>",
        "double\"quote",
        "new\nline",
        "carriage\rreturn",
        "tab\there",
        "soh\u{1}here",
        "us\u{1f}here",
        "del\u{7f}here",
        "dir/",
        "dir/a",
        "dir//x",
        "dir.x",
        "dir-x",
        "dir0",
        "dir",
        "/lead",
        "//",
        " leading",
        "trailing ",
        "\u{feff}bom",
        "question?mark",
        "hash#tag",
        "back\\slash",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{fffe}",
        "\u{ffff}x",
        "\u{e000}",
        "\u{ff21}",
        "\u{1f600}",
        "\u{10ffff}",
        "\u{1f600}/\u{ff21}",
        "\u{d7ff}",
        "\u{2028}",
    ]
    .map(str::to_owned)
    .into();
    names.push("\u{1f600}".repeat(512));
    for number in 0..400 {
        names.push(format!("order/\u{1f600}{number:03}"));
        names.push(format!("order/\u{ff5e}{number:03}"));
        names.push(format!("order/z{number:03}"));
    }
    keys(names)
}

/// The same and what clients stumble over.
pub(crate) fn awkward_names() -> Held {
    let nasty = rows_of(&nasty()).into_iter().map(|row| String::from_utf8(row.key).unwrap());
    keys(nasty.chain(awkward()))
}

/// What the SDK has to show, in the order of the service.
pub(crate) fn shown(content: &Held, case: &Value) -> Value {
    let text = |name: &str| case[name].as_str().unwrap();
    let mut rows = rows_of(content);
    rows.sort_by(|left, right| KeyOrder::Utf16.compare(&left.key, &right.key));
    let from = text("from").as_bytes();
    rows.retain(|row| !KeyOrder::Utf16.precedes(&row.key, from));
    listing_of(&rows, text("prefix"), text("delimiter"), "")
}
