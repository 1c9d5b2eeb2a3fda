//! How calls are made.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::alibaba::error::CallError;
use crate::alibaba::session::{Acs3Call, Session, member};

const VERSION: &str = "2015-05-01";

/// The most entries that a page of a list has.
const PAGE: &str = "1000";

/// RAM, of the account whose keys the session has.
#[derive(Clone, Copy, Debug)]
pub struct Ram<'a> {
    session: &'a Session,
}

impl<'a> Ram<'a> {
    /// RAM by way of a session.
    #[must_use]
    pub fn new(session: &'a Session) -> Self {
        Self { session }
    }

    /// A call that creates: it is not repeated where it may have happened.
    pub(super) async fn create(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, CallError> {
        self.call(doing, action, parameters, false).await
    }

    /// A call that looks, or that leaves things as they are when it is had twice.
    pub(super) async fn ask(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, CallError> {
        self.call(doing, action, parameters, true).await
    }

    /// A call that takes away: that there is nothing to take away (any more) is a success.
    pub(super) async fn remove(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<(), CallError> {
        present(self.ask(doing, action, parameters).await).map(drop)
    }

    /// All entries of a list, of which a page holds them as `outer` → `inner`.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
        (outer, inner): (&'static str, &'static str),
    ) -> Result<Vec<T>, CallError> {
        let unreadable = |what| CallError::Unreadable { doing: doing.to_owned(), what };
        let mut entries: Vec<T> = Vec::new();
        let mut marker = String::new();
        loop {
            let mut parameters = parameters.to_vec();
            if !marker.is_empty() {
                parameters.push(("Marker", &marker));
            }
            let mut page = self.ask(doing, action, &parameters).await?;
            let listed = page.get_mut(outer).map(Value::take).ok_or_else(|| unreadable(outer))?;
            entries.extend(member::<Vec<T>>(listed, inner, doing)?);
            if page.get("IsTruncated").and_then(Value::as_bool) != Some(true) {
                return Ok(entries);
            }
            let next = page.get("Marker").and_then(Value::as_str);
            let next = next.filter(|next| !next.is_empty() && *next != marker);
            marker = next.ok_or_else(|| unreadable("Marker"))?.to_owned();
        }
    }

    /// As [`Self::list`], of an operation that takes the size of its pages.
    pub(super) async fn list_in_pages<T: DeserializeOwned>(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
        names: (&'static str, &'static str),
    ) -> Result<Vec<T>, CallError> {
        let parameters = [parameters, &[("MaxItems", PAGE)]].concat();
        self.list(doing, action, &parameters, names).await
    }

    async fn call(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
        idempotent: bool,
    ) -> Result<Value, CallError> {
        let host = self.session.endpoints().ram();
        let call = Acs3Call { host: &host, action, version: VERSION, parameters, idempotent };
        self.session.acs3(doing, &call).await
    }
}

/// `None` where RAM says that what the call is about is not there.
pub(super) fn present<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if says(&error, "EntityNotExist") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether RAM refuses with a code of this family.
pub(super) fn says(error: &CallError, family: &str) -> bool {
    error.refusal().is_some_and(|refusal| refusal.code.starts_with(family))
}
