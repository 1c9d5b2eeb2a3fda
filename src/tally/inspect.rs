//! What a key looks like, found in one fast look at its bytes.

use memchr::memmem;

/// What is unusual about a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent findings about one key")]
pub(super) struct Oddities {
    pub(super) not_utf8: bool,
    pub(super) control: bool,
    pub(super) empty_segment: bool,
    pub(super) dot_segment: bool,
}

/// Bytes looked at together: one vector register of every 64-bit processor.
const LANES: usize = 16;

/// What the fast look gathers, lane by lane; zero for the usual key.
#[derive(Clone, Copy, Default)]
struct Gathered {
    non_ascii: [u8; LANES],
    control: [u8; LANES],
    slash_pair: [u8; LANES],
}

impl Gathered {
    /// `second` holds the bytes that follow those of `first`. Neither branches nor early exits, so that
    /// the compiler makes vector code of it.
    #[inline]
    fn look(&mut self, first: &[u8; LANES], second: &[u8; LANES]) {
        for lane in 0..LANES {
            let (byte, next) = (first[lane], second[lane]);
            self.non_ascii[lane] |= byte;
            self.control[lane] |= u8::from(byte < 0x20) | u8::from(byte == 0x7F);
            self.slash_pair[lane] |=
                u8::from(byte == b'/') & (u8::from(next == b'/') | u8::from(next == b'.'));
        }
    }
}

/// Looks at a key; `None` for the usual one, which has none of the oddities.
#[inline]
pub(super) fn inspect(key: &[u8]) -> Option<Oddities> {
    let (first_byte, last_byte) = (*key.first()?, *key.last()?);
    let (first, second) = (&key[..key.len() - 1], &key[1..]);
    let mut gathered = Gathered::default();
    if let (Some(first_end), Some(second_end)) = (first.last_chunk(), second.last_chunk()) {
        for (first, second) in first.as_chunks().0.iter().zip(second.as_chunks().0) {
            gathered.look(first, second);
        }
        // The rest, together with some bytes that were seen before: no loop over single bytes.
        gathered.look(first_end, second_end);
    } else {
        let (mut padded_first, mut padded_second) = ([b' '; LANES], [b' '; LANES]);
        padded_first[..first.len()].copy_from_slice(first);
        padded_second[..second.len()].copy_from_slice(second);
        gathered.look(&padded_first, &padded_second);
    }
    let any = |lanes: [u8; LANES]| lanes.iter().fold(0, |all, lane| all | lane);
    let control = any(gathered.control) != 0 || last_byte.is_ascii_control();
    let suspicious = control
        || any(gathered.non_ascii) | last_byte >= 0x80
        || any(gathered.slash_pair) != 0
        || first_byte == b'.';
    if suspicious { look_closer(key, control) } else { None }
}

#[inline(never)]
fn look_closer(key: &[u8], control: bool) -> Option<Oddities> {
    let found = Oddities {
        not_utf8: std::str::from_utf8(key).is_err(),
        control,
        empty_segment: memmem::find(key, b"//").is_some(),
        dot_segment: key.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")),
    };
    (found != Oddities::default()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_keys_are_not_remarkable() {
        for key in ["a/b/c.txt", "a/.hidden", "ü/日本語/😀", "", "/", "a/", "..a/b..", "a/...", "~"]
        {
            assert_eq!(inspect(key.as_bytes()), None, "{key}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_fast_look_overlooks_nothing(
            key in proptest::collection::vec(proptest::sample::select(b"aaaaaaaaaaaaa./\n\x7f\xc3\xbc".to_vec()), 0..70),
        ) {
            let control = key.iter().any(u8::is_ascii_control);
            proptest::prop_assert_eq!(inspect(&key), look_closer(&key, control));
        }
    }

    #[test]
    fn each_oddity_is_found_wherever_it_stands() {
        let none = Oddities::default();
        for key in ["a//b", "//a", "a//"] {
            assert_eq!(
                inspect(key.as_bytes()),
                Some(Oddities { empty_segment: true, ..none }),
                "{key}"
            );
        }
        for key in [".", "..", "./a", "../a", "a/.", "a/..", "a/./b", "a/../b"] {
            assert_eq!(
                inspect(key.as_bytes()),
                Some(Oddities { dot_segment: true, ..none }),
                "{key}"
            );
        }
        for key in ["\r", "a\nb", "\0", "a\u{7f}"] {
            assert_eq!(
                inspect(key.as_bytes()),
                Some(Oddities { control: true, ..none }),
                "{key:?}"
            );
        }
        assert_eq!(inspect(b"a/\xff"), Some(Oddities { not_utf8: true, ..none }));
    }
}
