//! Names in Chinese, Japanese and Korean, with emoji and full-width characters among the folders.

use super::groups::Groups;
use super::{Birth, Cursor, Shape};
use crate::simulator::mix::{ascending, mix};

/// Folders with their weights. The last two sort one way by UTF-8 bytes and the other way by UTF-16
/// units.
const FOLDERS: [(&str, u64); 10] = [
    ("写真/", 20),
    ("客户资料/", 15),
    ("数据备份/", 30),
    ("文档/合同/", 8),
    ("文档/报表/", 7),
    ("日本語 フォルダ/", 6),
    ("视频+音频/", 5),
    ("한국어/", 5),
    ("～全角/", 2),
    ("😀表情/", 2),
];

/// First of the CJK unified ideographs in use here, and how many follow.
const FIRST: u32 = 0x4E00;
const COUNT: u64 = 20_902;
/// Names of four ideographs.
const SPACE: u64 = COUNT * COUNT * COUNT * COUNT;

/// `<folder>/<four ideographs>.jpg`.
pub(super) struct Cjk {
    seed: u64,
    objects: u64,
    folders: Vec<&'static str>,
    groups: Groups,
}

impl Cjk {
    pub(super) fn new(objects: u64, seed: u64) -> Self {
        let mut folders = FOLDERS;
        folders.sort_unstable();
        let weights = folders.map(|(_, weight)| weight);
        Self {
            seed: mix(seed, 5),
            objects,
            folders: folders.iter().map(|&(folder, _)| folder).collect(),
            groups: Groups::by_weight(&weights, objects),
        }
    }
}

impl Shape for Cjk {
    #[allow(clippy::cast_possible_truncation)]
    fn key(&self, index: u64, cursor: &mut Cursor, out: &mut Vec<u8>) -> Birth {
        let place = self.groups.locate(index, &mut cursor.inner);
        let folder = self.folders.get(place.group).copied().unwrap_or_default();
        out.extend_from_slice(folder.as_bytes());
        let seed = mix(self.seed, place.group as u64);
        let mut name = ascending(seed, place.offset, place.size, SPACE);
        let mut divisor = COUNT * COUNT * COUNT;
        for _ in 0..4 {
            push_ideograph(out, FIRST + (name / divisor) as u32);
            name %= divisor;
            divisor = (divisor / COUNT).max(1);
        }
        out.extend_from_slice(b".jpg");
        Birth::default()
    }

    fn len(&self) -> u64 {
        self.objects
    }
}

/// Appends a character of the basic plane above U+07FF in UTF-8.
fn push_ideograph(out: &mut Vec<u8>, code: u32) {
    let [_, _, high, low] = code.to_be_bytes();
    out.extend_from_slice(&[
        0xE0 | high >> 4,
        0x80 | (high & 0x0F) << 2 | low >> 6,
        0x80 | low & 0x3F,
    ]);
}
