//! What every tally must hold, on any input: the split of the objects over tallies and the order of
//! merging change nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use weighbridge::object::{Object, Timestamp};
use weighbridge::tally::{ByteString, Counts, Options, OptionsDiffer, Tally};

#[derive(Clone, Debug)]
struct Owned {
    key: Vec<u8>,
    size: u64,
    modified: i64,
    class: &'static str,
}

impl Owned {
    fn object(&self) -> Object<'_> {
        let storage_class = self.class.as_bytes();
        Object {
            key: &self.key,
            size: self.size,
            modified: Timestamp(self.modified),
            etag: b"e",
            storage_class,
        }
    }
}

/// Keys over a tiny alphabet, so that prefixes repeat and every hazard occurs; sizes and times at and
/// around all bounds.
fn objects() -> impl Strategy<Value = Vec<Owned>> {
    let key = prop_oneof![
        6 => vec(prop::sample::select(b"ab/.".to_vec()), 0..8),
        2 => vec(prop::sample::select(b"a/\\\n\xff\xc3\xbc".to_vec()), 0..5),
        1 => vec(any::<u8>(), 0..40),
        1 => (1_000_usize..1_100).prop_map(|length| vec![b'k'; length]),
    ];
    let size = prop_oneof![
        4 => 0_u64..10,
        2 => any::<u64>(),
        1 => Just(u64::MAX),
        2 => (0_u32..64, 0_u64..3).prop_map(|(bit, off)| (1_u64 << bit).saturating_add(off).saturating_sub(1)),
        1 => 48_799_999_999_999_u64..48_800_000_000_002,
    ];
    let modified = prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        any::<i64>(),
        -400_000_000_000_i64..400_000_000_000
    ];
    let class =
        prop::sample::select(vec!["", "STANDARD", "GLACIER", "INTELLIGENT_TIERING", "A", "B", "Z"]);
    let object = (key, size, modified, class);
    vec(object.prop_map(|(key, size, modified, class)| Owned { key, size, modified, class }), 0..60)
}

fn options() -> impl Strategy<Value = Options> {
    let shape = (0_u8..5, 0_usize..12, 0_usize..6, 0_usize..4, 0_usize..6);
    let prefix = prop::sample::select(vec!["", "a", "a/", "b/a"]);
    (shape, prefix, any::<i64>()).prop_map(
        |((depth, prefix_bound, largest, examples, class_bound), prefix, as_of)| {
            let as_of = Timestamp(as_of);
            let prefix = ByteString::from(prefix);
            Options {
                prefix,
                depth,
                prefix_bound,
                largest,
                examples,
                class_bound,
                ..Options::new(as_of)
            }
        },
    )
}

