//! Times as they travel through the system.

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Stores list with a resolution of a second or a millisecond; both fit exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);
