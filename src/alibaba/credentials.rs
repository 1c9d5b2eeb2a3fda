//! Whose keys, and from where they were taken.
//!
//! Looked for in this order, and the first place that has keys is used:
//!
//! 1. `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary keys,
//!    `ALIBABA_CLOUD_SECURITY_TOKEN`, as the SDKs read them;
//! 2. `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`, as ossutil and the OSS SDKs do;
//! 3. `~/.aliyun/config.json` of the `aliyun` tool: the profile that `ALIBABA_CLOUD_PROFILE` names, or
//!    its current one;
//! 4. `~/.ossutilconfig` of ossutil.
//!
//! A profile that the user names is looked for in the two files only. A place that has half of what it
//! needs, or cannot be read, is an error rather than passed over: keys of another place would belong to
//! somebody else.

mod aliyun;
mod ossutil;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

/// An access key. Its secret parts are never shown and are overwritten when dropped.
#[derive(Clone)]
pub struct Credentials {
    /// The public part.
    pub id: String,
    /// The part that signs.
    pub secret: Zeroizing<String>,
    /// The security token of temporary keys.
    pub token: Option<Zeroizing<String>>,
    /// From where it was taken, in words; empty where it was given in code.
    pub source: String,
}

impl Credentials {
    /// Keys given in code.
    #[must_use]
    pub fn new(id: impl Into<String>, secret: impl Into<String>, token: Option<String>) -> Self {
        let (secret, token) = (Zeroizing::new(secret.into()), token.map(Zeroizing::new));
        Self { id: id.into(), secret, token, source: String::new() }
    }

    /// `text` without any secret of these keys that got into it.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        [Some(&self.secret), self.token.as_ref()]
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[redacted]"))
    }

    fn taken_from(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("id", &self.id)
            .field("secret", &"[redacted]")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("source", &self.source)
            .finish()
    }
}

/// A role to take on with the keys that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumedRole {
    /// `acs:ram::<uid>:role/<name>`.
    pub arn: String,
    /// The name that the session has in logs.
    pub session_name: String,
    /// How long the session lasts, in seconds; `None` leaves it to the service.
    pub seconds: Option<u32>,
    /// What the role's owner demands to be named, if anything.
    pub external_id: Option<String>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The keys.
    pub credentials: Credentials,
    /// The role that they are meant to take on before they are used, by `AssumeRole` of STS.
    pub role: Option<AssumedRole>,
}

/// Why there are no keys. Never holds a secret.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// None of the places has any.
    #[error(
        "no Alibaba Cloud credentials were found in {}\nhint: set ALIBABA_CLOUD_ACCESS_KEY_ID and \
         ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`", .looked.join(", in ")
    )]
    None {
        /// Every place that was looked at, and why it gave none.
        looked: Vec<String>,
    },
    /// Half of a key.
    #[error("{place} has {present} and not {missing}\nhint: set both, or neither")]
    Half {
        /// Where.
        place: String,
        /// What is there.
        present: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what its tool writes.
    #[error("`{}` is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong where, without the file's content.
        what: String,
    },
    /// The profile that was asked for is nowhere.
    #[error(
        "there is no profile `{profile}` in {}\nhint: there {}",
        .looked.join(", or in "),
        if .known.is_empty() { "is no profile at all".to_owned() } else { format!("are {}", .known.join(", ")) }
    )]
    NoProfile {
        /// What was asked for.
        profile: String,
        /// The files that were looked at.
        looked: Vec<String>,
        /// The profiles that there are.
        known: Vec<String>,
    },
    /// A profile takes its keys from where this program does not.
    #[error(
        "profile `{profile}` of `{}` is of mode {mode}, which is not supported here\nhint: the modes AK, \
         StsToken and RamRoleArn are; or set ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and \
         ALIBABA_CLOUD_SECURITY_TOKEN to what the `aliyun` tool gives out", path.display()
    )]
    Mode {
        /// The profile.
        profile: String,
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: String,
    },
    /// A profile lacks what its mode needs.
    #[error("profile `{profile}` of `{}` has no {missing}\nhint: run `aliyun configure --profile {profile}` again", path.display())]
    Incomplete {
        /// The profile.
        profile: String,
        /// The file.
        path: PathBuf,
        /// What is not there.
        missing: &'static str,
    },
}

