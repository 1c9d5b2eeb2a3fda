//! What an answer may correct about a request: where the bucket is, the clock, keys that have ended, the
//! version of the call.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::client::S3Store;
use super::endpoint::Route;
use super::error::Refusal;
use super::keys::Keys;
use crate::store::printable;
use crate::store::{ErrorKind, Gate, PageError, StoreError};

/// What was corrected already for one request.
#[derive(Debug, Default)]
pub(super) struct Corrected {
    rerouted: bool,
    reset: bool,
    translated: bool,
    /// How often other keys were asked for.
    renewals: u32,
}

/// Sessions that one request may find ended, one after another: others use them at the same time, and a new
/// one may be used up before this request comes to it. An account's keys are renewed once.
const ENDED_SESSIONS: u32 = 5;

impl S3Store {
    pub(super) fn route(&self) -> Arc<Route> {
        Arc::clone(&self.route.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other keys in the place of refused ones; false if there are no others.
    async fn renew(&self, refused: &Arc<Keys>) -> Result<bool, StoreError> {
        match &self.session {
            Some(session) if refused.of_session => {
                session.end(refused).await;
                Ok(true)
            }
            _ => self.keys.renew(refused).await,
        }
    }

    /// Corrects what an answer says was wrong with a request: the region, the clock, keys that have ended, or
    /// the version of the call. Each is corrected once, but for the keys of sessions. Then the request may be
    /// sent again.
    ///
    /// # Errors
    /// The refusal, where nothing was corrected or the gate is closed.
    pub(super) async fn correct(
        &self,
        mut refusal: Refusal,
        route: &Arc<Route>,
        keys: Option<&Arc<Keys>>,
        corrected: &mut Corrected,
        gate: &dyn Gate,
    ) -> Result<(), StoreError> {
        self.locate(route, &mut refusal);
        let again = match &refusal.error.kind {
            ErrorKind::WrongRegion { region } if !corrected.rerouted => {
                corrected.rerouted = true;
                self.reroute(route, region.as_deref(), refusal.host.as_deref())
            }
            ErrorKind::ClockSkew { seconds: Some(seconds) } if !corrected.reset => {
                corrected.reset = true;
                self.skew.store(*seconds, Ordering::Relaxed);
                true
            }
            ErrorKind::BadPage(PageError::FirstVersion) if !corrected.translated => {
                corrected.translated = true;
                true
            }
            ErrorKind::BadCredentials if has_ended(&refusal.error.code) => match keys {
                Some(keys) if corrected.renewals < most_renewals(keys) => {
                    corrected.renewals += 1;
                    self.renew(keys).await?
                }
                _ => false,
            },
            _ => false,
        };
        if again && gate.again().await {
            Ok(())
        } else {
            Err(redacted(refusal.error, keys.map(Arc::as_ref)))
        }
    }

    /// Sees that a refusal is about the bucket's place where the answer names another one than the one
    /// asked. KS3 and OSS send the right endpoint with `AccessDenied`.
    pub(super) fn locate(&self, used: &Route, refusal: &mut Refusal) {
        let Refusal { error, host: Some(host) } = refusal else { return };
        if error.kind == ErrorKind::AccessDenied && used.host.ends_with(host.as_str()) {
            return;
        }
        if let ErrorKind::AccessDenied | ErrorKind::WrongRegion { region: None } = error.kind {
            let region = self.endpoint.region_of(host).filter(|region| *region != used.region);
            error.kind = ErrorKind::WrongRegion { region };
            let named = printable(host.as_bytes());
            error.message = format!("{}; the store names the endpoint `{named}`", error.message);
            if matches!(error.kind, ErrorKind::WrongRegion { region: None }) {
                let hint = format!("\nhint: ask there, with `--endpoint-url https://{named}`");
                error.message.push_str(&hint);
            }
        }
    }

    /// Goes to the region or host that an answer names; whether the request may be sent again.
    pub(super) fn reroute(
        &self,
        used: &Arc<Route>,
        region: Option<&str>,
        host: Option<&str>,
    ) -> bool {
        let mut route = self.route.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&route, used) {
            // Another request was told the same.
            return true;
        }
        let region = region
            .map(str::to_owned)
            .or_else(|| host.and_then(|host| self.endpoint.region_of(host)))
            .filter(|region| is_region(region));
        let moved = || {
            let moved = host.and_then(|host| used.to_host(host, &self.bucket));
            let route = moved.unwrap_or_else(|| Route::clone(used));
            Route { region: region.clone().unwrap_or_else(|| used.region.clone()), ..route }
        };
        let regional = || {
            let region = region.as_deref().filter(|_| !self.endpoint.is_named())?;
            self.endpoint.route(&self.bucket, region, self.path_style).ok()
        };
        let found = regional().unwrap_or_else(moved);
        if found == **used {
            return false;
        }
        if self.rerouted.swap(true, Ordering::Relaxed) {
            return false;
        }
        tracing::info!("the bucket is in region {} at {}", found.region, found.host);
        *route = Arc::new(found);
        true
    }
}

fn most_renewals(keys: &Keys) -> u32 {
    if keys.of_session { ENDED_SESSIONS } else { 1 }
}

/// Regions become part of host names, so nothing else is taken for one.
fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !region.is_empty() && region.len() <= 63 && region.bytes().all(allowed)
}

fn has_ended(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "ExpiredTokenException"
            | "TokenRefreshRequired"
            | "InvalidToken"
            | "SecurityTokenExpired"
    )
}

/// An error without anything secret that the other side repeated in it.
pub(super) fn redacted(mut error: StoreError, keys: Option<&Keys>) -> StoreError {
    if let Some(at) = error.message.find("Signature=") {
        error.message.truncate(at);
        error.message.push_str("Signature=[redacted]");
    }
    if let Some(keys) = keys {
        error.message = keys.redact(error.message);
    }
    error
}
