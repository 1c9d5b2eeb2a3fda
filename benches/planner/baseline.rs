//! What others do: recursive blind bisection of the key space (as s3p does).

use std::collections::VecDeque;

use super::sim::Store;

const LOW: u32 = 32;
const BASE: u32 = 126 - LOW + 2;
const DIGITS: usize = 24;

/// A string half way between two others over printable ASCII; `None`: there is none.
fn middle(a: &[u8], b: Option<&[u8]>) -> Option<Vec<u8>> {
    let digits = |key: Option<&[u8]>| -> Vec<u32> {
        (0..DIGITS)
            .map(|i| match key {
                None => BASE - 1,
                Some(key) => key
                    .get(i)
                    .map_or(0, |byte| (u32::from(*byte) + 1).saturating_sub(LOW).min(BASE - 1)),
            })
            .collect()
    };
    let (low, high) = (digits(Some(a)), digits(b));
    let mut sum = [0; DIGITS + 1];
    for i in (0..DIGITS).rev() {
        let digit = low[i] + high[i] + sum[i + 1];
        sum[i + 1] = digit % BASE;
        sum[i] = digit / BASE;
    }
    let mut rest = 0;
    let mut out = Vec::new();
    for (i, digit) in sum.iter().enumerate() {
        let value = rest * BASE + digit;
        rest = value % 2;
        if i > 0 {
            if value / 2 == 0 {
                break;
            }
            out.push((LOW + value / 2 - 1).min(126) as u8);
        }
    }
    (1..=out.len())
        .map(|n| &out[..n])
        .find(|cut| *cut > a && b.is_none_or(|b| *cut < b))
        .map(<[u8]>::to_vec)
}

/// Lists a page of a range, then both halves of what remains, recursively. (requests, makespan) at unit latency.
pub fn bisect(store: &Store<'_>, slots: usize) -> (u64, f64) {
    type Bounds = (Option<Vec<u8>>, Option<Vec<u8>>);
    let mut queue: VecDeque<Bounds> = VecDeque::from([(None, None)]);
    let (mut requests, mut rounds) = (0, 0);
    while !queue.is_empty() {
        rounds += 1;
        let round: Vec<Bounds> = queue.drain(..queue.len().min(slots)).collect();
        for (a, b) in round {
            requests += 1;
            let (page, more) = store.list(b"", a.as_deref());
            if page.start == page.end || !more {
                continue;
            }
            let last = store.keys.get(page.end - 1).to_vec();
            if b.as_ref().is_some_and(|b| last >= *b) {
                continue;
            }
            match middle(&last, b.as_deref()) {
                None => queue.push_back((Some(last), b)),
                Some(m) => queue.extend([(Some(last), Some(m.clone())), (Some(m), b)]),
            }
        }
    }
    (requests, f64::from(rounds))
}
