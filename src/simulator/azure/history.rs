//! Listings with `include`: which versions, snapshots and deleted blobs a page holds.

use super::errors::{AzureError, Code};
use super::list::ListRequest;
use super::render::{Heading, push_history};
use crate::simulator::behaviour::{Behaviour, Quirk};
use crate::simulator::history::{History, VersionEntry};
use crate::simulator::s3::{Distortion, View, goes_on, seal, shortened};
use crate::store::Form;

/// Bits of a position that count the entries of one object; those above are the object's.
const WITHIN: u32 = 32;

/// Whether the request asks for more than the current blobs.
pub(super) fn is_asked(request: &ListRequest<'_>) -> bool {
    ["versions", "snapshots", "deleted"].iter().any(|what| request.includes(what))
}

/// Appends the document; returns how many entries are in it. `number` tells requests apart.
pub(super) fn list(
    request: &ListRequest<'_>,
    view: &View,
    history: &History,
    behaviour: &Behaviour,
    distortion: Option<Distortion>,
    number: u64,
    out: &mut Vec<u8>,
) -> Result<u64, AzureError> {
    let most = behaviour.limited(request.limit);
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let repeated = distortion == Some(Distortion::RepeatedPage);
    let mut found = gather(request, view, history, limit.saturating_add(1), repeated);
    if found.iter().take(limit).any(|(_, entry)| behaviour.fails_at(&entry.key)) {
        return Err(Code::InternalError.into());
    }
    let first = found.first().map_or(0, |(position, _)| *position);
    let mut next = found.get(limit).map(|(position, _)| *position);
    found.truncate(limit);
    let mut salt = 0;
    match distortion {
        Some(Distortion::EmptyPage) if !found.is_empty() => {
            // The marker is a new one, although it leads to where the page started.
            (next, salt) = (Some(first), number + 1);
            found.clear();
        }
        Some(Distortion::ShortPage) if found.len() > 1 => {
            let kept = usize::try_from(shortened(number, found.len() as u64)).unwrap_or(1);
            next = found.get(kept).map(|(position, _)| *position);
            found.truncate(kept);
        }
        Some(Distortion::UnorderedPage) => {
            let differ = found.windows(2).position(|pair| pair[0].1.key != pair[1].1.key);
            if let Some(at) = differ {
                found.swap(at, at + 1);
            }
        }
        _ => {}
    }
    let next = next.filter(|_| goes_on(request.container.as_bytes(), first, behaviour));
    let mut next = next.map(|next| seal(request.container, behaviour.token_epoch, next, salt));
    if distortion == Some(Distortion::RepeatedToken) && request.position.is_some() {
        next = Some(String::from_utf8_lossy(request.marker).into_owned());
    }
    let heading = Heading {
        container: request.container,
        prefix: request.prefix,
        delimiter: b"",
        marker: request.marker,
        limit: request.limit,
        start: None,
        next,
        hierarchical: behaviour.has(Quirk::DirectoryOrder),
    };
    let versioned = history.versions > 0;
    push_history(out, found.iter().map(|(_, entry)| entry), versioned, &heading);
    Ok(found.len() as u64)
}

/// Entries with their positions, from where the request starts, at most `limit` of them.
fn gather(
    request: &ListRequest<'_>,
    view: &View,
    history: &History,
    limit: usize,
    repeated: bool,
) -> Vec<(u64, VersionEntry)> {
    let position = request.position.filter(|_| !repeated);
    let start = request.start.filter(|_| request.position.is_none());
    let lower = start.map_or(0, |start| view.lower_bound(start));
    // What a deleted blob is derived from sorts before it.
    let object = lower.max(view.lower_bound(request.prefix)).saturating_sub(1);
    let from = position.unwrap_or(object << WITHIN);
    let wanted = |entry: &VersionEntry| {
        entry.stored.is_some()
            && entry.key.starts_with(request.prefix)
            && start.is_none_or(|start| view.compare(&entry.key, start).is_ge())
            && match entry.form {
                Form::Version => entry.latest || request.includes("versions"),
                Form::Snapshot => request.includes("snapshots"),
                // What is deleted here were versions.
                Form::Deleted => request.includes("deleted") && request.includes("versions"),
            }
    };
    let (mut found, mut entries, mut key) = (Vec::new(), Vec::new(), Vec::new());
    for object in from >> WITHIN..view.len() {
        view.key(object, &mut key);
        let past = view.compare(&key, request.prefix).is_gt() && !key.starts_with(request.prefix);
        if past || found.len() >= limit {
            break;
        }
        history.entries(view.content(), view.index(object), &mut entries);
        let numbered = (object << WITHIN..).zip(entries.drain(..));
        found.extend(numbered.filter(|(at, entry)| *at >= from && wanted(entry)));
    }
    found.truncate(limit);
    found
}
