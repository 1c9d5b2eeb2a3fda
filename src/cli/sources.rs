//! `weighbridge sources`: what can be listed here, and with which keys.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use serde_json::{Value, json};

use super::{CommandResult, Console, Failure, files, words};
use crate::exit::Exit;
use crate::report::{Style, count, terminal::Sheet};
use crate::store::Quirks;
use crate::store::s3::providers::{self, Provider};
use crate::store::sources::{self, FoundKeys, SourceKind};
use crate::versioned;

/// The schema of the JSON; fields are only ever added under one number.
const SCHEMA: &str = "weighbridge.sources/1";

#[derive(Debug, Args)]
#[command(after_help = "Secrets are never shown, and of key ids only the last four characters.")]
pub(super) struct SourcesArgs {
    /// Profile in the AWS configuration files
    #[arg(long, env = "WEIGHBRIDGE_PROFILE")]
    profile: Option<String>,
    /// Write it as JSON; `-` for stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &SourcesArgs, console: Console) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    let kinds = runtime.block_on(sources::all(args.profile.as_deref()));
    if let Some(path) = &args.output {
        let document = json!({
            "schema": SCHEMA,
            "sources": kinds.iter().map(kind_json).collect::<Vec<_>>(),
            "providers": providers::ALL.iter().map(provider_json).collect::<Vec<_>>(),
        });
        let text = versioned::to_json(&document).map_err(|error| Failure::failed(&error))?;
        files::write_whole(path, text.as_bytes())?;
    }
    let on_stdout = args.output.as_deref() == Some(Path::new("-"));
    if !on_stdout && !console.is_quiet() {
        let text = render(&kinds, console.style(true));
        files::to_stdout(text.as_bytes())?;
    }
    Ok(Exit::Done)
}

fn render(kinds: &[SourceKind], style: Style) -> String {
    let mut sheet = Sheet::new(style);
    sheet.title("Sources");
    let rows: Vec<Vec<String>> = kinds.iter().map(kind_row).collect();
    sheet.table(&["scheme", "", "starts", "order", "a page", "delimiter"], &rows);

    sheet.heading("Credentials");
    for kind in kinds {
        match &kind.keys {
            FoundKeys::Found(key) => sheet.fact(kind.scheme, &key.to_string()),
            FoundKeys::Needless => sheet.fact(kind.scheme, "none needed"),
            FoundKeys::None { hint } => {
                sheet.fact(kind.scheme, "none found");
                sheet.remark(hint);
            }
            FoundKeys::Broken { reason, hint } => {
                sheet.fact(kind.scheme, reason);
                sheet.remark(hint);
            }
        }
    }

    sheet.heading("S3-compatible services (--provider)");
    let rows: Vec<Vec<String>> = providers::ALL.iter().map(provider_row).collect();
    sheet.table(&["name", "", "starts", "order", "1,000 LISTs"], &rows);
    sheet.finish()
}

fn kind_row(kind: &SourceKind) -> Vec<String> {
    let quirks = &kind.quirks;
    vec![
        kind.scheme.into(),
        kind.title.into(),
        words::start(quirks).into(),
        words::order(quirks).into(),
        count(quirks.page_limit as u64),
        if quirks.delimiter { "yes" } else { "no" }.into(),
    ]
}

fn provider_row(provider: &Provider) -> Vec<String> {
    let quirks = &provider.quirks;
    let price = provider.prices.first().map_or_else(String::new, |known| {
        let price = match known.price.usd_per_thousand {
            0.0 => "free".to_owned(),
            price => format!("${price}"),
        };
        match known.regions {
            [] => price,
            // The rest is in the JSON.
            _ => format!("from {price}"),
        }
    });
    vec![
        provider.name.into(),
        provider.title.into(),
        words::start(quirks).into(),
        words::order(quirks).into(),
        price,
    ]
}

fn listing_json(quirks: &Quirks) -> Value {
    json!({
        "starts": words::start(quirks),
        "order": words::order(quirks),
        "page_limit": quirks.page_limit,
        "delimiter": quirks.delimiter,
        "directories": quirks.directories,
    })
}

fn kind_json(kind: &SourceKind) -> Value {
    let credentials = match &kind.keys {
        FoundKeys::Found(key) => {
            json!({"found": true, "key_id_end": key.id_end, "source": key.source})
        }
        FoundKeys::Needless => json!({"found": false, "needed": false}),
        FoundKeys::None { hint } => json!({"found": false, "hint": hint}),
        FoundKeys::Broken { reason, hint } => {
            json!({"found": false, "reason": reason, "hint": hint})
        }
    };
    json!({
        "scheme": kind.scheme,
        "title": kind.title,
        "listing": listing_json(&kind.quirks),
        "credentials": credentials,
    })
}

fn provider_json(provider: &Provider) -> Value {
    let prices: Vec<Value> = provider
        .prices
        .iter()
        .map(|known| {
            json!({
                "regions": known.regions,
                "usd_per_thousand": known.price.usd_per_thousand,
                "source": known.price.source,
            })
        })
        .collect();
    json!({
        "name": provider.name,
        "title": provider.title,
        "hosts": provider.hosts,
        "listing": listing_json(&provider.quirks),
        "list_prices": prices,
    })
}
