//! Timestamps in serialized form: milliseconds since 1970-01-01T00:00:00Z, as an integer.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::object::Timestamp;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    time.0.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Timestamp, D::Error> {
    i64::deserialize(deserializer).map(Timestamp)
}
