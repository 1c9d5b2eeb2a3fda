//! Sizes, dates, storage classes and entity tags of generated objects.
//!
//! Sizes follow a log-normal law (median 64 KiB, sigma 2.4, from 15 bytes to about 290 MB), with half a
//! percent of empty objects and one in a hundred thousand between 8 GiB and 1 TiB. Everything is integer
//! arithmetic, so that the totals of a shape are the same on every machine.

use super::Birth;
use crate::object::Timestamp;
use crate::simulator::content::{Attributes, EntityTag};
use crate::simulator::mix::{below, mix};

/// The newest date a generated object can bear: 2026-11-21T00:00:00Z, in seconds since 1970.
pub(super) const NEWEST: i64 = 1_795_219_200;
/// Generated objects are at most this old, in seconds: five years.
pub(super) const SPAN: i64 = 5 * 365 * 86_400;

/// Part size of multipart uploads, in bytes.
const PART: u64 = 16 << 20;

/// Draws the attributes of objects.
pub(super) struct Dice {
    seed: u64,
    /// 2^(n/256), scaled by 2^32.
    powers: Box<[u64; 256]>,
}

impl Dice {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn new(seed: u64) -> Self {
        // Square roots are exact to the last bit everywhere, logarithms are not.
        let mut step = 2.0_f64;
        for _ in 0..8 {
            step = step.sqrt();
        }
        let mut power = 1.0;
        let mut powers = Box::new([0; 256]);
        for slot in powers.iter_mut() {
            *slot = (power * 4_294_967_296.0) as u64;
            power *= step;
        }
        Self { seed: mix(seed, 0xD1CE), powers }
    }

    /// The attributes of object `index`.
    pub(super) fn roll(&self, index: u64, birth: Birth) -> Attributes<'static> {
        let first = mix(self.seed, index * 4);
        let second = mix(self.seed, index * 4 + 1);
        let size = if birth.empty { 0 } else { self.size(first, second) };
        let written = birth.written.unwrap_or_else(|| {
            NEWEST - 1 - i64::try_from(below(second << 20, SPAN.unsigned_abs())).unwrap_or(0)
        });
        let class =
            if birth.empty { b"STANDARD".as_slice() } else { class(below(second << 10, 1_000)) };
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&mix(self.seed, index * 4 + 2).to_be_bytes());
        digest[8..].copy_from_slice(&mix(self.seed, index * 4 + 3).to_be_bytes());
        let parts = if size > PART {
            u32::try_from(size.div_ceil(PART).min(10_000)).unwrap_or(1)
        } else {
            0
        };
        Attributes {
            size,
            modified: Timestamp(written * 1_000),
            storage_class: class,
            etag: EntityTag { digest, parts },
        }
    }

    fn size(&self, first: u64, second: u64) -> u64 {
        match second >> 44 {
            0..5_243 => 0,
            5_243..5_253 => (1 << (33 + (first >> 60) % 7)) + (first & 0x3FFF_FFFF),
            _ => self.log_normal(first, second),
        }
    }

    /// Two to the power of a sum of four uniform draws, which is close to normal.
    fn log_normal(&self, first: u64, second: u64) -> u64 {
        let lanes =
            (first & 0xFFFF) + (first >> 16 & 0xFFFF) + (first >> 32 & 0xFFFF) + (first >> 48);
        // Sixteen bits of fraction; one standard deviation of the sum, 37,837, becomes 3.5.
        let exponent = (16 << 16) + (lanes.cast_signed() - 131_070) * 6_062 / 1_000;
        let exponent = exponent.clamp(4 << 16, 40 << 16).unsigned_abs();
        let whole = exponent >> 16;
        let scaled = self.powers[usize::from((exponent >> 8).to_le_bytes()[0])];
        let coarse = (scaled << 8 >> (40 - whole.min(23))) << whole.saturating_sub(23);
        coarse + below(second, (coarse >> 8) + 1)
    }
}

fn class(draw: u64) -> &'static [u8] {
    match draw {
        0..880 => b"STANDARD",
        880..940 => b"STANDARD_IA",
        940..965 => b"INTELLIGENT_TIERING",
        965..990 => b"GLACIER",
        _ => b"DEEP_ARCHIVE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_spread_as_documented() {
        let dice = Dice::new(1);
        let mut sizes: Vec<u64> =
            (0..200_000).map(|index| dice.roll(index, Birth::default()).size).collect();
        sizes.sort_unstable();
        let median = sizes[100_000];
        assert!((50_000..80_000).contains(&median), "{median}");
        let empty = sizes.iter().filter(|&&size| size == 0).count();
        assert!((800..1_200).contains(&empty), "{empty}");
        assert!(sizes[0] == 0 && sizes[empty] >= 15);
        assert!(*sizes.last().unwrap() > 8 << 30);
        // One standard deviation is a factor of 2^3.5.
        let ratio = sizes[168_000] / median;
        assert!((9..14).contains(&ratio), "{ratio}");
    }

    #[test]
    fn dates_lie_within_five_years() {
        let dice = Dice::new(2);
        let dates: Vec<i64> =
            (0..10_000).map(|index| dice.roll(index, Birth::default()).modified.0).collect();
        let (oldest, newest) = (dates.iter().min().unwrap(), dates.iter().max().unwrap());
        assert!(*oldest >= (NEWEST - SPAN) * 1_000 && *newest < NEWEST * 1_000);
        assert!(newest - oldest > SPAN * 990);
    }
}
