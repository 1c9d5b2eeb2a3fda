//! The user's keys, and what else a profile tells.
//!
//! Looked for in this order, and the first place that has keys is used:
//!
//! 1. `KS3_ACCESS_KEY_ID`, `KS3_SECRET_ACCESS_KEY` and, for temporary keys, `KS3_SECURITY_TOKEN`;
//! 2. the section `default` of `~/.ks3/credentials`.
//!
//! A profile that the user names is a section of that file, and comes before the environment. Kingsoft
//! publishes no tool that keeps keys in a file, so the file's form is ours, after that of AWS:
//!
//! ```ini
//! [default]
//! access_key_id = …
//! secret_access_key = …
//! security_token = …        ; only temporary keys have one
//! region = BEIJING          ; may be left out, as may the endpoint
//! endpoint_url = https://ks3-cn-beijing.ksyuncs.com
//! ```

use std::io;
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::store::s3::credentials::{KeyRing, Source};
use crate::store::text::ini::{self, Section};
use crate::store::{ErrorKind, StoreError};

const ID: &str = "KS3_ACCESS_KEY_ID";
const SECRET: &str = "KS3_SECRET_ACCESS_KEY";
const TOKEN: &str = "KS3_SECURITY_TOKEN";
const WAY_OUT: &str = "set KS3_ACCESS_KEY_ID and KS3_SECRET_ACCESS_KEY, write them to ~/.ks3/credentials, \
    take those of the AWS tools with `--aws-credentials`, or list a public bucket with `--no-sign-request`";

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) keys: KeyRing,
    /// The region and the endpoint of the profile that has the keys.
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
}

/// Looks in the environment and in the user's folder.
///
/// # Errors
/// [`ErrorKind::NoCredentials`] where there are none, with every place that was looked at; also for half of
/// a key, and for a file that cannot be read.
pub(super) fn find(profile: Option<&str>) -> Result<Found, StoreError> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    find_in(&|name| std::env::var(name).ok(), home.as_deref(), profile)
}

fn find_in(
    variable: &dyn Fn(&str) -> Option<String>,
    home: Option<&Path>,
    profile: Option<&str>,
) -> Result<Found, StoreError> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if profile.is_none()
        && let Some(keys) =
            keys("the environment", [ID, SECRET], [set(ID), set(SECRET), set(TOKEN)])?
    {
        return Ok(Found { keys, region: None, endpoint_url: None });
    }
    let Some(path) = home.map(|home| home.join(".ks3/credentials")) else {
        return Err(none(&format!(
            "no KS3 credentials were found in the environment ({ID}), and the \
             user's folder is not known"
        )));
    };
    let sections = read(&path)?;
    let name = profile.unwrap_or("default").to_ascii_lowercase();
    let file = path.display();
    let section = match (sections, profile) {
        (None, None) => {
            return Err(none(&format!(
                "no KS3 credentials were found in the environment ({ID}), in `{file}`, which is not there"
            )));
        }
        (None, Some(profile)) => {
            return Err(none(&format!(
                "there is no profile `{profile}`, as `{file}` is not there"
            )));
        }
        (Some(mut sections), _) => match (sections.remove(&name), profile) {
            (Some(section), _) => section,
            (None, Some(profile)) => {
                let known: Vec<String> = sections.into_keys().collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(none(&format!(
                    "there is no profile `{profile}` in `{file}`, which has {known}"
                )));
            }
            (None, None) => {
                return Err(none(&format!(
                    "no KS3 credentials were found in the environment ({ID}), in `{file}`, which has no \
                     section `default`"
                )));
            }
        },
    };
    from_section(&section, &format!("section `{name}` of `{file}`"))
}

fn from_section(section: &Section, place: &str) -> Result<Found, StoreError> {
    let value = |name: &str| {
        section.get(name).filter(|value| !value.is_empty()).map(|value| value.to_string())
    };
    let parts = [value("accesskeyid"), value("secretaccesskey"), value("securitytoken")];
    let keys = keys(place, ["access_key_id", "secret_access_key"], parts)?
        .ok_or_else(|| none(&format!("{place} has no access_key_id")))?;
    Ok(Found { keys, region: value("region"), endpoint_url: value("endpointurl") })
}

