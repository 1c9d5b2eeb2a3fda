//! What a store means by `+` in encoded keys, where that is not known of it: it is asked.

use std::sync::Arc;

use super::client::{Ask, S3Store};
use super::correct::redacted;
use super::decode::plus_of;
use super::endpoint::Route;
use super::error::Refusal;
use super::keys::Keys;
use super::query;
use crate::store::printable;
use crate::store::{Gate, PageError, PageRequest, Plus, Quirks, Store as _, StoreError};

impl S3Store {
    /// These quirks with what is known by now of `+`.
    pub(super) fn as_meant(&self, quirks: &Quirks) -> Quirks {
        let plus = self.plus.get().map_or(quirks.plus, |found| found.unwrap_or(Plus::Space));
        Quirks { plus, ..quirks.clone() }
    }

    /// The same, with the store asked where it has to be.
    pub(super) async fn as_meant_below(
        &self,
        prefix: &[u8],
        gate: &dyn Gate,
    ) -> Result<Quirks, StoreError> {
        if self.quirks().plus == Plus::Unsure && self.plus.get().is_none() {
            if !gate.again().await {
                return Err(PageError::UnsurePlus { text: printable(prefix) }.into());
            }
            let keys = self.keys.keys().await?;
            let asked = self.ask_for_plus(&self.route(), keys.as_ref(), prefix).await;
            asked.map_err(|refusal| redacted(refusal.error, keys.as_deref()))?;
        }
        Ok(self.as_meant(self.quirks()))
    }

    /// What is to be known of keys where the store did not say what it means.
    pub(super) fn plus_note(&self) -> Option<String> {
        let note = "the store does not show what `+` in its encoded keys stands for; it was taken for a \
                    space, so that names with either may be wrong, and counts and sizes are right";
        (self.plus.get() == Some(&None)).then(|| note.to_owned())
    }

    /// Asks the store what it means by `+` in encoded names: it writes the prefix that it was asked for
    /// into its answer like any other name. It stays `within` what is listed anyway, as keys may be
    /// allowed no more.
    pub(super) async fn ask_for_plus(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        within: &[u8],
    ) -> Result<(), Refusal> {
        let prefix = [within, b"+ "].concat();
        let request = PageRequest { prefix, limit: 1, ..PageRequest::default() };
        let quirks = self.quirks();
        let (query, mut body) = (query::write(&request, quirks)?, Vec::new());
        self.send(route, keys, &Ask::get(&query), &mut body).await?;
        // Whoever asked at the same time was told the same.
        let _ = self.plus.set(plus_of(&body, quirks));
        Ok(())
    }
}