/// Where keys are looked for.
pub struct Places<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder of the user, if there is one.
    pub home: Option<PathBuf>,
}

/// Looks in the environment and in the user's folder, as the module says.
///
/// # Errors
/// If there are no keys, or the place that should have them is broken.
pub fn find(profile: Option<&str>) -> Result<Found, CredentialsError> {
    let places = Places { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir() };
    places.find(profile)
}

/// Names of an access key's parts in the environment.
struct Variables {
    id: &'static str,
    secret: &'static str,
    token: &'static str,
}

const VARIABLES: [Variables; 2] = [
    Variables {
        id: "ALIBABA_CLOUD_ACCESS_KEY_ID",
        secret: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        token: "ALIBABA_CLOUD_SECURITY_TOKEN",
    },
    Variables {
        id: "OSS_ACCESS_KEY_ID",
        secret: "OSS_ACCESS_KEY_SECRET",
        token: "OSS_SESSION_TOKEN",
    },
];

impl Places<'_> {
    /// Looks for keys, or for those of one profile.
    ///
    /// # Errors
    /// As [`find`].
    pub fn find(&self, profile: Option<&str>) -> Result<Found, CredentialsError> {
        let mut looked = Vec::new();
        if profile.is_none() {
            for names in &VARIABLES {
                if let Some(credentials) = self.in_environment(names)? {
                    return Ok(Found { credentials, role: None });
                }
                looked.push(format!("the environment ({})", names.id));
            }
        }
        let named = self.set("ALIBABA_CLOUD_PROFILE");
        let Some(home) = &self.home else {
            looked.push("the user's folder, which is not known".to_owned());
            return Err(CredentialsError::None { looked });
        };
        let mut files = Vec::new();
        let mut known = Vec::new();
        for (path, look) in [
            (home.join(".aliyun/config.json"), aliyun::look as Look),
            (home.join(".ossutilconfig"), ossutil::look),
        ] {
            // What ALIBABA_CLOUD_PROFILE names is a profile of the first tool.
            let wanted = profile.or_else(|| named.as_deref().filter(|_| files.is_empty()));
            match read(&path)? {
                None => looked.push(format!("`{}`, which is not there", path.display())),
                Some(text) => match look(&path, &text, wanted)? {
                    Looked::Found(found) => return Ok(found),
                    Looked::Nothing(why) => looked.push(format!("`{}`, {why}", path.display())),
                    Looked::NoSuchProfile(profiles) => {
                        known.extend(profiles);
                        looked.push(format!("`{}`", path.display()));
                    }
                },
            }
            files.push(format!("`{}`", path.display()));
            if profile.is_none()
                && let Some(profile) = &named
                && files.len() == 1
            {
                let profile = profile.clone();
                return Err(CredentialsError::NoProfile { profile, looked: files, known });
            }
        }
        Err(match profile {
            Some(profile) => {
                CredentialsError::NoProfile { profile: profile.to_owned(), looked: files, known }
            }
            None => CredentialsError::None { looked },
        })
    }

    fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    fn in_environment(&self, names: &Variables) -> Result<Option<Credentials>, CredentialsError> {
        let half = |present, missing| {
            Err(CredentialsError::Half { place: "the environment".to_owned(), present, missing })
        };
        match (self.set(names.id), self.set(names.secret)) {
            (None, None) => Ok(None),
            (Some(_), None) => half(names.id, names.secret),
            (None, Some(_)) => half(names.secret, names.id),
            (Some(id), Some(secret)) => {
                let credentials = Credentials::new(id, secret, self.set(names.token));
                Ok(Some(credentials.taken_from(format!("the environment ({})", names.id))))
            }
        }
    }
}

