//! Bytes that are nearly always text: keys, prefixes, names of storage classes.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64;

/// Owned bytes of a key, a prefix or a name, ordered by unsigned bytes.
///
/// In JSON it is a string where the bytes are valid UTF-8 and the object `{"base64": "…"}` (RFC 4648,
/// with padding) where they are not, so that no key is altered on its way through a file.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteString(Box<[u8]>);

impl ByteString {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, with U+FFFD for what is not UTF-8; for people, never for comparisons.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&[u8]> for ByteString {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Vec<u8>> for ByteString {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl Deref for ByteString {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for ByteString {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0.escape_ascii())
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            serializer.serialize_str(text)
        } else {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("base64", &base64::encode(&self.0))?;
            map.end()
        }
    }
}

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = ByteString;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or {\"base64\": \"…\"}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteString, E> {
                Ok(text.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByteString, A::Error> {
                let mut bytes = None;
                while let Some(name) = map.next_key::<String>()? {
                    if name == "base64" {
                        let coded: String = map.next_value()?;
                        let decoded = base64::decode(&coded);
                        bytes = Some(decoded.ok_or_else(|| de::Error::custom("invalid base64"))?);
                    } else {
                        map.next_value::<de::IgnoredAny>()?;
                    }
                }
                bytes.map(ByteString::from).ok_or_else(|| de::Error::missing_field("base64"))
            }
        }

        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_json_string_and_other_bytes_are_base64() {
        assert_eq!(serde_json::to_string(&ByteString::from("a/ü")).unwrap(), "\"a/ü\"");
        assert_eq!(
            serde_json::to_string(&ByteString::from(&b"\xff"[..])).unwrap(),
            "{\"base64\":\"/w==\"}"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_survive_json(bytes: Vec<u8>) {
            let original = ByteString::from(bytes);
            let json = serde_json::to_string(&original).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<ByteString>(&json).unwrap(), original);
        }
    }
}