fn tally_of<'a>(options: &Options, objects: impl IntoIterator<Item = &'a Owned>) -> Tally {
    let mut tally = Tally::new(options.clone());
    objects.into_iter().for_each(|object| tally.add(&object.object()));
    tally
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_merged_in_any_shape_equals_one_tally(
        objects in objects(),
        options in options(),
        parts in vec(0_usize..7, 60),
        merges in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 6),
    ) {
        let whole = tally_of(&options, &objects);
        let mut tallies: Vec<Tally> = (0..7)
            .map(|part| tally_of(&options, objects.iter().zip(&parts).filter(|(_, p)| **p == part).map(|(o, _)| o)))
            .collect();
        // Random pairs until one is left: every tree shape and order occurs.
        for (left, right) in merges {
            let taken = tallies.swap_remove(left.index(tallies.len()));
            let into = right.index(tallies.len());
            tallies[into].merge(&taken).unwrap();
        }
        prop_assert_eq!(tallies.len(), 1);
        prop_assert_eq!(&tallies[0], &whole);
        // Counting may go on after a merge: the shortcuts to the last prefix and class must not mislead.
        let mut again = tallies.remove(0);
        let mut twice = whole.clone();
        for object in objects.iter().rev() {
            again.add(&object.object());
            twice.add(&object.object());
        }
        prop_assert_eq!(&again, &twice);
        prop_assert_eq!(&twice, &tally_of(&options, objects.iter().chain(&objects)));
    }

    #[test]
    fn a_checkpoint_restores_the_tally_and_goes_on_counting(
        before in objects(),
        after in objects(),
        options in options(),
    ) {
        let mut tally = tally_of(&options, &before);
        let json = serde_json::to_string(&tally).unwrap();
        let mut restored: Tally = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&restored, &tally);
        prop_assert_eq!(serde_json::to_string(&restored).unwrap(), json, "one form for one content");
        for object in &after {
            tally.add(&object.object());
            restored.add(&object.object());
        }
        prop_assert_eq!(&restored, &tally);
    }

    #[test]
    fn totals_and_every_breakdown_equal_naive_sums(objects in objects(), options in options()) {
        let tally = tally_of(&options, &objects);
        let mut naive = Counts::ZERO;
        for object in &objects {
            naive.add(object.size);
        }
        let sum = |parts: &mut dyn Iterator<Item = Counts>| {
            parts.fold(Counts::ZERO, |mut sum, part| { sum.merge(&part); sum })
        };

        prop_assert_eq!(tally.totals().counts, naive);
        prop_assert_eq!(naive.bytes, objects.iter().map(|object| u128::from(object.size)).sum::<u128>());
        prop_assert_eq!(tally.totals().key_bytes, objects.iter().map(|object| object.key.len() as u64).sum::<u64>());
        prop_assert_eq!(tally.sizes().min(), objects.iter().map(|object| object.size).min());
        prop_assert_eq!(tally.sizes().max(), objects.iter().map(|object| object.size).max());
        prop_assert_eq!(sum(&mut tally.sizes().classes().iter().copied()), naive);
        prop_assert_eq!(sum(&mut tally.ages().classes().iter().copied()), naive);
        let classes = tally.classes();
        let kept = classes.kept().iter().map(|class| class.counts);
        prop_assert_eq!(sum(&mut kept.chain([*classes.others()])), naive);
        for level in tally.prefixes().levels() {
            let entries = level.entries().iter().map(|entry| entry.counts);
            prop_assert_eq!(sum(&mut entries.chain([*level.above()])), naive);
        }
        let mut sizes: Vec<u64> = objects.iter().map(|object| object.size).collect();
        sizes.sort_unstable_by(|left, right| right.cmp(left));
        sizes.truncate(options.largest);
        prop_assert_eq!(tally.largest().objects().iter().map(|object| object.size).collect::<Vec<_>>(), sizes);
    }

    #[test]
    fn percentiles_bound_the_true_ones_to_a_thousandth(objects in objects(), percentage in 0.0_f64..=100.0) {
        let tally = tally_of(&Options::new(Timestamp(0)), &objects);
        let mut sizes: Vec<u64> = objects.iter().map(|object| object.size).collect();
        sizes.sort_unstable();
        let value = tally.sizes().percentiles(&[percentage])[0];
        prop_assert_eq!(value.is_none(), sizes.is_empty());
        if let Some(value) = value {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rank among at most 60 objects"
            )]
            let rank = (percentage / 100.0 * sizes.len() as f64).ceil() as usize;
            let truth = sizes[rank.clamp(1, sizes.len()) - 1];
            prop_assert!(value >= truth, "{value} is below {truth}");
            prop_assert!(truth > 1 << 48 || value - truth <= truth / 1_000 + 1, "{value} is far above {truth}");
        }
    }
}

#[test]
fn tallies_under_different_options_do_not_merge() {
    let mut tally = Tally::new(Options::new(Timestamp(0)));
    let other = Tally::new(Options::new(Timestamp(1)));
    assert_eq!(tally.merge(&other), Err(OptionsDiffer));
}

#[test]
fn merging_a_tally_with_itself_until_the_counters_are_full_saturates() {
    let mut tally = Tally::new(Options::new(Timestamp(0)));
    tally.add(&Object {
        key: b"a/b/",
        size: u64::MAX,
        modified: Timestamp(0),
        etag: b"",
        storage_class: b"",
    });
    tally.add(&Object {
        key: b"a/c",
        size: 1_000,
        modified: Timestamp(0),
        etag: b"",
        storage_class: b"",
    });
    for _ in 0..70 {
        let copy = tally.clone();
        tally.merge(&copy).unwrap();
    }
    assert_eq!(tally.totals().counts.objects, u64::MAX);
    assert_eq!(tally.sizes().percentiles(&[100.0]), [Some(u64::MAX)]);
}

#[test]
fn objects_without_a_class_are_counted_under_the_given_name() {
    let mut tally =
        Tally::new(Options { unnamed_class: "STANDARD".into(), ..Options::new(Timestamp(0)) });
    for class in ["", "STANDARD"] {
        let storage_class = class.as_bytes();
        tally.add(&Object { key: b"k", size: 1, modified: Timestamp(0), etag: b"", storage_class });
    }
    assert_eq!(tally.classes().kept().len(), 1);
    assert_eq!(tally.classes().kept()[0].counts.objects, 2);
}

/// The expected value is what the Python lines in the documentation of `SetDigest` print for these
/// objects (xxhash, the reference implementation): all code paths of XXH3 by key length, and seeds over
/// the whole range.
#[test]
fn the_digest_can_be_recomputed_with_other_implementations_of_xxh3() {
    let objects: [(&[u8], u64); 7] = [
        (b"a", 0),
        (b"b/xxxxxxxxxxxxxxxx", 1),
        (&[b'k'; 100], 1 << 40),
        (&[b'k'; 200], 7),
        (&[b'k'; 1024], u64::MAX),
        (b"\xff", 5),
        (b"", 3),
    ];
    let mut tally = Tally::new(Options::new(Timestamp(0)));
    for (key, size) in objects {
        tally.add(&Object { key, size, modified: Timestamp(0), etag: b"", storage_class: b"" });
    }
    assert_eq!(tally.digest().to_string(), "4d06397eb4e3ef4705ed016ccec323b2");
}
