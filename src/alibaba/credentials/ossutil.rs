//! `~/.ossutilconfig`, the configuration of ossutil.
//!
//! Source: "Configure ossutil", OSS developer reference. Version 1 keeps its keys in `[Credentials]`,
//! version 2 in `[default]` or `[profile NAME]`. Names of sections and keys are taken in any case, and
//! keys with or without `-` and `_`, as version 2 does.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Credentials, CredentialsError, Found, Looked};

type Section = BTreeMap<String, Zeroizing<String>>;

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
    let mut sections = BTreeMap::<String, Section>::new();
    let mut current = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            current = profile_of(&name.trim().to_ascii_lowercase());
            if let Some(name) = &current {
                sections.entry(name.clone()).or_default();
            }
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(index + 1)?;
        if let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) {
            let name = name.trim().replace(['-', '_'], "").to_ascii_lowercase();
            section.insert(name, Zeroizing::new(value.trim().to_owned()));
        }
    }
    Ok(sections)
}

/// The profile that a section is of; `None` for sections about something else.
fn profile_of(section: &str) -> Option<String> {
    match section {
        "credentials" | "default" => Some("default".to_owned()),
        _ => section.strip_prefix("profile ").map(|name| name.trim().to_owned()),
    }
}
