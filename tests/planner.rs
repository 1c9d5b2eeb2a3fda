//! Exactly once, always: the planner against stores that are as awkward as allowed.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use weighbridge::object::KeyOrder;
use weighbridge::scan::planner::{
    Planner, PlannerConfig, PlannerStats, ProbeEntry, RangeId, Request, RequestId,
};

/// A small random generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, Debug)]
struct World {
    keys: Vec<Vec<u8>>,
    order: KeyOrder,
    prefix: Vec<u8>,
    page: usize,
    slots: usize,
    delimiter: Option<u8>,
    /// The store groups by that delimiter alone and takes no notice of others.
    usual_only: bool,
    /// Percentages of pages cut short, failed probes, slot changes, pages of which the end is seen first.
    short: usize,
    failing: usize,
    changing: usize,
    foreseen: usize,
    /// Interrupt and resume after this many events.
    interrupt: Option<usize>,
    seed: u64,
}

fn is_clean(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|text| {
        text.chars().all(|c| {
            let code = u32::from(c);
            code >= 0x20
                && !(0x7F..0xA0).contains(&code)
                && code & 0xFFFE != 0xFFFE
                && !(0xFDD0..=0xFDEF).contains(&code)
        })
    })
}

impl World {
    fn inside(&self) -> Vec<&[u8]> {
        let mut keys: Vec<&[u8]> =
            self.keys.iter().map(Vec::as_slice).filter(|k| k.starts_with(&self.prefix)).collect();
        keys.sort_by(|a, b| self.order.compare(a, b));
        keys.dedup();
        keys
    }

    fn config(&self) -> PlannerConfig {
        PlannerConfig {
            page_limit: self.page,
            prefix: self.prefix.clone(),
            order: self.order,
            delimiter: self.delimiter,
        }
    }

    /// What is asked for lies inside the prefix and can travel.
    fn check_requests(&self, keys: &[&[u8]], requests: &[Request]) {
        for request in requests {
            let (Request::List { after, .. } | Request::Probe { after, .. }) = request;
            if let Some(after) = after {
                assert!(after.starts_with(&self.prefix) && after.len() <= 1024);
                let real = keys.binary_search_by(|k| self.order.compare(k, after)).is_ok();
                assert!(real || is_clean(after), "cannot travel: {after:?}");
            }
        }
    }

    /// Ranges ascend, do not overlap, and only shrink.
    fn check_ranges(&self, planner: &Planner, bounds: &mut BTreeMap<RangeId, Option<Vec<u8>>>) {
        let mut end: Option<Option<Vec<u8>>> = None;
        for range in planner.live() {
            if let Some(end) = &end {
                // ranges ascend and do not overlap
                let end = end.as_ref().expect("a range after the last");
                assert!(range.lower.is_some_and(|lower| !self.order.precedes(lower, end)));
            }
            // bounds only shrink
            let upper = range.upper.map(<[u8]>::to_vec);
            let known = bounds.entry(range.id).or_insert_with(|| upper.clone());
            assert!(match (&upper, &*known) {
                (None, Some(_)) => false,
                (Some(now), Some(was)) => !self.order.precedes(was, now),
                _ => true,
            });
            known.clone_from(&upper);
            end = Some(upper);
        }
    }

