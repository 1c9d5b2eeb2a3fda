//! The user's keys, as Alibaba Cloud's tools find them: [`crate::alibaba::credentials`].

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Provided;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

use crate::alibaba::credentials::{self, AssumedRole, Found};
use crate::alibaba::{Credentials, Endpoints, Retries, sts};
use crate::store::s3::credentials::{KeyRing, Source};
use crate::store::{ErrorKind, StoreError};

/// How long a session with a role lasts where the profile does not say: what STS takes then.
const USUAL_SESSION: u32 = 3_600;

/// Looks for keys. Those that are meant to take on a role do so when they are first needed.
///
/// # Errors
/// [`ErrorKind::NoCredentials`] where there are none, with every place that was looked at, or where a place
/// is broken.
pub(super) fn find(profile: Option<&str>) -> Result<KeyRing, StoreError> {
    let found = credentials::find(profile)
        .map_err(|error| StoreError::new(ErrorKind::NoCredentials, error.to_string()))?;
    tracing::debug!("keys are those of {}", found.credentials.source);
    Ok(key_ring(found, Endpoints::default()))
}

fn key_ring(found: Found, endpoints: Endpoints) -> KeyRing {
    let Found { credentials, role } = found;
    KeyRing::from_provider(match role {
        None => SharedCredentialsProvider::new(provided(&credentials, None)),
        Some(role) => SharedCredentialsProvider::new(InRole { credentials, role, endpoints }),
    })
}

/// Keys that take on a role, and again before the session ends.
#[derive(Debug)]
struct InRole {
    credentials: Credentials,
    role: AssumedRole,
    endpoints: Endpoints,
}

impl InRole {
    async fn take_on(&self) -> provider::Result {
        let lasts = Duration::from_secs(self.role.seconds.unwrap_or(USUAL_SESSION).into());
        let end = SystemTime::now() + lasts;
        let found = Found { credentials: self.credentials.clone(), role: Some(self.role.clone()) };
        let session = sts::open(found, self.endpoints.clone(), Retries::default()).await;
        // In words, as the error tells its cause itself.
        let session =
            session.map_err(|error| CredentialsError::provider_error(error.to_string()))?;
        Ok(provided(session.credentials(), Some(end)))
    }
}

impl ProvideCredentials for InRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.take_on())
    }
}

fn provided(keys: &Credentials, end: Option<SystemTime>) -> Provided {
    let token = keys.token.as_ref().map(|token| token.to_string());
    let mut provided = Provided::new(&*keys.id, keys.secret.as_str(), token, end, "alibaba");
    provided.set_property(Source(keys.source.clone()));
    provided
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{AlibabaConfig, AlibabaRole, AlibabaSimulator, Credential};

    fn simulator() -> AlibabaSimulator {
        let session = Credential {
            key_id: "STS.session".into(),
            secret: "SECRETsession".into(),
            session_token: Some("TOKENsession".into()),
        };
        let mut config = AlibabaConfig::default();
        config.home.credentials.push(session);
        let role = AlibabaRole::of_account(&config.home.number);
        config.home.roles.insert("lister".to_owned(), role);
        AlibabaSimulator::start_in_thread(config).unwrap()
    }

    fn in_role(simulator: &AlibabaSimulator, name: &str) -> KeyRing {
        let Credential { key_id, secret, .. } = Credential::default();
        let role = AssumedRole {
            arn: format!("acs:ram::1234567890123456:role/{name}"),
            session_name: "weigh".into(),
            seconds: Some(900),
            external_id: None,
        };
        let found = Found { credentials: Credentials::new(key_id, secret, None), role: Some(role) };
        key_ring(found, Endpoints { stand_in: Some(simulator.endpoint()), internal: false })
    }

    #[tokio::test]
    async fn a_role_is_taken_on_once_for_the_session() {
        let simulator = simulator();
        let ring = in_role(&simulator, "lister");
        for _ in 0..2 {
            let keys = ring.keys().await.unwrap().unwrap();
            assert_eq!(keys.id, "STS.session");
            assert_eq!(keys.token.as_ref().map(|token| token.as_str()), Some("TOKENsession"));
            let left = keys.expires.unwrap().duration_since(SystemTime::now()).unwrap();
            assert!(left > Duration::from_mins(14) && left <= Duration::from_mins(15));
        }
        assert_eq!(simulator.calls().len(), 1);
        assert!(!format!("{ring:?}").contains("SECRET"));
    }

    #[tokio::test]
    async fn a_role_that_cannot_be_taken_on_is_told_with_the_way_out_of_sts() {
        let error = in_role(&simulator(), "nobody").keys().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoCredentials);
        let text = error.to_string();
        assert!(text.contains("role/nobody") && text.contains("EntityNotExist.Role"), "{text}");
        assert!(text.matches("\nhint: ").count() <= 1, "{text}");
        assert!(!text.contains("aws sso"), "{text}");
    }
}