/// What a file has to say to the search.
enum Looked {
    Found(Found),
    /// No keys, and why.
    Nothing(&'static str),
    /// Not the profile that was asked for; those that there are.
    NoSuchProfile(Vec<String>),
}

/// Looks for a profile, or for the default one, in a file's text.
type Look = fn(&Path, &Zeroizing<String>, Option<&str>) -> Result<Looked, CredentialsError>;

/// The text of a file, if there is one.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CredentialsError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const PROFILES: &str = r#"{"current": "work", "profiles": [
        {"name": "work", "mode": "AK", "access_key_id": "IDwork", "access_key_secret": "Plantedwork", "sts_token": ""},
        {"name": "sts", "mode": "StsToken", "access_key_id": "IDsts", "access_key_secret": "Plantedsts", "sts_token": "PlantedTokensts"},
        {"name": "role", "mode": "RamRoleArn", "access_key_id": "IDrole", "access_key_secret": "Plantedrole",
         "ram_role_arn": "acs:ram::1:role/mover", "ram_session_name": "weigh", "expired_seconds": 900},
        {"name": "machine", "mode": "EcsRamRole", "ram_role_name": "r"},
        {"name": "new", "mode": "AK", "access_key_id": "", "access_key_secret": ""},
        {"name": "half", "mode": "AK", "access_key_id": "IDhalf", "access_key_secret": ""}]}"#;

    const OSSUTIL: &str = "# comment\n[Credentials]\nlanguage=EN\naccessKeyID = IDossutil\n\
        accessKeySecret=Plantedossutil\nstsToken=PlantedTokenossutil\n[profile other]\naccess-key-id=IDother\n\
        access_key_secret=Plantedother\n";

    /// A user's folder and environment.
    struct User {
        home: tempfile::TempDir,
        variables: Vec<(&'static str, &'static str)>,
    }

    fn user(variables: &[(&'static str, &'static str)]) -> User {
        User { home: tempfile::tempdir().unwrap(), variables: variables.to_vec() }
    }

    impl User {
        fn aliyun(self, text: &str) -> Self {
            fs::create_dir(self.home.path().join(".aliyun")).unwrap();
            fs::write(self.home.path().join(".aliyun/config.json"), text).unwrap();
            self
        }

        fn ossutil(self, text: &str) -> Self {
            fs::write(self.home.path().join(".ossutilconfig"), text).unwrap();
            self
        }

        fn find(&self, profile: Option<&str>) -> Result<Found, CredentialsError> {
            let variable = |name: &str| {
                let found = self.variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let found = Places { variable: &variable, home: Some(self.home.path().to_owned()) }
                .find(profile);
            let shown = match &found {
                Ok(found) => format!("{found:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("Planted"), "{shown}");
            found
        }

        fn keys(&self, profile: Option<&str>) -> (String, String, Option<String>) {
            let keys = self.find(profile).unwrap().credentials;
            (keys.id, keys.secret.to_string(), keys.token.map(|token| token.to_string()))
        }

        fn refusal(&self, profile: Option<&str>) -> String {
            self.find(profile).unwrap_err().to_string()
        }
    }

    fn keys(id: &str, secret: &str, token: Option<&str>) -> (String, String, Option<String>) {
        (id.to_owned(), secret.to_owned(), token.map(str::to_owned))
    }

    const SDK: [(&str, &str); 3] = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "IDsdk"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "Plantedsdk"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "PlantedTokensdk"),
    ];
    const OSS: [(&str, &str); 2] =
        [("OSS_ACCESS_KEY_ID", "IDoss"), ("OSS_ACCESS_KEY_SECRET", "Plantedoss")];

    #[test]
    fn places_are_looked_at_in_their_order() {
        let all = [&SDK[..], &OSS].concat();
        let everything = user(&all).aliyun(PROFILES).ossutil(OSSUTIL);
        assert_eq!(everything.keys(None), keys("IDsdk", "Plantedsdk", Some("PlantedTokensdk")));
        let oss = user(&OSS).aliyun(PROFILES).ossutil(OSSUTIL);
        assert_eq!(oss.keys(None), keys("IDoss", "Plantedoss", None));
        let files = user(&[]).aliyun(PROFILES).ossutil(OSSUTIL);
        assert_eq!(files.keys(None), keys("IDwork", "Plantedwork", None));
        let ossutil = user(&[]).ossutil(OSSUTIL);
        assert_eq!(
            ossutil.keys(None),
            keys("IDossutil", "Plantedossutil", Some("PlantedTokenossutil"))
        );
        let named = user(&[("ALIBABA_CLOUD_PROFILE", "sts")]).aliyun(PROFILES);
        assert_eq!(named.keys(None), keys("IDsts", "Plantedsts", Some("PlantedTokensts")));
    }

    #[test]
    fn a_profile_that_is_named_comes_before_the_environment() {
        let user = user(&SDK).aliyun(PROFILES).ossutil(OSSUTIL);
        assert_eq!(user.keys(Some("sts")).0, "IDsts");
        assert_eq!(user.keys(Some("other")), keys("IDother", "Plantedother", None));
        let refusal = user.refusal(Some("nobody"));
        assert!(refusal.contains("no profile `nobody`") && refusal.contains("work"), "{refusal}");
        assert!(refusal.contains("other"), "{refusal}");
    }

    #[test]
    fn the_place_is_told() {
        let user = user(&[]).aliyun(PROFILES);
        let source = user.find(None).unwrap().credentials.source;
        assert!(source.contains("profile `work`") && source.contains("config.json"), "{source}");
    }

    #[test]
    fn a_role_is_found_with_the_keys_that_take_it_on() {
        let found = user(&[]).aliyun(PROFILES).find(Some("role")).unwrap();
        assert_eq!(found.credentials.id, "IDrole");
        let role = found.role.unwrap();
        assert_eq!(
            (role.arn.as_str(), role.session_name.as_str()),
            ("acs:ram::1:role/mover", "weigh")
        );
        assert_eq!(role.seconds, Some(900));
    }

    #[test]
    fn nothing_anywhere_names_every_place() {
        let refusal = user(&[])
            .aliyun(r#"{"current":"new","profiles":[{"name":"new","mode":"AK"}]}"#)
            .refusal(None);
        for place in [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "OSS_ACCESS_KEY_ID",
            "config.json`, whose",
            ".ossutilconfig`, which",
            "\nhint: ",
        ] {
            assert!(refusal.contains(place), "{place}: {refusal}");
        }
    }

    #[test]
    fn a_place_that_is_broken_is_not_passed_over() {
        let half = user(&SDK[..1]).ossutil(OSSUTIL).refusal(None);
        assert!(half.contains("and not ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "{half}");
        let files = user(&[]).aliyun(PROFILES).ossutil(OSSUTIL);
        for (profile, words) in [
            ("machine", "mode EcsRamRole"),
            ("half", "no access_key_secret"),
            ("new", "no access_key_id"),
        ] {
            let refusal = files.refusal(Some(profile));
            assert!(refusal.contains(words), "{profile}: {refusal}");
        }
        let damaged = user(&[]).aliyun(r#"{"profiles": "Planted"}"#).refusal(None);
        assert!(damaged.contains("is damaged: line 1"), "{damaged}");
        let half = user(&[]).ossutil("[default]\naccessKeyId=ID\n").refusal(None);
        assert!(half.contains("and not accessKeySecret"), "{half}");
        let no_line = user(&[]).ossutil("[default]\nPlanted\n").refusal(None);
        assert!(no_line.contains("line 2"), "{no_line}");
        let folder = user(&[]);
        fs::create_dir(folder.home.path().join(".ossutilconfig")).unwrap();
        assert!(folder.refusal(None).contains("cannot read"));
    }

    #[test]
    fn secrets_are_taken_out_of_messages() {
        let keys = Credentials::new("ID", "SECRET", Some("TOKEN".to_owned()));
        assert_eq!(keys.redact("SECRET of ID, TOKEN"), "[redacted] of ID, [redacted]");
    }
}
