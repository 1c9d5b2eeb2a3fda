//! What there is to list from: every scheme with what its store can do, and the keys found for it.

use super::{ErrorKind, KeyInUse, Quirks, StoreError, azure, ks3, oss, s3};

/// A kind of source.
#[derive(Debug)]
pub struct SourceKind {
    /// The scheme of its locations, without punctuation.
    pub scheme: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// How it lists.
    pub quirks: Quirks,
    /// The keys that were found for it.
    pub keys: FoundKeys,
}

/// Whether there are keys.
#[derive(Debug)]
pub enum FoundKeys {
    /// These.
    Found(KeyInUse),
    /// None are needed.
    Needless,
    /// None; what to do about it.
    None {
        /// The way out.
        hint: String,
    },
    /// The place that should have them is broken.
    Broken {
        /// What is wrong, in a sentence.
        reason: String,
        /// The way out; empty where there is none to tell.
        hint: String,
    },
}

/// Every kind of source, with the keys that environment and files hold for it. `profile` is looked for
/// among those of the AWS tools.
pub async fn all(profile: Option<&str>) -> Vec<SourceKind> {
    let kind = |scheme, title, quirks, keys| SourceKind { scheme, title, quirks, keys };
    vec![
        kind("s3", "Amazon S3 and compatible", Quirks::S3, found(s3::find_keys(profile).await)),
        kind("ks3", "Kingsoft KS3", ks3::quirks(), found(ks3::find_keys(None).await)),
        kind("oss", "Alibaba Cloud OSS", oss::quirks(), found(oss::find_keys(None).await)),
        kind("azure", "Azure Blob Storage", azure::quirks(), found(azure::find_keys().await)),
        kind("demo", "generated objects", Quirks::S3, FoundKeys::Needless),
    ]
}

fn found(keys: Result<Option<KeyInUse>, StoreError>) -> FoundKeys {
    /// How the sentences begin that say that there is nothing, rather than that something is wrong.
    const NOTHING: [&str; 2] = ["no ", "No "];
    match keys {
        Ok(Some(keys)) => FoundKeys::Found(keys),
        Ok(None) => FoundKeys::Needless,
        Err(error) => {
            let (reason, hint) = match error.message.split_once("\nhint: ") {
                Some((reason, hint)) => (reason.to_owned(), hint.to_owned()),
                None => (error.message, String::new()),
            };
            let nothing = NOTHING.iter().any(|start| reason.starts_with(start));
            if error.kind == ErrorKind::NoCredentials && nothing {
                FoundKeys::None { hint }
            } else {
                FoundKeys::Broken { reason, hint }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn having_no_keys_is_told_from_having_broken_ones() {
        let error = |message: &str| Err(StoreError::new(ErrorKind::NoCredentials, message));
        assert!(matches!(
            found(error("no credentials were found\nhint: set X")),
            FoundKeys::None { hint } if hint == "set X"
        ));
        assert!(matches!(
            found(error("the environment has A and not B\nhint: set both")),
            FoundKeys::Broken { reason, hint } if reason.ends_with("not B") && hint == "set both"
        ));
        assert!(matches!(
            found(Ok(Some(KeyInUse::new("", "there")))),
            FoundKeys::Found(keys) if keys.source == "there"
        ));
    }
}
