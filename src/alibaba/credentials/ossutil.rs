//! `~/.ossutilconfig`, the configuration of ossutil.
//!
//! Source: "Configure ossutil", OSS developer reference. Version 1 keeps its keys in `[Credentials]`,
//! version 2 in `[default]` or `[profile NAME]`. Names of sections and keys are taken in any case, and
//! keys with or without `-` and `_`, as version 2 does.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Credentials, CredentialsError, Found, Looked};
use crate::store::text::ini::{self, Section};

/// Looks for the profile `wanted`, or for the default one.
pub(super) fn look(
    path: &Path,
    text: &Zeroizing<String>,
    wanted: Option<&str>,
) -> Result<Looked, CredentialsError> {
    let sections = parse(text).map_err(|line| CredentialsError::Damaged {
        path: path.to_owned(),
        what: format!("line {line} is neither a section nor a setting"),
    })?;
    let name = wanted.unwrap_or("default").to_ascii_lowercase();
    let Some(section) = sections.get(&name) else {
        return Ok(match wanted {
            Some(_) => Looked::NoSuchProfile(sections.into_keys().collect()),
            None => Looked::Nothing("which has no default section"),
        });
    };
    let value = |name: &str| section.get(name).filter(|value| !value.is_empty());
    let half = |present, missing| {
        let place = format!("section `{name}` of `{}`", path.display());
        Err(CredentialsError::Half { place, present, missing })
    };
    match (value("accesskeyid"), value("accesskeysecret")) {
        (None, None) => Ok(Looked::Nothing("whose section has no keys")),
        (Some(_), None) => half("accessKeyId", "accessKeySecret"),
        (None, Some(_)) => half("accessKeySecret", "accessKeyId"),
        (Some(id), Some(secret)) => {
            let token = value("ststoken").map(|token| token.to_string());
            let credentials = Credentials::new(id.as_str(), secret.as_str(), token)
                .taken_from(format!("section `{name}` of `{}`", path.display()));
            Ok(Looked::Found(Found { credentials, role: None }))
        }
    }
}

/// The sections that hold profiles, by the profiles' names; the number of a line that is neither.
fn parse(text: &str) -> Result<BTreeMap<String, Section>, usize> {
    let mut profiles = BTreeMap::<String, Section>::new();
    for (name, section) in ini::parse(text)? {
        if let Some(profile) = profile_of(&name) {
            profiles.entry(profile).or_default().extend(section);
        }
    }
    Ok(profiles)
}

/// The profile that a section is of; `None` for sections about something else.
fn profile_of(section: &str) -> Option<String> {
    match section {
        "credentials" | "default" => Some("default".to_owned()),
        _ => section.strip_prefix("profile ").map(|name| name.trim().to_owned()),
    }
}
