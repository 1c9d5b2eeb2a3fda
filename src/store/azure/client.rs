//! A container of Azure Blob Storage.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use futures::future::{BoxFuture, FutureExt as _};
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue, InvalidHeaderValue, RANGE, SERVER};
use http::{HeaderMap, Method, Request};

use super::bearer::Token;
use super::config::AzureConfig;
use super::credentials::{Credential, Resolved, resolve};
use super::decode::{Expected, decode, decode_arrow};
use super::ending;
use super::error;
use super::format::{self, Arrow, Format, REQUEST_ID};
use super::query::{self, Parameters};
use super::sign::{self, Unsigned};
use crate::store::KeyInUse;
use crate::store::http::base::BaseUrl;
use crate::store::http::call::{self, address};
use crate::store::http::{Client, Head};
use crate::store::text::{date, percent};
use crate::store::{
    Billed, ErrorKind, Gate, Open, Origin, Page, PageError, PageRequest, Quirks, Store, StoreError,
};

/// A container of Azure Blob Storage, or of an emulator.
#[derive(Debug)]
pub struct AzureStore {
    account: String,
    pub(super) container: String,
    pub(super) quirks: Quirks,
    http: Client,
    endpoint: BaseUrl,
    /// Of the container, encoded as sent and signed.
    pub(super) path: String,
    credential: Credential,
    arrow: Arrow,
    /// Whether the account is known to have no hierarchical namespace.
    flat: bool,
    /// The service's clock minus ours, in seconds.
    skew: AtomicI64,
    /// Whether the server named itself as the service itself.
    genuine: AtomicBool,
}

/// The `Range` of the first byte.
const FIRST_BYTE: &str = "bytes=0-0";

/// What is asked of an account.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) place: Place<'a>,
    pub(super) parameters: &'a Parameters,
    /// Of a blob's content nothing but its first byte.
    pub(super) first_byte: bool,
    pub(super) format: &'a Format,
    /// What is passed before it is asked again.
    pub(super) gate: &'a dyn Gate,
}

/// Whom a request is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Account,
    Container,
    Blob(&'a [u8]),
}

impl<'a> Ask<'a> {
    /// What the container has to say to `parameters`.
    pub(super) fn get(parameters: &'a Parameters) -> Self {
        let (method, place) = (Method::GET, Place::Container);
        Self { method, place, parameters, first_byte: false, format: &Format::Xml, gate: &Open }
    }
}

impl AzureStore {
    /// Finds out what the configuration leaves open, and asks the service which kind of account it is.
    /// Where it does not say, the first page does.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what cannot be right, [`ErrorKind::NoCredentials`] where none are found and
    /// none were waived, [`ErrorKind::BadCredentials`] for a signature that has expired and where signing in
    /// to Entra ID fails.
    pub async fn connect(config: AzureConfig) -> Result<Self, StoreError> {
        let variables = |name: &str| std::env::var(name).ok();
        let resolved = resolve(&config, &variables, date::now_seconds())?;
        let mut store = Self::new(config, resolved);
        // Whoever cannot sign in is told before anything is listed.
        store.token().await?;
        if !matches!(store.credential, Credential::Anonymous) {
            store.look_at_account().await;
        }
        Ok(store)
    }

    fn new(config: AzureConfig, resolved: Resolved) -> Self {
        let Resolved { credential, endpoint } = resolved;
        let mut path = format!("{}/", endpoint.path);
        percent::encode_path(config.container.as_bytes(), &mut path);
        Self {
            account: config.account,
            container: config.container,
            quirks: config.quirks.unwrap_or_else(super::quirks),
            http: Client::new(config.http),
            endpoint,
            path,
            credential,
            arrow: Arrow::new(),
            flat: false,
            skew: AtomicI64::new(0),
            genuine: AtomicBool::new(false),
        }
    }

