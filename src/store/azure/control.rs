//! What account, container and blobs are asked before they are moved. Nothing here changes anything.
//!
//! Sources: "Get Account Information", "Get Container Properties", "Get Blob", "Get Blob Properties", "List
//! Containers", Azure Storage REST reference.

use http::{HeaderMap, Method};

use super::client::{Ask, AzureStore, Place};
use super::query::{self, Parameters};
use crate::store::text::xml::{Content, Event, Reader};
use crate::store::{ErrorKind, StoreError};

/// What an account is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Whether it has a hierarchical namespace; `None` where it does not say.
    pub hierarchical: Option<bool>,
    /// Such as `StorageV2`; empty where it does not say.
    pub kind: String,
    /// Such as `Standard_LRS`; empty where it does not say.
    pub sku: String,
}

/// What is kept with a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContainerState {
    /// Whether a policy keeps its blobs from being changed and deleted.
    pub immutable: bool,
    /// Whether a legal hold does.
    pub held: bool,
}

/// What can be seen of a blob without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobState {
    /// Its access tier; empty where it has none.
    pub tier: String,
    /// How far its way out of the archive is, such as `rehydrate-pending-to-hot`.
    pub archive_status: Option<String>,
}

impl AzureStore {
    /// What kind of account it is.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn account_state(&self) -> Result<AccountState, StoreError> {
        let headers = self.ask(&Ask::get(&query::account())).await?.0;
        let hierarchical = match text(&headers, "x-ms-is-hns-enabled").to_ascii_lowercase().as_str()
        {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let (kind, sku) = (text(&headers, "x-ms-account-kind"), text(&headers, "x-ms-sku-name"));
        Ok(AccountState { hierarchical, kind, sku })
    }

    /// What is kept with the container.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn container_state(&self) -> Result<ContainerState, StoreError> {
        let parameters: Parameters = vec![("restype", b"container".into())];
        let headers = self.ask(&Ask::get(&parameters)).await?.0;
        let truth = |name| match text(&headers, name).to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => {
                let message = format!("the service does not answer with `{name}`");
                Err(StoreError::new(ErrorKind::Refused, message))
            }
        };
        Ok(ContainerState {
            immutable: truth("x-ms-has-immutability-policy")?,
            held: truth("x-ms-has-legal-hold")?,
        })
    }

    /// Reads the first byte of a blob, or finds that it has none.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn read_byte(&self, name: &[u8]) -> Result<(), StoreError> {
        let parameters = Parameters::new();
        let place = Place::Blob(name);
        let ask = Ask { place, first_byte: true, ..Ask::get(&parameters) };
        match self.ask(&ask).await {
            Ok(_) => Ok(()),
            Err(error) if error.code == "InvalidRange" => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What can be seen of a blob without reading it.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn blob_state(&self, name: &[u8]) -> Result<BlobState, StoreError> {
        let parameters = Parameters::new();
        let (method, place) = (Method::HEAD, Place::Blob(name));
        let headers = self.ask(&Ask { method, place, ..Ask::get(&parameters) }).await?.0;
        let archive_status = text(&headers, "x-ms-archive-status");
        Ok(BlobState {
            tier: text(&headers, "x-ms-access-tier"),
            archive_status: (!archive_status.is_empty()).then_some(archive_status),
        })
    }

    /// The containers of the account whose names begin with this, as many as fit on one page.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list); a signature for one container does not reach so far.
    pub async fn containers(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let parameters: Parameters =
            vec![("comp", b"list".into()), ("prefix", prefix.as_bytes().into())];
        let body = self.ask(&Ask { place: Place::Account, ..Ask::get(&parameters) }).await?.1;
        names(&body).ok_or_else(|| {
            StoreError::new(
                ErrorKind::Refused,
                "the service does not list containers as Azure does",
            )
        })
    }

    async fn ask(&self, ask: &Ask<'_>) -> Result<(HeaderMap, Vec<u8>), StoreError> {
        let mut body = Vec::new();
        let head = self.send_corrected(ask, &mut body).await?;
        Ok((head.headers, body))
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim().to_owned()
}

/// The names in a list of containers; `None` where it is none, or is cut.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(body);
    let Event::Start(root) = reader.next().ok()? else { return None };
    if &body[root] != b"EnumerationResults" {
        return None;
    }
    let (mut names, mut scratch) = (Vec::new(), Vec::new());
    loop {
        match reader.next().ok()? {
            Event::Start(element) if &body[element.clone()] == b"Name" => {
                let name = match reader.content(&mut scratch).ok()? {
                    Content::Slice(range) => &body[range],
                    Content::Built => &scratch,
                };
                names.push(String::from_utf8(name.to_vec()).ok()?);
            }
            Event::Done => return Some(names),
            Event::Start(_) | Event::End | Event::Text(_) | Event::Literal(_) => {}
        }
    }
}