    fn run(&self) -> PlannerStats {
        let keys = self.inside();
        let mut random = Random(self.seed);
        let mut planner = Planner::new(self.config());
        let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut slots, mut most_slots, mut initial) = (self.slots, self.slots, 1);
        let (mut requests, mut useful) = (0, 0);
        let mut open: Vec<Request> = Vec::new();
        let mut out = Vec::new();
        let mut bounds: BTreeMap<RangeId, Option<Vec<u8>>> = BTreeMap::new();
        for event in 0.. {
            assert!(event < 20 * keys.len() + 1000, "does not end");
            let before = open.len();
            planner.next_requests(slots, &mut out);
            self.check_requests(&keys, &out);
            requests += out.len();
            open.append(&mut out);
            assert!(open.len() <= slots.max(before), "more in flight than allowed");
            assert_eq!(planner.in_flight(), open.len());
            self.check_ranges(&planner, &mut bounds);
            if open.is_empty() {
                break;
            }
            if self.interrupt == Some(event) {
                let rest: Vec<_> = planner
                    .live()
                    .map(|r| (r.cursor.map(<[u8]>::to_vec), r.upper.map(<[u8]>::to_vec)))
                    .collect();
                planner = Planner::with_ranges(self.config(), &rest);
                initial += rest.len() + open.len();
                open.clear();
                bounds.clear();
                continue;
            }
            if random.chance(self.changing) {
                slots = 1 + random.below(2 * self.slots);
                most_slots = most_slots.max(slots);
            }
            match open.swap_remove(random.below(open.len())) {
                Request::List { id, range, after } => {
                    let start = after.as_ref().map_or(0, |after| {
                        keys.partition_point(|k| !self.order.precedes(after, k))
                    });
                    let mut end = (start + self.page).min(keys.len());
                    if end > start + 1 && random.chance(self.short) {
                        end = start + 1 + random.below(end - start - 1);
                    }
                    let page: Vec<&[u8]> = keys[start..end].to_vec();
                    let mut ahead = None;
                    if end > start && end < keys.len() && random.chance(self.foreseen) {
                        // now and then the end of the answer is not the end of its page
                        let lie =
                            if random.chance(20) { random.below(keys.len()) } else { end - 1 };
                        ahead = planner.foresee(id, keys[lie]);
                        if random.chance(50) {
                            planner.next_requests(slots, &mut out);
                        }
                    }
                    let verdict = planner.on_page(id, &page, end < keys.len()).unwrap();
                    assert!(ahead.is_some() || !verdict.goes_on);
                    requests += usize::from(ahead.is_some());
                    open.extend(ahead.filter(|_| verdict.goes_on));
                    if verdict.accepted > 0 {
                        useful += 1;
                        assert!(counted.insert(start, verdict.accepted).is_none());
                        assert_eq!(
                            planner.range(range).unwrap().cursor,
                            Some(page[verdict.accepted - 1])
                        );
                    }
                }
                Request::Probe { id, directory, delimiter, after } => {
                    if random.chance(self.failing) {
                        planner.on_probe_failed(id);
                        continue;
                    }
                    let (entries, more) =
                        self.probe(&keys, &directory, delimiter, after.as_deref());
                    planner.on_probe(id, &entries, more);
                }
            }
        }
        assert!(planner.is_finished());
        let end = counted.iter().fold(0, |end, (start, count)| {
            assert_eq!(end, *start, "a key missed or counted twice");
            start + count
        });
        assert_eq!(end, keys.len());
        // every page after the first of an initial range is paid for by pages with keys
        assert!(
            requests <= 6 * useful + most_slots + initial,
            "{requests} requests for {useful} useful pages, {most_slots} slots"
        );
        assert!(useful <= keys.len());
        planner.stats()
    }

    fn probe<'a>(
        &self,
        keys: &[&'a [u8]],
        directory: &[u8],
        delimiter: u8,
        after: Option<&[u8]>,
    ) -> (Vec<ProbeEntry<'a>>, bool) {
        let mut out: Vec<ProbeEntry<'a>> = Vec::new();
        for key in keys.iter().filter(|k| {
            k.starts_with(directory) && after.is_none_or(|after| self.order.precedes(after, k))
        }) {
            let name = &key[directory.len()..];
            let entry = match name.iter().position(|b| *b == delimiter) {
                Some(at) if !self.usual_only || self.delimiter == Some(delimiter) => {
                    ProbeEntry::CommonPrefix(&key[..=directory.len() + at])
                }
                _ => ProbeEntry::Key(key),
            };
            if after.is_some_and(|after| !self.order.precedes(after, entry.name()))
                || out.last() == Some(&entry)
            {
                continue;
            }
            if out.len() >= self.page {
                return (out, true);
            }
            out.push(entry);
        }
        (out, false)
    }
}

