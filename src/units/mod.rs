//! The values that people type and read: sizes, counts, durations and times.
//!
//! | value | accepted | means |
//! |---|---|---|
//! | size | `1_000`, `10MB`, `10k`, `10MiB`, `10Mi`, `1.5GiB` | bytes; letters alone are decimal as in counts, an `i` makes them binary |
//! | count | `10_000`, `10k`, `2M`, `1.5M` | a whole number; letters are decimal |
//! | duration | `30d`, `12h`, `50ms`, `1h30m` | parts from large to small: `w d h m s ms us ns` |
//! | time | `2026-01-31T12:00:00Z`, `2026-01-31`, `30d` | an instant; a date is its midnight in UTC, a duration is that long ago |
//!
//! All arithmetic is on integers, so that `0.1` is never 0.09999. Every parser has a printer whose text
//! it reads back to the same value.

mod count;
mod duration;
mod error;
mod number;
mod rfc3339;
mod size;
mod time;

pub use count::{ExactCount, grouped, parse_count};
pub use duration::{ExactDuration, parse_duration};
pub use error::{Problem, UnitError, Value};
pub use rfc3339::{RFC3339_MAX_LEN, Rfc3339, parse_rfc3339, rfc3339_into};
pub use size::{ExactSize, HumanSize, parse_size};
pub use time::parse_time;

pub(crate) use number::{decimal_into, decimal_width};
