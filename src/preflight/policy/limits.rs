//! What a service takes.

use thiserror::Error;

use super::document::Document;

/// Where a document is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With a bucket: at most 16 KiB, each value at most 4095 bytes.
    Bucket,
    /// In RAM: at most 6144 characters.
    Ram,
    /// With a key of KMS: at most 32768 bytes.
    Key,
}

/// Why a service would refuse a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// It is too long.
    #[error("the policy would have {size} {unit}, and at most {limit} are taken\nhint: {hint}")]
    Size {
        /// Its size.
        size: usize,
        /// `bytes` or `characters`.
        unit: &'static str,
        /// The most that are taken.
        limit: usize,
        /// The way out.
        hint: &'static str,
    },
    /// Its version is not the one that there is.
    #[error(
        "the policy is of version {}, and only the string \"1\" is taken\nhint: correct `Version` in the console",
        found.as_deref().map_or_else(|| "none".to_owned(), |found| format!("`{found}`"))
    )]
    Version {
        /// The version, if it is a string.
        found: Option<String>,
    },
    /// A value is too long.
    #[error(
        "statement {number} of the policy has a value of {bytes} bytes, and at most {limit} are taken\nhint: shorten \
         it in the console"
    )]
    Value {
        /// Which statement, from 1.
        number: usize,
        /// The value's bytes.
        bytes: usize,
        /// The most that are taken.
        limit: usize,
    },
}

/// The longest value in the policy of a bucket (0030-00000003).
const LONGEST_VALUE: usize = 4095;

impl Document {
    /// Whether a service takes this document, as far as size and version go.
    ///
    /// # Errors
    /// [`LimitError`].
    pub fn check(&self, place: Place) -> Result<(), LimitError> {
        let version = self.version();
        if version.as_deref() != Some("1") {
            return Err(LimitError::Version { found: version });
        }
        let text = self.text();
        let (size, unit, limit, hint) = match place {
            Place::Bucket => (
                text.len(),
                "bytes",
                16 << 10,
                "take statements that nobody needs out of the bucket's policy, or grant to the role by a policy of RAM",
            ),
            Place::Ram => {
                (text.chars().count(), "characters", 6144, "use a policy of another name")
            }
            Place::Key => (
                text.len(),
                "bytes",
                32_768,
                "take statements that nobody needs out of the key's policy",
            ),
        };
        if size > limit {
            return Err(LimitError::Size { size, unit, limit, hint });
        }
        if place == Place::Bucket {
            for (statement, number) in self.statements().iter().zip(1..) {
                let bytes = longest(statement.text());
                if bytes > LONGEST_VALUE {
                    return Err(LimitError::Value { number, bytes, limit: LONGEST_VALUE });
                }
            }
        }
        Ok(())
    }
}

/// The bytes of the longest value in a JSON text that is a string.
///
/// The text is not made values of: a number that no type holds would hide the strings beside it.
fn longest(text: &str) -> usize {
    let (mut rest, mut longest) = (text, 0);
    while let Some((string, behind)) = next_string(rest) {
        rest = behind;
        if !rest.trim_start().starts_with(':') {
            // What escapes nothing in Unicode counts as it is written.
            let value = serde_json::from_str::<String>(string);
            longest = longest.max(value.map_or(string.len(), |value| value.len()));
        }
    }
    longest
}

/// The next string in a JSON text, with its quotes, and what is behind it.
fn next_string(text: &str) -> Option<(&str, &str)> {
    let text = &text[text.find('"')?..];
    let mut escaped = false;
    let length = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some(text.split_at(length + 2))
}

#[cfg(test)]
mod tests {
    use super::super::PolicyError;
    use super::*;

    fn of_size(action: usize, version: &str) -> Document {
        let text = format!(
            r#"{{"Version":{version},"Statement":[{{"Effect":"Deny","Action":["{}"]}}]}}"#,
            vec!["a".repeat(1000); action / 1003 + 1].join("\",\"")
        );
        Document::parse(&text).unwrap()
    }

    #[test]
    fn what_a_service_would_refuse_is_refused_before() {
        for (place, limit) in [(Place::Bucket, 16_384), (Place::Ram, 6144), (Place::Key, 32_768)] {
            assert_eq!(of_size(limit - 2000, r#""1""#).check(place), Ok(()));
            let error = of_size(limit, r#""1""#).check(place).unwrap_err();
            assert!(
                matches!(error, LimitError::Size { limit: told, .. } if told == limit),
                "{error}"
            );
            assert!(error.to_string().contains("\nhint: "), "{error}");
        }
        for version in ["1", r#""2""#, "null"] {
            let error = of_size(1, version).check(Place::Ram).unwrap_err();
            assert!(matches!(error, LimitError::Version { .. }), "{version}: {error}");
        }
        let long = format!(
            r#"{{"Version":"1","Statement":{{"Effect":"Deny","Action":"{}"}}}}"#,
            "a".repeat(4096)
        );
        let error = Document::parse(&long).unwrap().check(Place::Bucket).unwrap_err();
        assert_eq!(error, LimitError::Value { number: 1, bytes: 4096, limit: 4095 });
    }

    #[test]
    fn numbers_that_no_type_holds_hide_no_value_that_is_too_long() {
        for number in ["1e999", "-1e999", "1e-999", "-1", "0", "123456789012345678901234567890"] {
            for (bytes, taken) in [(4095, true), (4096, false)] {
                let text = format!(
                    r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":"a\\","New":[{number},{{"\"{}":"{}"}}]}}]}}"#,
                    "n".repeat(5000),
                    "\\u0061".repeat(2) + &"a".repeat(bytes - 2)
                );
                let checked = Document::parse(&text).unwrap().check(Place::Bucket);
                let expected = LimitError::Value { number: 1, bytes, limit: 4095 };
                assert_eq!(checked, if taken { Ok(()) } else { Err(expected) }, "{number}");
            }
        }
    }

    #[test]
    fn versions_that_are_numbers_are_none_that_is_taken() {
        for number in ["1e999", "-1", "1e0", "1.0", "99999999999999999999"] {
            let error = of_size(1, number).check(Place::Bucket).unwrap_err();
            assert_eq!(error, LimitError::Version { found: None }, "{number}");
        }
        let no_json = r#"{"Version":NaN,"Statement":[]}"#;
        assert!(matches!(Document::parse(no_json), Err(PolicyError::Json { line: 1, .. })));
    }
}