fn key(alphabet: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(alphabet), 0..14).prop_map(|parts| parts.concat())
}

/// Pieces of keys.
const ALPHABETS: [&[&[u8]]; 8] = [
    &[b"a", b"b"],
    &[b"a", b"b", b"/"],
    &[b"a", b"b", b":", b"-"],
    &[b"0", b"1", b"9", b"f"],
    &[
        b"a",
        b"/",
        "é".as_bytes(),
        "文".as_bytes(),
        "\u{1D518}".as_bytes(),
        "\u{FF5E}".as_bytes(),
        "\u{E000}".as_bytes(),
    ],
    &[
        b"\x00",
        b"\x01",
        b"/",
        b"\x7F",
        "\u{80}".as_bytes(),
        "\u{D7FF}".as_bytes(),
        "\u{FFFE}".as_bytes(),
        "\u{10FFFF}".as_bytes(),
    ],
    &[b"\xFF", b"\x80", b"\xC3", b"\xED\xA0\x80", b"\xF0\x9F", b"a", b"/", b"~"],
    &[
        b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"z",
        b"/",
        b"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
    ],
];

fn keys() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let some = prop::sample::select(ALPHABETS.to_vec())
        .prop_flat_map(|alphabet| prop::collection::vec(key(alphabet), 0..400));
    let bytes = prop::collection::vec(prop::collection::vec(any::<u8>(), 1..6), 0..300);
    let long = prop::collection::vec(
        (any::<u8>(), 1000..=1024usize, any::<u8>()).prop_map(|(fill, n, last)| {
            let mut key = vec![fill; n - 1];
            key.push(last);
            key
        }),
        0..80,
    );
    let numbered = (0..3000usize, 0..4usize).prop_map(|(n, dirs)| {
        (0..n).map(|i| format!("d{}/part-{i:06}", i % (dirs + 1)).into_bytes()).collect()
    });
    prop_oneof![4 => some, 1 => bytes, 1 => long, 2 => numbered].prop_map(
        |mut keys: Vec<Vec<u8>>| {
            keys.retain(|key| !key.is_empty() && key.len() <= 1024);
            keys
        },
    )
}

fn world() -> impl Strategy<Value = World> {
    let delimiters = (any::<bool>(), prop::bool::weighted(0.2));
    let shape = (keys(), prop::bool::weighted(0.3), 1..40usize, 1..64usize, delimiters);
    let trouble = (
        0..60usize,
        prop_oneof![3 => Just(0usize), 1 => 0..100usize],
        0..40usize,
        prop_oneof![Just(0usize), 0..100usize],
        prop::option::of(0..60usize),
    );
    (shape, trouble, prop::bool::weighted(0.25), any::<u64>()).prop_map(
        |(
            (keys, utf16, page, slots, (delimited, usual_only)),
            (short, failing, changing, foreseen, interrupt),
            prefixed,
            seed,
        )| {
            let prefix = match keys.get(keys.len() / 2) {
                Some(key) if prefixed => key[..key.len().div_ceil(3)].to_vec(),
                _ => Vec::new(),
            };
            let order = if utf16 { KeyOrder::Utf16 } else { KeyOrder::Bytes };
            // a prefix that cuts a character in two has no contiguous place in UTF-16 order
            let prefix =
                if utf16 && std::str::from_utf8(&prefix).is_err() { Vec::new() } else { prefix };
            World {
                keys,
                order,
                prefix,
                page,
                slots,
                delimiter: delimited.then_some(b'/'),
                usual_only,
                short,
                failing,
                changing,
                foreseen,
                interrupt,
                seed,
            }
        },
    )
}

fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn every_key_is_counted_exactly_once(world in world()) {
        world.run();
    }

    #[test]
    fn a_failed_range_keeps_exactly_what_it_lacks(world in world(), at in 0..20usize) {
        let keys = world.inside();
        let mut planner = Planner::new(world.config());
        let mut random = Random(world.seed);
        let (mut open, mut counted, mut out) = (Vec::new(), 0, Vec::new());
        for event in 0.. {
            planner.next_requests(world.slots, &mut out);
            open.append(&mut out);
            if open.is_empty() { break; }
            match open.swap_remove(random.below(open.len())) {
                Request::List { id, .. } if event == at => planner.on_list_failed(id),
                Request::List { id, after, .. } => {
                    let start = after.as_ref().map_or(0, |after| keys.partition_point(|k| !world.order.precedes(after, k)));
                    let end = (start + world.page).min(keys.len());
                    counted += planner.on_page(id, &keys[start..end].to_vec(), end < keys.len()).unwrap().accepted;
                }
                Request::Probe { id, .. } => planner.on_probe_failed(id),
            }
        }
        prop_assert!(planner.is_finished());
        let lost: usize = planner.live().map(|range| {
            assert!(range.failed);
            let inside = |k: &&&[u8]| range.cursor.is_none_or(|c| world.order.precedes(c, k)) && range.upper.is_none_or(|u| !world.order.precedes(u, k));
            keys.iter().filter(inside).count()
        }).sum();
        prop_assert_eq!(counted + lost, keys.len());
    }
}

fn flat(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("obj/{i:05}").into_bytes()).collect()
}

fn lists(keys: &[Vec<u8>], page: usize, slots: usize) -> usize {
    let mut planner = Planner::new(PlannerConfig {
        page_limit: page,
        prefix: Vec::new(),
        order: KeyOrder::Bytes,
        delimiter: Some(b'/'),
    });
    let (mut n, mut open, mut out) = (0, std::collections::VecDeque::new(), Vec::new());
    loop {
        planner.next_requests(slots, &mut out);
        n += out.len();
        open.extend(out.drain(..));
        match open.pop_front() {
            None => return n,
            Some(Request::List { id, after, .. }) => {
                let start = after.map_or(0, |after| keys.partition_point(|k| *k <= after));
                let end = (start + page).min(keys.len());
                planner.on_page(id, &keys[start..end].to_vec(), end < keys.len()).unwrap();
            }
            Some(Request::Probe { id, .. }) => planner.on_probe_failed(id),
        }
    }
}

/// A store without trouble.
fn sound(keys: Vec<Vec<u8>>) -> World {
    World {
        keys,
        order: KeyOrder::Bytes,
        prefix: Vec::new(),
        page: 100,
        slots: 16,
        delimiter: Some(b'/'),
        usual_only: false,
        short: 0,
        failing: 0,
        changing: 0,
        foreseen: 0,
        interrupt: None,
        seed: 1,
    }
}

/// Names of unequal length in unequal directories, divided by this character.
fn parts(separator: char) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    for (tenant, kind) in (0..40).flat_map(|tenant| (0..9).map(move |kind| (tenant, kind))) {
        let many = 20 + (tenant * 37 + kind * 11) % 150;
        let names = ["alpha", "b", "cash-flow", "delta", "ex", "files", "g", "home", "in"];
        keys.extend((0..many).map(|i| {
            let name = names[kind].repeat(1 + tenant % 3);
            [format!("t{tenant}"), name, format!("{i:x}.json")].join(&separator.to_string())
        }));
    }
    keys.into_iter().map(String::into_bytes).collect()
}

#[test]
fn names_are_divided_by_the_character_that_they_have() {
    let (paths, other) = (sound(parts('/')).run(), sound(parts('_')).run());
    assert!(other.probes > 0);
    assert!(
        other.requests <= paths.requests * 11 / 10,
        "{} requests, and {} of paths",
        other.requests,
        paths.requests
    );
}