    /// Bytes of answers received so far.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.http.bytes_received()
    }

    /// A hierarchical namespace is listed directory by directory, which only the account's properties tell
    /// for sure. Not everyone may read those, so a refusal says nothing.
    async fn look_at_account(&mut self) {
        let mut body = Vec::new();
        match self.send_corrected(&Ask::get(&query::account()), &mut body).await {
            Ok(head) => {
                let header = head.headers.get("x-ms-is-hns-enabled");
                let said = header.and_then(|value| value.to_str().ok());
                match said.map(str::to_ascii_lowercase).as_deref() {
                    Some("true") => self.quirks.ordered = false,
                    Some("false") => self.flat = true,
                    _ => {}
                }
            }
            Err(error) => tracing::debug!(%error, "the account does not tell its kind"),
        }
    }

    async fn list_page(
        &self,
        gate: &dyn Gate,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let parameters = query::list(request, &self.quirks)?;
        let as_xml = Ask { gate, ..Ask::get(&parameters) };
        let format = &self.arrow.wanted(request, &self.quirks);
        if *format == Format::Xml {
            return self.xml_page(&as_xml, request, page).await;
        }
        let as_arrow = Ask { format, ..as_xml.clone() };
        let Some(error) = self.arrow_page(&as_arrow, request, page).await? else {
            return Ok(());
        };
        if !gate.again().await {
            return Err(error);
        }
        self.xml_page(&as_xml, request, page).await?;
        self.arrow.give_up(&error.message);
        Ok(())
    }

    /// Asks for a page as an Arrow stream. Returns why it should be asked for as XML, if it should.
    async fn arrow_page(
        &self,
        ask: &Ask<'_>,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<Option<StoreError>, StoreError> {
        let error = match self.send_corrected(ask, &mut page.body).await {
            Ok(head) if format::is_arrow(&head.headers) => {
                self.note_server(&head);
                let answer = ask.format.is_answer(&head.headers);
                match answer.and_then(|()| decode_arrow(page, request, &self.expected())) {
                    Ok(()) => return Ok(None),
                    Err(error) => self.redacted(error.into()),
                }
            }
            Ok(head) => {
                // An error that is sent as a success comes as XML, too.
                self.decode_xml(ask.gate, &head, request, page)?;
                self.arrow.give_up("the service answers in it");
                return Ok(None);
            }
            Err(error) => error,
        };
        if format::speaks_against(&error) { Ok(Some(error)) } else { Err(error) }
    }

    async fn xml_page(
        &self,
        ask: &Ask<'_>,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        match self.send_corrected(ask, &mut page.body).await {
            Ok(head) => self.decode_xml(ask.gate, &head, request, page),
            // Nothing is lost yet: the walk that follows needs no starts.
            Err(error) if knows_no_start(&error, ask.parameters) => {
                let why = format!("the service does not list from a name on: {error}");
                Err(PageError::KeepsNoOrder { why }.into())
            }
            Err(error) => Err(error),
        }
    }

    fn decode_xml(
        &self,
        gate: &dyn Gate,
        head: &Head,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        self.note_server(head);
        if let Some(last) = ending::last_name(&page.body, request) {
            gate.received(&last);
        }
        decode(page, request, &self.expected()).map_err(|rejected| self.redacted(rejected.into()))
    }

    fn expected(&self) -> Expected<'_> {
        Expected { container: &self.container, quirks: &self.quirks }
    }

    /// Notices that the server names itself as the service itself.
    fn note_server(&self, head: &Head) {
        let server = head.headers.get(SERVER).and_then(|server| server.to_str().ok());
        if server.is_some_and(|server| server.starts_with("Windows-Azure-Blob/")) {
            self.genuine.store(true, Ordering::Relaxed);
        }
    }

    /// The token to send, where requests are authorised by one.
    async fn token(&self) -> Result<Option<Token>, StoreError> {
        match &self.credential {
            Credential::Bearer(bearer) => bearer.token().await.map(Some),
            Credential::Key(_) | Credential::Sas(_) | Credential::Anonymous => Ok(None),
        }
    }

    /// One attempt, and a second one at once where the clock or the token was what was wrong with the first.
    pub(super) async fn send_corrected(
        &self,
        ask: &Ask<'_>,
        body: &mut Vec<u8>,
    ) -> Result<Head, StoreError> {
        let mut token = self.token().await?;
        let mut error = match self.send(ask, token.as_ref(), body).await {
            Ok(head) => return Ok(head),
            Err(error) => error,
        };
        let corrected = match (&error.kind, &self.credential, &token) {
            // Other credentials do not depend on our clock.
            (ErrorKind::ClockSkew { seconds: Some(seconds) }, Credential::Key(_), _) => {
                self.skew.store(*seconds, Ordering::Relaxed);
                true
            }
            // By our clock the token holds; the service has the last word.
            (
                ErrorKind::BadCredentials | ErrorKind::NoCredentials | ErrorKind::ClockSkew { .. },
                Credential::Bearer(bearer),
                Some(refused),
            ) => {
                token = Some(bearer.renewed(refused).await?);
                true
            }
            _ => false,
        };
        let again = corrected && ask.gate.again().await;
        if again {
            error = match self.send(ask, token.as_ref(), body).await {
                Ok(head) => return Ok(head),
                Err(error) => error,
            };
        }
        // What does not depend on our clock, or was signed by the service's, was not refused for the time.
        if matches!(error.kind, ErrorKind::ClockSkew { .. })
            && (again || !matches!(self.credential, Credential::Key(_)))
        {
            error.kind = ErrorKind::BadCredentials;
        }
        Err(self.redacted(error))
    }

    async fn send(
        &self,
        ask: &Ask<'_>,
        token: Option<&Token>,
        body: &mut Vec<u8>,
    ) -> Result<Head, StoreError> {
        let call = self.call(ask, token)?;
        let head = self.http.fetch(call, body).await?;
        if head.status.is_success() {
            return Ok(head);
        }
        Err(error::read(head.status, &head.headers, body))
    }

    fn call(&self, ask: &Ask<'_>, token: Option<&Token>) -> Result<Request<()>, StoreError> {
        let path = self.path_of(ask.place);
        let mut query = query::write(ask.parameters);
        if let Credential::Sas(sas) = &self.credential {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(sas.token());
        }
        let mut call = Request::new(());
        *call.uri_mut() = address(&self.endpoint.origin(), &path, &query)?;
        *call.method_mut() = ask.method.clone();
        *call.headers_mut() = self.headers(ask, &path, token).map_err(|_| {
            StoreError::new(ErrorKind::Setup, "the host or the token holds control characters")
        })?;
        Ok(call)
    }

    /// The path of what is asked, encoded as sent and signed.
    fn path_of(&self, place: Place<'_>) -> String {
        match place {
            Place::Account => format!("{}/", self.endpoint.path),
            Place::Container => self.path.clone(),
            Place::Blob(name) => {
                let mut path = format!("{}/", self.path);
                percent::encode_path(name, &mut path);
                path
            }
        }
    }

    fn headers(
        &self,
        ask: &Ask<'_>,
        path: &str,
        token: Option<&Token>,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let mut headers = call::headers(&self.endpoint.authority)?;
        let now = date::now_seconds().saturating_add(self.skew.load(Ordering::Relaxed));
        let date = date::http(now);
        headers.insert("x-ms-date", date.parse()?);
        headers.insert("x-ms-version", HeaderValue::from_static(ask.format.version()));
        if let Format::Arrow { id } = ask.format {
            headers.insert(ACCEPT, HeaderValue::from_static(format::ACCEPT));
            headers.insert(REQUEST_ID, id.parse()?);
        }
        if ask.first_byte {
            headers.insert(RANGE, HeaderValue::from_static(FIRST_BYTE));
        }
        let authorization = match &self.credential {
            Credential::Key(key) => {
                let Ask { method, parameters, format, .. } = ask;
                let (method, account, date) = (method.as_str(), &self.account, &date);
                let range = if ask.first_byte { FIRST_BYTE } else { "" };
                let unsigned = Unsigned { method, range, account, path, parameters, date, format };
                Some(sign::authorization(&unsigned, key))
            }
            _ => token.map(|token| format!("Bearer {}", *token.text)),
        };
        if let Some(text) = authorization {
            let mut value: HeaderValue = text.parse()?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    /// An error without anything secret that the other side repeated in it.
    pub(super) fn redacted(&self, mut error: StoreError) -> StoreError {
        error.message = self.credential.redact(error.message);
        error
    }
}

impl Store for AzureStore {
    fn origin(&self) -> Origin {
        Origin {
            provider: "azure".to_owned(),
            endpoint: self.endpoint.origin() + &self.endpoint.path,
            region: String::new(),
        }
    }

    fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    fn key_in_use(&self) -> Option<KeyInUse> {
        self.credential.in_use()
    }

    fn is_sound(&self) -> bool {
        self.flat && self.genuine.load(Ordering::Relaxed)
    }

    fn list_through<'a>(
        &'a self,
        gate: &'a dyn Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.list_page(gate, request, page).boxed()
    }

    fn billed(&self) -> Option<&dyn Billed> {
        Some(self)
    }
}

/// Whether the service refused the one parameter that older versions of it do not know.
fn knows_no_start(error: &StoreError, parameters: &Parameters) -> bool {
    error.kind == ErrorKind::Refused
        && matches!(error.code.as_str(), "InvalidQueryParameterValue" | "UnsupportedQueryParameter")
        && parameters.iter().any(|(name, _)| *name == "startFrom")
}

#[cfg(test)]
mod tests;
