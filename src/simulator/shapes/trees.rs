//! Shapes whose difficulty is their tree: skewed tenants, a long common prefix, very many small
//! directories, one huge directory.

use super::groups::Groups;
use super::{Birth, Cursor, Shape, push_hex};
use crate::simulator::civil::push_padded;
use crate::simulator::mix::{ascending, mix};

/// `tenant-N/obj-<hex>` with tenant sizes after Zipf's law: the n-th largest has 1/n of the largest.
pub(super) struct Zipf {
    seed: u64,
    objects: u64,
    /// Tenant numbers in the order of their names as strings.
    tenants: Vec<u32>,
    groups: Groups,
}

impl Zipf {
    const MOST_TENANTS: u64 = 100_000;

    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let count = u32::try_from((objects / 50).clamp(1, Self::MOST_TENANTS)).unwrap_or(1);
        // Which tenants are large is drawn by ordering them by hash.
        let mut by_size: Vec<u32> = (1..=count).collect();
        by_size.sort_unstable_by_key(|&tenant| mix(seed, tenant.into()));
        let mut weighted: Vec<(String, u32, u64)> = (1..)
            .zip(by_size)
            .map(|(rank, tenant): (u64, u32)| (tenant.to_string(), tenant, (1 << 40) / rank))
            .collect();
        // '/' sorts below the digits, so the order of the numbers' texts is that of the paths.
        weighted.sort_unstable();
        let weights: Vec<u64> = weighted.iter().map(|&(_, _, weight)| weight).collect();
        Self {
            seed: mix(seed, 3),
            objects,
            tenants: weighted.iter().map(|&(_, tenant, _)| tenant).collect(),
            groups: Groups::by_weight(&weights, objects),
        }
    }
}

impl Shape for Zipf {
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.groups.locate(index, &mut cursor.inner);
        let tenant = self.tenants.get(place.group).copied().unwrap_or_default();
        out.extend_from_slice(b"tenant-");
        push_padded(out, tenant.into(), 1);
        out.push(b'/');
        let seed = mix(self.seed, tenant.into());
        let marker = u64::from(seed.is_multiple_of(32));
        if place.offset < marker {
            return Birth::EMPTY;
        }
        out.extend_from_slice(b"obj-");
        push_hex(out, ascending(seed, place.offset - marker, place.size - marker, u64::MAX), 16);
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Everything under one long common prefix, 256 directories below it.
pub(super) struct Deep {
    pub(super) seed: u64,
    pub(super) objects: u64,
}

const DEEP_PREFIX: &[u8] = b"company/divisions/research/projects/2024-genome-atlas/pipelines/\
alignment/stages/stage-07-recalibration/outputs/regions/chromosome-21/samples/batch-000042/\
replicates/replicate-01/shards/";

impl Shape for Deep {
    fn key(&self, index: u64, _: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let name = ascending(self.seed, index, self.objects, u64::MAX);
        out.extend_from_slice(DEEP_PREFIX);
        push_hex(out, name >> 56, 2);
        out.push(b'/');
        push_hex(out, name, 14);
        out.extend_from_slice(b".bam");
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Very many directories of one to five objects.
pub(super) struct Tiny {
    pub(super) seed: u64,
    pub(super) objects: u64,
}

/// Ways of dividing twelve objects among five directories, as running sums.
const TINY_PATTERNS: [[u64; 5]; 8] = [
    [1, 3, 6, 7, 12],
    [4, 7, 9, 11, 12],
    [2, 4, 7, 9, 12],
    [5, 6, 7, 9, 12],
    [3, 4, 8, 9, 12],
    [1, 2, 5, 10, 12],
    [2, 5, 6, 10, 12],
    [3, 6, 8, 10, 12],
];

impl Shape for Tiny {
    fn key(&self, index: u64, _: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let (block, within) = (index / 12, index % 12);
        let pattern = &TINY_PATTERNS[(mix(self.seed, block) & 7) as usize];
        let slot = pattern.partition_point(|&end| end <= within);
        let start = slot.checked_sub(1).map_or(0, |previous| pattern[previous]);
        let directory = block * 5 + slot as u64;
        let directories = self.objects.div_ceil(12) * 5;
        out.extend_from_slice(b"thumbs/");
        push_hex(out, ascending(self.seed, directory, directories, 1 << 48), 12);
        out.push(b'/');
        let marker = u64::from(mix(!self.seed, directory).is_multiple_of(16));
        let offset = within - start;
        if offset < marker {
            return Birth::EMPTY;
        }
        out.extend_from_slice(b"size-");
        push_padded(out, 1 << (5 + offset), 4);
        out.extend_from_slice(b".webp");
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Nine tenths of the objects in one directory, small ones on both sides of it.
pub(super) struct Giant {
    seed: u64,
    objects: u64,
    /// Small directories before the giant, and as many after it.
    side: u64,
    groups: Groups,
}

impl Giant {
    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let small = objects / 20;
        let side = (small / 10).clamp(1, 500);
        let sizes =
            |objects: u64| (0..side).map(move |n| objects * (n + 1) / side - objects * n / side);
        let giant = std::iter::once(objects - 2 * small);
        Self {
            seed: mix(seed, 4),
            objects,
            side,
            groups: Groups::of_sizes(sizes(small).chain(giant).chain(sizes(small))),
        }
    }
}

impl Shape for Giant {
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.groups.locate(index, &mut cursor.inner);
        let group = place.group as u64;
        let seed = mix(self.seed, group);
        if group == self.side {
            out.extend_from_slice(b"giant/");
        } else {
            let (name, number): (&[u8], u64) = if group < self.side {
                (b"archive-", group)
            } else {
                (b"uploads-", group - self.side - 1)
            };
            out.extend_from_slice(name);
            push_padded(out, number, 4);
            out.push(b'/');
        }
        push_hex(out, ascending(seed, place.offset, place.size, u64::MAX), 16);
        out.extend_from_slice(b".json");
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}