/// The keys of a place, if it has any; half a key belongs to nobody.
fn keys(
    place: &str,
    names: [&str; 2],
    [id, secret, token]: [Option<String>; 3],
) -> Result<Option<KeyRing>, StoreError> {
    let (present, missing) = match (id, secret) {
        (None, None) => return Ok(None),
        (Some(id), Some(secret)) => {
            let mut keys = Credentials::new(id, secret, token, None, "ks3");
            keys.set_property(Source(format!("{place} ({})", names[0])));
            return Ok(Some(KeyRing::from_provider(SharedCredentialsProvider::new(keys))));
        }
        (Some(_), None) => (names[0], names[1]),
        (None, Some(_)) => (names[1], names[0]),
    };
    let message = format!("{place} has {present} and not {missing}\nhint: set both, or neither");
    Err(StoreError::new(ErrorKind::NoCredentials, message))
}

fn read(path: &PathBuf) -> Result<Option<std::collections::BTreeMap<String, Section>>, StoreError> {
    let broken = |what: String| {
        let message =
            format!("{what}\nhint: each line is `[profile]`, `name = value` or begins with `#`");
        StoreError::new(ErrorKind::NoCredentials, message)
    };
    let file = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(broken(format!("cannot read `{file}`: {error}"))),
    };
    let sections = ini::parse(&text).map_err(|line| {
        broken(format!("line {line} of `{file}` is neither a section nor a setting"))
    })?;
    Ok(Some(sections))
}

fn none(what: &str) -> StoreError {
    StoreError::new(ErrorKind::NoCredentials, format!("{what}\nhint: {WAY_OUT}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[default]\naccess_key_id = IDfile\nsecret_access_key = SECRETfile\nregion = shanghai\n\
        [temporary]\naccess-key-id=IDtemp\nsecret-access-key=SECRETtemp\nsecurity-token=SECRETtoken\n\
        endpoint-url=http://127.0.0.1:1\n[half]\naccess_key_id=ID\n[empty]\n";

    fn home(text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ks3")).unwrap();
        std::fs::write(home.path().join(".ks3/credentials"), text).unwrap();
        home
    }

    fn look(
        variables: &[(&str, &str)],
        home: &tempfile::TempDir,
        profile: Option<&str>,
    ) -> Result<Found, StoreError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let found = find_in(&variable, Some(home.path()), profile);
        let shown = match &found {
            Ok(found) => format!("{found:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!shown.contains("SECRET") || shown.contains("KS3_SECRET"), "{shown}");
        assert!(!shown.contains("SECRETfile") && !shown.contains("SECRETtemp"), "{shown}");
        found
    }

    async fn id(found: &Found) -> (String, bool) {
        let keys = found.keys.keys().await.unwrap().unwrap();
        (keys.id.clone(), keys.token.is_some())
    }

    #[tokio::test]
    async fn the_environment_comes_first_and_a_named_profile_before_it() {
        let home = home(FILE);
        let environment = [(ID, "IDenv"), (SECRET, "SECRETenv"), (TOKEN, "SECRETenvtoken")];
        assert_eq!(id(&look(&environment, &home, None).unwrap()).await, ("IDenv".into(), true));
        let default = look(&[], &home, None).unwrap();
        assert_eq!(id(&default).await, ("IDfile".into(), false));
        assert_eq!(default.region.as_deref(), Some("shanghai"));
        let temporary = look(&environment, &home, Some("temporary")).unwrap();
        assert_eq!(id(&temporary).await, ("IDtemp".into(), true));
        assert_eq!(temporary.endpoint_url.as_deref(), Some("http://127.0.0.1:1"));
    }

    #[test]
    fn every_place_that_was_looked_at_is_named() {
        let error = look(&[], &tempfile::tempdir().unwrap(), None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoCredentials);
        let text = error.to_string();
        for part in [ID, ".ks3/credentials", "\nhint: ", "--aws-credentials", "--no-sign-request"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_place_that_is_broken_is_not_passed_over() {
        let file = home(FILE);
        for (variables, profile, words) in [
            (
                &[(ID, "ID")][..],
                None,
                "the environment has KS3_ACCESS_KEY_ID and not KS3_SECRET_ACCESS_KEY",
            ),
            (&[], Some("half"), "has access_key_id and not secret_access_key"),
            (&[], Some("empty"), "has no access_key_id"),
            (&[], Some("nobody"), "there is no profile `nobody`"),
        ] {
            let error = look(variables, &file, profile).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("\nhint: "), "{error}");
        }
        let error = look(&[], &home("[default]\nSECRETfile\n"), None).unwrap_err().to_string();
        assert!(error.contains("line 2 of"), "{error}");
        let error = look(&[], &home("[other]\n"), None).unwrap_err().to_string();
        assert!(error.contains("no section `default`"), "{error}");
    }
}
