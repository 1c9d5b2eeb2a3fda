//! `weighbridge scan --dry-run`: everything is settled and one page is asked for; nothing is written.

use std::path::Path;

use super::source::Source;
use super::{Failure, words};
use crate::location::Location;
use crate::report::{Style, count, terminal::Sheet};
use crate::store::{Page, PageRequest, RangeStart};

/// What a scan would do, in words.
pub(super) struct Plan<'a> {
    pub(super) location: &'a Location,
    pub(super) source: &'a Source,
    /// What would be written, with where it would go.
    pub(super) outputs: Vec<(&'static str, String)>,
    /// Where the checkpoint would be kept.
    pub(super) state: Option<&'a Path>,
    /// The price of a thousand requests that the user gave.
    pub(super) list_price: Option<f64>,
}

impl Plan<'_> {
    /// Asks for one page and tells what a scan would do.
    ///
    /// # Errors
    /// What would keep the scan from beginning.
    pub(super) async fn check(&self, style: Style) -> Result<String, Failure> {
        let store = self.source.store.as_ref();
        let request = PageRequest {
            prefix: self.source.prefix.clone(),
            limit: 1,
            any_order: !store.quirks().ordered,
            ..PageRequest::default()
        };
        let mut page = Page::default();
        store
            .list(&request, &mut page)
            .await
            .map_err(|error| Failure::store(&error, &self.location.to_string()))?;

        let (origin, service, quirks) = (store.origin(), store.service(), store.quirks());
        let mut sheet = Sheet::new(style);
        sheet.title(&self.location.to_string());
        sheet.fact("endpoint", &origin.endpoint);
        if !origin.region.is_empty() {
            sheet.fact("region", &origin.region);
        }
        if !service.name.is_empty() {
            sheet.fact("service", service.name);
        }
        match store.key_in_use() {
            Some(key) => sheet.fact("credentials", &key.to_string()),
            None => sheet.fact("credentials", "none, requests are not signed"),
        }
        sheet.fact("lists", &words::listing(quirks).join(", "));
        let price = self.list_price.or(service.list_price.map(|price| price.usd_per_thousand));
        let price = price.map_or("not known; `--list-price` gives it".into(), |price| {
            format!("${price} for 1,000 requests")
        });
        sheet.fact("price", &price);
        for note in &service.notes {
            sheet.fact("note", note);
        }

        sheet.heading("A scan would");
        let way =
            match (quirks.ordered && quirks.range_start != RangeStart::None, quirks.directories) {
                (true, _) => "list ranges of keys, many at a time",
                (false, true) => "list directory by directory, many at a time",
                (false, false) => "list one page after another",
            };
        sheet.fact("first", way);
        for (what, place) in &self.outputs {
            sheet.fact("write", &format!("{what} to {place}"));
        }
        match self.state {
            Some(directory) => {
                sheet.fact("keep", &format!("a checkpoint in {}", directory.display()));
            }
            None => sheet.fact("keep", "no checkpoint: it could not be gone on with after a stop"),
        }

        sheet.heading("Asked for one object");
        let found = match (page.len(), page.more()) {
            (0, false) => "there is none".to_owned(),
            (0, true) => "none came, and more follow".to_owned(),
            (objects, false) => format!("{} came, and no more follow", count(objects as u64)),
            (objects, true) => format!("{} came, and more follow", count(objects as u64)),
        };
        sheet.fact("answer", &found);
        Ok(sheet.finish())
    }
}