#[test]
fn a_store_that_groups_by_the_usual_delimiter_only_is_not_asked_in_vain() {
    let store = World { usual_only: true, ..sound(parts('_')) };
    let stats = store.run();
    // some may be under way when the first is answered
    assert!((1..=3).contains(&stats.probes), "{} probes", stats.probes);
}

#[test]
fn directories_that_are_alike_are_asked_for_once() {
    let mut keys = Vec::new();
    for (month, day, hour) in (1..=6)
        .flat_map(|month| (1..=28).flat_map(move |day| (0..24).map(move |hour| (month, day, hour))))
    {
        let objects = (0..40).map(|i| format!("log/{month:02}/{day:02}/{hour:02}/{:03}", i * 7));
        keys.extend(objects.map(String::into_bytes));
    }
    let stats = sound(keys).run();
    // of 168 days, each of which takes ten pages; were each asked for by itself, there would be 31
    assert!(stats.probes <= 25, "{} probes", stats.probes);
}

#[test]
fn small_stores_cost_little() {
    assert_eq!(lists(&flat(0), 1000, 64), 1);
    assert_eq!(lists(&flat(10), 1000, 64), 1);
    assert_eq!(lists(&flat(1000), 1000, 64), 1);
    assert!(lists(&flat(1500), 1000, 64) <= 3, "{}", lists(&flat(1500), 1000, 64));
    assert!(lists(&flat(2000), 1000, 64) <= 3);
    assert_eq!(lists(&flat(20_000), 1000, 1), 20);
}

#[test]
fn a_page_that_breaks_the_order_leaves_the_request_open() {
    let mut planner = Planner::new(PlannerConfig {
        page_limit: 3,
        prefix: b"p/".to_vec(),
        order: KeyOrder::Bytes,
        delimiter: None,
    });
    let mut out = Vec::new();
    planner.next_requests(4, &mut out);
    let id = out[0].id();
    assert!(planner.on_page(id, &vec!["p/b", "p/a"], true).is_err());
    assert!(planner.on_page(id, &vec!["p/b", "p/b"], true).is_err());
    assert!(planner.on_page(id, &vec!["p/b", "q"], true).is_err());
    assert!(planner.on_page(id, &Vec::<&str>::new(), true).is_err());
    assert!(planner.on_page(RequestId(77), &vec!["p/a"], true).is_err());
    assert_eq!(planner.in_flight(), 1);
    let verdict = planner.on_page(id, &vec!["p/a", "p/b"], true).unwrap();
    assert_eq!((verdict.accepted, verdict.finished), (2, false));
    out.clear();
    planner.next_requests(1, &mut out);
    assert!(planner.on_page(out[0].id(), &vec!["p/b"], true).is_err(), "not after the cursor");
}

/// A planner with two ranges, its first request, and what that is answered with.
fn halves() -> (Planner, Vec<Request>) {
    let config = PlannerConfig {
        page_limit: 2,
        prefix: Vec::new(),
        order: KeyOrder::Bytes,
        delimiter: None,
    };
    let cut = Some(b"m".to_vec());
    let mut planner = Planner::with_ranges(config, &[(None, cut.clone()), (cut, None)]);
    let mut out = Vec::new();
    planner.next_requests(2, &mut out);
    (planner, out)
}

