//! Credentials in use: asked for once, kept, and renewed before they end.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use tokio::sync::Mutex;

use super::keys::Keys;
use crate::store::{ErrorKind, StoreError};

/// Temporary keys are renewed when less than this is left of them.
const MARGIN: Duration = Duration::from_mins(5);

/// After a failed renewal, while the old keys still hold, the provider is left alone for so long.
const PAUSE: Duration = Duration::from_secs(30);

const SET: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with `--profile`, \
    or list a public bucket with `--no-sign-request`";
const RENEW: &str = "check the profile (`--profile`), or log in again with `aws sso login`";

/// Where credentials are from, in words: what finds them by itself hangs this on them.
#[derive(Clone, Debug)]
pub(crate) struct Source(pub(crate) String);

/// The keys of a store, or none for anonymous requests.
#[derive(Debug)]
pub(crate) struct KeyRing {
    provider: Option<SharedCredentialsProvider>,
    current: RwLock<Option<Arc<Keys>>>,
    /// Held while asking the provider; when it was last asked in vain.
    failed: Mutex<Option<SystemTime>>,
}

impl KeyRing {
    /// Without keys: requests are not signed.
    pub(crate) fn anonymous() -> Self {
        Self { provider: None, current: RwLock::default(), failed: Mutex::default() }
    }

    /// Whether requests are not signed.
    pub(super) fn is_anonymous(&self) -> bool {
        self.provider.is_none()
    }

    /// Keys from a provider, which is asked when they are first needed.
    pub(crate) fn from_provider(provider: SharedCredentialsProvider) -> Self {
        Self { provider: Some(provider), ..Self::anonymous() }
    }

    /// The keys to sign with now; `None` for anonymous requests.
    pub(crate) async fn keys(&self) -> Result<Option<Arc<Keys>>, StoreError> {
        let Some(provider) = &self.provider else { return Ok(None) };
        let now = SystemTime::now();
        if let Some(keys) = self.current()
            && keys.hold(now, MARGIN)
        {
            return Ok(Some(keys));
        }
        let mut failed = self.failed.lock().await;
        // Another request may have renewed them meanwhile, or have failed to.
        if let Some(keys) = self.current() {
            let paused =
                failed.is_some_and(|at| now.duration_since(at).is_ok_and(|since| since < PAUSE));
            if keys.hold(now, MARGIN) || paused && keys.hold(now, Duration::ZERO) {
                return Ok(Some(keys));
            }
        }
        match ask(provider).await {
            Ok(keys) => {
                *failed = None;
                Ok(Some(self.put(keys)))
            }
            Err(error) => match self.current().filter(|keys| keys.hold(now, Duration::ZERO)) {
                Some(keys) => {
                    tracing::warn!("credentials end soon and could not be renewed: {error}");
                    *failed = Some(now);
                    Ok(Some(keys))
                }
                None => Err(error),
            },
        }
    }

    /// Asks for new keys in place of `refused`; false if the provider has no others.
    pub(super) async fn renew(&self, refused: &Arc<Keys>) -> Result<bool, StoreError> {
        let Some(provider) = &self.provider else { return Ok(false) };
        let _asking = self.failed.lock().await;
        if self.current().is_some_and(|keys| !Arc::ptr_eq(&keys, refused)) {
            return Ok(true);
        }
        let keys = ask(provider).await?;
        let other = keys.id != refused.id || keys.token != refused.token;
        self.put(keys);
        Ok(other)
    }

    /// The keys that were asked for last.
    pub(crate) fn current(&self) -> Option<Arc<Keys>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, keys: Keys) -> Arc<Keys> {
        let keys = Arc::new(keys);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        keys
    }
}

impl Keys {
    /// Whether these keys hold for at least `margin` longer.
    pub(super) fn hold(&self, now: SystemTime, margin: Duration) -> bool {
        self.expires.is_none_or(|end| end.duration_since(now).is_ok_and(|left| left > margin))
    }
}

async fn ask(provider: &SharedCredentialsProvider) -> Result<Keys, StoreError> {
    let found = provider.provide_credentials().await.map_err(|error| explain(&error))?;
    let token = found.session_token().map(str::to_owned);
    let mut keys = Keys::new(found.access_key_id(), found.secret_access_key(), token);
    keys.expires = found.expiry();
    keys.source = source(&found);
    Ok(keys)
}

/// Where credentials are from, as far as who found them tells.
fn source(found: &Credentials) -> String {
    if let Some(Source(source)) = found.get_property() {
        return source.clone();
    }
    let features = found.get_property::<Vec<Feature>>().map_or(&[][..], Vec::as_slice);
    let mut words: Vec<&str> = features.iter().filter_map(place).collect();
    words.dedup();
    if words.is_empty() { "the AWS credential chain".to_owned() } else { words.join(", then ") }
}

