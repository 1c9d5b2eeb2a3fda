//! A bucket as they are met: several top-level folders of different shapes, and a few loose objects
//! with awkward names.

use super::calendar::{Dates, Hive};
use super::cjk::Cjk;
use super::flat::{Hex, Oddities, Sequence};
use super::groups::Groups;
use super::trees::{Deep, Tiny, Zipf};
use super::{Birth, Cursor, Shape};
use crate::simulator::mix::mix;

/// Folders of other shapes, side by side.
pub(super) struct Mixed {
    objects: u64,
    parts: Vec<(&'static [u8], Box<dyn Shape>)>,
    groups: Groups,
}

/// Shares of the folders in percent, in the order of their names; what is left goes to the first.
const SHARES: [u64; 8] = [24, 1, 5, 18, 12, 22, 8, 10];

impl Mixed {
    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let odd = (objects / 50).min(Oddities::MOST);
        let mut sizes = SHARES.map(|share| (objects - odd) / 100 * share);
        sizes[0] += objects - odd - sizes.iter().sum::<u64>();
        let [blobs, deep, images, logs, tenants, thumbs, warehouse, cjk] = sizes;
        let seed = |stream: u64| mix(seed, stream);
        let parts: Vec<(&'static [u8], Box<dyn Shape>)> = vec![
            (b"", Box::new(Oddities::new(odd))),
            (b"blobs/", Box::new(Hex { seed: seed(1), objects: blobs })),
            (b"", Box::new(Deep { seed: seed(2), objects: deep })),
            (b"images/", Box::new(Sequence { objects: images, prefix: "IMG_", suffix: ".jpg" })),
            (b"", Box::new(Dates::new(logs, seed(3)))),
            (b"tenants/", Box::new(Zipf::new(tenants, seed(4)))),
            (b"", Box::new(Tiny { seed: seed(5), objects: thumbs })),
            (b"warehouse/events/", Box::new(Hive::new(warehouse, seed(6)))),
            ("共享/".as_bytes(), Box::new(Cjk::new(cjk, seed(7)))),
        ];
        let groups = Groups::of_sizes(parts.iter().map(|(_, shape)| shape.len()));
        Self { objects, parts, groups }
    }
}

impl Shape for Mixed {
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.groups.locate(index, &mut cursor.outer);
        let Some((folder, shape)) = self.parts.get(place.group) else {
            return Birth::default();
        };
        out.extend_from_slice(folder);
        shape.key(place.offset, cursor, out)
    }

    fn len(&self) -> u64 {
        self.objects
    }
}