#[test]
fn what_follows_a_page_is_asked_for_once_its_end_is_known_and_holds_if_that_was_right() {
    let (mut planner, out) = halves();
    let id = out[0].id();
    let Some(Request::List { id: next, range, after }) = planner.foresee(id, b"b") else {
        panic!("nothing follows")
    };
    assert_eq!(after.as_deref(), Some(b"b".as_slice()));
    assert_eq!(planner.foresee(id, b"c"), None, "one request at a time");
    assert_eq!(planner.foresee(next, b"d"), None, "the page in front comes first");
    assert!(planner.on_page(next, &vec!["c", "d"], true).is_err(), "not its turn yet");
    assert_eq!(planner.in_flight(), 2);
    assert!(planner.on_page(id, &vec!["a", "b"], true).unwrap().goes_on);
    let mut more = Vec::new();
    planner.next_requests(2, &mut more);
    assert_eq!(more, vec![], "the range has its request");
    let verdict = planner.on_page(next, &vec!["c", "n"], true).unwrap();
    assert_eq!((verdict.accepted, verdict.finished, verdict.goes_on), (1, true, false));
    assert_eq!(planner.range(range).unwrap().accepted, 3);
}

#[test]
fn an_early_request_is_void_where_its_page_ends_elsewhere_or_fails() {
    let (mut planner, out) = halves();
    let next = planner.foresee(out[0].id(), b"b").unwrap();
    assert!(!planner.on_page(out[0].id(), &vec!["a", "c"], true).unwrap().goes_on);
    assert!(planner.on_page(next.id(), &vec!["d", "e"], true).is_err());
    assert_eq!(planner.stats().void_requests, 1);
    let mut again = Vec::new();
    planner.next_requests(2, &mut again);
    assert!(matches!(&again[..], [Request::List { after: Some(after), .. }] if after == b"c"));

    let (mut planner, out) = halves();
    let next = planner.foresee(out[0].id(), b"b").unwrap();
    planner.on_list_failed(out[0].id());
    assert!(planner.on_page(next.id(), &vec!["d", "e"], true).is_err());
    assert_eq!((planner.stats().void_requests, planner.in_flight()), (1, 1));
}

#[test]
fn nothing_is_asked_for_ahead_where_the_range_ends_or_the_end_cannot_be_right() {
    let (mut planner, out) = halves();
    assert_eq!(planner.foresee(out[0].id(), b"m"), None, "the range ends");
    assert_eq!(planner.foresee(out[0].id(), b"z"), None, "the range has ended");
    assert_eq!(planner.foresee(out[1].id(), b"k"), None, "before its start");
    assert_eq!(planner.foresee(RequestId(77), b"b"), None, "nobody asked");
    assert_eq!(planner.in_flight(), 2);
}

#[test]
fn a_planner_may_move_between_threads() {
    fn send<T: Send>(_: &T) {}
    send(&Planner::new(PlannerConfig {
        page_limit: 1,
        prefix: Vec::new(),
        order: KeyOrder::Bytes,
        delimiter: None,
    }));
}

#[test]
fn ranges_beyond_the_slots_wait_leftmost_first() {
    let config = PlannerConfig {
        page_limit: 2,
        prefix: Vec::new(),
        order: KeyOrder::Bytes,
        delimiter: None,
    };
    let bound = |key: &str| Some(key.as_bytes().to_vec());
    let mut planner = Planner::with_ranges(
        config,
        &[(None, bound("b")), (bound("b"), bound("d")), (bound("d"), None)],
    );
    let mut out = Vec::new();
    planner.next_requests(2, &mut out);
    let after: Vec<_> = out
        .iter()
        .map(|r| if let Request::List { after, .. } = r { after.clone() } else { None })
        .collect();
    assert_eq!(after, [None, bound("b")]);
    let (first, second) = (out[0].id(), out[1].id());
    out.clear();
    // the limit shrinks: the second answer frees no slot
    assert!(!planner.on_page(second, &vec!["c", "ca"], true).unwrap().finished);
    planner.next_requests(1, &mut out);
    assert!(out.is_empty());
    assert!(planner.on_page(first, &vec!["a", "c"], true).unwrap().finished);
    planner.next_requests(1, &mut out);
    assert!(matches!(&out[..], [Request::List { after, .. }] if *after == bound("ca")));
    assert_eq!(planner.live().count(), 2);
    assert_eq!(planner.in_flight(), 1);
}