fn place(feature: &Feature) -> Option<&'static str> {
    Some(match feature {
        Feature::CredentialsEnvVars => "the environment (AWS_ACCESS_KEY_ID)",
        Feature::CredentialsProfile | Feature::CredentialsProfileSourceProfile => {
            "a profile of the AWS configuration files"
        }
        Feature::CredentialsSso | Feature::CredentialsProfileSso => "an SSO session",
        Feature::CredentialsProcess | Feature::CredentialsProfileProcess => {
            "a credential process of the AWS configuration files"
        }
        Feature::CredentialsHttp => "the container's credentials endpoint",
        Feature::CredentialsImds => "the instance's role",
        Feature::CredentialsStsAssumeRole => "an assumed role",
        Feature::CredentialsStsAssumeRoleWebId
        | Feature::CredentialsEnvVarsStsWebIdToken
        | Feature::CredentialsProfileStsWebIdToken => "a web identity token",
        Feature::CredentialsLogin | Feature::CredentialsProfileLogin => "`aws login`",
        _ => return None,
    })
}

/// An error of the provider in its own words, with a way out.
fn explain(error: &CredentialsError) -> StoreError {
    let mut words: Vec<String> = Vec::new();
    let chain = std::iter::successors(error.source(), |error| (**error).source());
    for cause in chain.map(ToString::to_string) {
        if words.last() != Some(&cause) {
            words.push(cause);
        }
    }
    let words = if words.is_empty() { error.to_string() } else { words.join(": ") };
    let (what, remedy) = match error {
        CredentialsError::CredentialsNotLoaded(_) => ("no credentials were found".to_owned(), SET),
        // The last place that is looked at, off AWS as well: what went wrong there is seldom the point.
        _ if words.contains("IMDS") => {
            (format!("no credentials were found, at last because: {words}"), SET)
        }
        _ => (format!("credentials could not be loaded: {words}"), RENEW),
    };
    // A provider may know the way out itself.
    let message = if what.contains("\nhint: ") { what } else { format!("{what}\nhint: {remedy}") };
    StoreError::new(ErrorKind::NoCredentials, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::{self, ProvideCredentials, future};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Gives keys numbered by call that live for `life`, and fails from call `fails_from` on.
    #[derive(Debug)]
    struct Numbered {
        life: Duration,
        fails_from: u32,
        calls: AtomicU32,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            let result: provider::Result = if call >= self.fails_from {
                Err(CredentialsError::not_loaded("none here"))
            } else {
                let end = SystemTime::now() + self.life;
                Ok(Credentials::new(
                    format!("id{call}"),
                    "SECRET",
                    Some("TOKEN".to_owned()),
                    Some(end),
                    "test",
                ))
            };
            future::ProvideCredentials::ready(result)
        }
    }

    fn ring(life: u64, fails_from: u32) -> KeyRing {
        let life = Duration::from_secs(life);
        KeyRing::from_provider(SharedCredentialsProvider::new(Numbered {
            life,
            fails_from,
            calls: AtomicU32::new(0),
        }))
    }

    async fn id(ring: &KeyRing) -> String {
        ring.keys().await.unwrap().unwrap().id.clone()
    }

    #[tokio::test]
    async fn keys_are_kept_while_they_hold_and_renewed_before_they_end() {
        let long = ring(3600, 9);
        assert_eq!((id(&long).await, id(&long).await), ("id0".to_owned(), "id0".to_owned()));
        let short = ring(200, 9);
        assert_eq!((id(&short).await, id(&short).await), ("id0".to_owned(), "id1".to_owned()));
    }

    #[tokio::test]
    async fn keys_that_still_hold_are_used_when_they_cannot_be_renewed() {
        let ring = ring(200, 1);
        assert_eq!(
            (id(&ring).await, id(&ring).await, id(&ring).await),
            ("id0".into(), "id0".into(), "id0".into())
        );
    }

    #[tokio::test]
    async fn no_keys_at_all_is_an_error_with_a_way_out() {
        let error = ring(200, 0).keys().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoCredentials);
        assert!(error.to_string().contains("--no-sign-request"), "{error}");
        assert!(KeyRing::anonymous().keys().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn refused_keys_are_replaced_once_for_all_who_hold_them() {
        let ring = ring(3600, 2);
        let refused = ring.keys().await.unwrap().unwrap();
        assert!(ring.renew(&refused).await.unwrap());
        assert!(ring.renew(&refused).await.unwrap(), "the second to ask finds them renewed");
        assert_eq!(id(&ring).await, "id1");
        assert!(!format!("{ring:?}").contains("SECRET"));
    }
}
