//! `~/.aliyun/config.json`, the profiles of the `aliyun` tool.
//!
//! Source: "Configure profiles", Alibaba Cloud CLI documentation, and the file the tool writes.

use std::path::Path;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::{AssumedRole, Credentials, CredentialsError, Found, Looked};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default, deserialize_with = "overwritten")]
    access_key_secret: Zeroizing<String>,
    #[serde(default, deserialize_with = "overwritten")]
    sts_token: Zeroizing<String>,
    #[serde(default)]
    ram_role_arn: String,
    #[serde(default)]
    ram_session_name: String,
    #[serde(default)]
    expired_seconds: u32,
    #[serde(default)]
    external_id: String,
}

/// A text that is overwritten when dropped.
fn overwritten<'de, D: Deserializer<'de>>(text: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(text).map(Zeroizing::new)
}

/// Looks for the profile `wanted`, or for the current one.
pub(super) fn look(
    path: &Path,
    text: &Zeroizing<String>,
    wanted: Option<&str>,
) -> Result<Looked, CredentialsError> {
    let file: File = serde_json::from_str(text).map_err(|error| CredentialsError::Damaged {
        path: path.to_owned(),
        // The parser's own words may quote the file.
        what: format!("line {}, column {} is not as expected", error.line(), error.column()),
    })?;
    let current = if file.current.is_empty() { "default" } else { &file.current };
    let name = wanted.unwrap_or(current);
    let Some(profile) = file.profiles.iter().find(|profile| profile.name == name) else {
        let names = file.profiles.into_iter().map(|profile| profile.name).collect();
        return Ok(match wanted {
            Some(_) => Looked::NoSuchProfile(names),
            None => Looked::Nothing("which has no current profile"),
        });
    };
    // What the tool writes before it is told any keys.
    if wanted.is_none()
        && profile.access_key_id.is_empty()
        && matches!(profile.mode.as_str(), "" | "AK")
    {
        return Ok(Looked::Nothing("whose current profile has no keys"));
    }
    profile.found(path).map(Looked::Found)
}

impl Profile {
    fn found(&self, path: &Path) -> Result<Found, CredentialsError> {
        let (token, role) = match self.mode.as_str() {
            "" | "AK" => (None, None),
            "StsToken" => {
                let token = self.need("sts_token", &self.sts_token, path)?;
                (Some(token.to_owned()), None)
            }
            "RamRoleArn" => {
                let token = Some(self.sts_token.to_string()).filter(|token| !token.is_empty());
                (token, Some(self.role(path)?))
            }
            mode => {
                return Err(CredentialsError::Mode {
                    profile: self.name.clone(),
                    path: path.to_owned(),
                    mode: mode.to_owned(),
                });
            }
        };
        let id = self.need("access_key_id", &self.access_key_id, path)?;
        let secret = self.need("access_key_secret", &self.access_key_secret, path)?;
        let credentials = Credentials::new(id, secret, token).taken_from(format!(
            "profile `{}` of `{}`",
            self.name,
            path.display()
        ));
        Ok(Found { credentials, role })
    }

    fn role(&self, path: &Path) -> Result<AssumedRole, CredentialsError> {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Ok(AssumedRole {
            arn: self.need("ram_role_arn", &self.ram_role_arn, path)?.to_owned(),
            session_name: some(&self.ram_session_name).unwrap_or_else(|| "weighbridge".to_owned()),
            seconds: Some(self.expired_seconds).filter(|seconds| *seconds > 0),
            external_id: some(&self.external_id),
        })
    }

    fn need<'a>(
        &self,
        what: &'static str,
        value: &'a str,
        path: &Path,
    ) -> Result<&'a str, CredentialsError> {
        if value.is_empty() {
            let (profile, path) = (self.name.clone(), path.to_owned());
            return Err(CredentialsError::Incomplete { profile, path, missing: what });
        }
        Ok(value)
    }
}
