//! Times in the summary: RFC 3339.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::object::Timestamp;

/// A point in time that reads and writes as RFC 3339 in UTC with milliseconds, such as
/// `2024-02-29T12:00:00.000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Timestamp);

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl Moment {
    /// The nearest time that the text form can hold: years -9999 to 9999.
    fn writable(self) -> jiff::Timestamp {
        let nearest = if self.0.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(self.0.0).unwrap_or(nearest)
    }

    /// The date alone: `2024-02-29`.
    #[must_use]
    pub fn date(self) -> String {
        let text = self.to_string();
        text.split_once('T').map_or(text.clone(), |(date, _)| date.to_owned())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.3}", self.writable())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(de::Error::custom)?;
        Ok(Self(Timestamp(time.as_millisecond())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_rfc_3339_with_milliseconds() {
        assert_eq!(Moment(Timestamp(1_700_000_000_000)).to_string(), "2023-11-14T22:13:20.000Z");
        assert_eq!(Moment(Timestamp(-1)).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Moment(Timestamp(0)).date(), "1970-01-01");
    }

    proptest::proptest! {
        #[test]
        fn any_time_can_be_written_and_sane_ones_come_back(millis: i64, sane in -60_000_000_000_000_i64..200_000_000_000_000) {
            for original in [millis, sane] {
                let json = serde_json::to_string(&Moment(Timestamp(original))).unwrap();
                let back: Moment = serde_json::from_str(&json).unwrap();
                if original == sane {
                    proptest::prop_assert_eq!(back.0.0, sane);
                }
            }
        }
    }
}
