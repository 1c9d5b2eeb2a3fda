//! Shapes along time: log trees by hour and table partitions by day.

use super::attributes::{NEWEST, SPAN};
use super::groups::{Groups, divide};
use super::{Birth, Cursor, Shape, hex_digits, push_hex};
use crate::simulator::civil::{push_date, push_padded, push_two};
use crate::simulator::mix::{ascending, below, mix};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Requests over a day in percent of the busiest hour, as log volumes go.
const BY_HOUR: [u64; 24] = [
    30, 24, 20, 18, 17, 18, 24, 36, 52, 68, 80, 88, 92, 90, 88, 90, 94, 98, 100, 96, 86, 70, 54, 40,
];

/// `logs/YYYY/MM/DD/HH/host-NNN-<hex>.gz` for up to five years of hours.
pub(super) struct Dates {
    seed: u64,
    objects: u64,
    first_hour: i64,
    hours: Groups,
}

impl Dates {
    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let most = SPAN / HOUR;
        let count = i64::try_from(objects / 20).unwrap_or(most).clamp(1, most);
        let first_hour = NEWEST / HOUR - count;
        let weights: Vec<u64> = (0..count)
            .map(|hour| {
                let of_day = usize::try_from((first_hour + hour).rem_euclid(24)).unwrap_or(0);
                let growth = 50 + 100 * hour.unsigned_abs() / count.unsigned_abs();
                let noise = 75 + below(mix(seed, hour.unsigned_abs()), 50);
                BY_HOUR[of_day] * growth * noise
            })
            .collect();
        Self {
            seed: mix(seed, 1),
            objects,
            first_hour,
            hours: Groups::by_weight(&weights, objects),
        }
    }
}

impl Shape for Dates {
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.hours.locate(index, &mut cursor.inner);
        let seed = mix(self.seed, place.group as u64);
        let hour = self.first_hour + i64::try_from(place.group).unwrap_or(0);
        out.extend_from_slice(b"logs/");
        push_date(out, hour.div_euclid(24), b'/');
        out.push(b'/');
        push_two(out, u32::try_from(hour.rem_euclid(24)).unwrap_or(0));
        out.push(b'/');
        let marker = u64::from(seed.is_multiple_of(64));
        let written = hour * HOUR + i64::try_from(below(mix(seed, index), 3_600)).unwrap_or(0);
        if place.offset < marker {
            return Birth { empty: true, written: Some(hour * HOUR) };
        }
        let (host, position, share) = divide(place.offset - marker, place.size - marker, 24);
        out.extend_from_slice(b"host-");
        push_padded(out, host + 1, 3);
        out.push(b'-');
        push_hex(out, ascending(mix(seed, host), position, share, u64::MAX), 16);
        out.extend_from_slice(b".gz");
        Birth { empty: false, written: Some(written) }
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Appends these 128 bits as a random UUID (version 4, variant 1).
fn push_uuid(out: &mut Vec<u8>, high: u64, low: u64) {
    let (high, low) = (hex_digits(high), hex_digits(low));
    let mut text = *b"00000000-0000-4000-a000-000000000000";
    text[..8].copy_from_slice(&high[..8]);
    text[9..13].copy_from_slice(&high[8..12]);
    text[15..18].copy_from_slice(&high[13..]);
    text[20..23].copy_from_slice(&low[1..4]);
    text[24..].copy_from_slice(&low[4..]);
    out.extend_from_slice(&text);
}

/// `dt=YYYY-MM-DD/part-NNNNN-<uuid>.parquet`, with the empty `_SUCCESS` that ends a Spark job.
pub(super) struct Hive {
    seed: u64,
    objects: u64,
    first_day: i64,
    days: Groups,
    /// Digits of a part's number.
    digits: usize,
}

impl Hive {
    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let most = SPAN / DAY;
        let count = i64::try_from(objects / 40).unwrap_or(most).clamp(1, most);
        let weights: Vec<u64> = (0..count)
            .map(|day| {
                50 + 100 * day.unsigned_abs() / count.unsigned_abs()
                    + below(mix(seed, day.unsigned_abs()), 60)
            })
            .collect();
        let days = Groups::by_weight(&weights, objects);
        let digits = days.largest().checked_ilog10().map_or(5, |log| (log as usize + 1).max(5));
        Self { seed: mix(seed, 2), objects, first_day: NEWEST / DAY - count, days, digits }
    }
}

impl Shape for Hive {
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.days.locate(index, &mut cursor.inner);
        let day = self.first_day + i64::try_from(place.group).unwrap_or(0);
        out.extend_from_slice(b"dt=");
        push_date(out, day, b'-');
        out.push(b'/');
        let noon = day * DAY + DAY / 2;
        if place.offset == 0 {
            out.extend_from_slice(b"_SUCCESS");
            return Birth { empty: true, written: Some(noon) };
        }
        out.extend_from_slice(b"part-");
        push_padded(out, place.offset - 1, self.digits);
        out.push(b'-');
        // One job writes all parts of a day under one identifier.
        let (high, low) = (mix(self.seed, place.group as u64), mix(!self.seed, place.group as u64));
        push_uuid(out, high, low);
        out.extend_from_slice(b".parquet");
        Birth {
            empty: false,
            written: Some(noon - i64::try_from(below(mix(self.seed, index), 1_800)).unwrap_or(0)),
        }
    }

    fn len(&self) -> u64 {
        self.objects
    }
}
