//! The first page of the listing: what there is to read, and a first look at what there is.

use super::Source;
use super::attempt::attempt;
use crate::preflight::word::count;
use crate::store::{Page, PageRequest, Store, StoreError};
use crate::tally::{DestinationLimits, Hazard, hazards_of};

/// The most objects to ask for.
const MOST: usize = 1000;
/// The most of a kind that are remembered.
const REMEMBERED: usize = 5;

/// What a first page tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    objects: u64,
    more: bool,
    readable: Option<Vec<u8>>,
    /// Those in an archive.
    pub(super) archived: OfKind,
    /// Those that may be in an archive.
    pub(super) tiered: OfKind,
}

/// Objects of a kind: how many, and the first of them.
#[derive(Clone, Debug, Default)]
pub(super) struct OfKind {
    pub(super) number: u64,
    pub(super) first: Vec<Vec<u8>>,
}

impl OfKind {
    fn add(&mut self, key: &[u8]) {
        self.number += 1;
        if self.first.len() < REMEMBERED {
            self.first.push(key.to_vec());
        }
    }
}

impl Sample {
    /// Lists one page.
    pub(super) async fn take(source: &Source<'_>, store: &dyn Store) -> Result<Self, StoreError> {
        let prefix = source.location.prefix().as_bytes().to_vec();
        let page = page(store, &prefix, MOST).await?;
        let mut sample = Self { more: page.more(), ..Self::default() };
        let (limits, archives) = (DestinationLimits::default(), store.quirks().archives);
        for object in page.objects() {
            sample.objects += 1;
            let hazards: Vec<Hazard> = hazards_of(&object, &limits, archives).collect();
            if hazards.contains(&Hazard::ObjectArchived) {
                sample.archived.add(object.key);
            } else if hazards.contains(&Hazard::ObjectMaybeArchived) {
                sample.tiered.add(object.key);
            } else if object.size > 0 && sample.readable.is_none() {
                sample.readable = Some(object.key.to_vec());
            }
        }
        if sample.readable.is_none() {
            // One that may be archived is better than none; of an empty one there is no byte to read.
            sample.readable = sample.tiered.first.first().cloned();
        }
        Ok(sample)
    }

    pub(super) fn has_objects(&self) -> bool {
        self.objects > 0
    }

    /// Whether it is all that there is.
    pub(super) fn is_whole(&self) -> bool {
        !self.more
    }

    /// What came, in words.
    pub(super) fn told(&self) -> String {
        let number = count(self.objects);
        match (self.objects, self.more) {
            (0, false) => "one page was listed, and there is nothing on it".into(),
            (0, true) => "one page was listed, with nothing on it, and more follow".into(),
            (1, false) => "one page was listed: 1 object, and no more follow".into(),
            (1, true) => "one page was listed: 1 object, and more follow".into(),
            (_, false) => format!("one page was listed: {number} objects, and no more follow"),
            (_, true) => format!("one page was listed: {number} objects, and more follow"),
        }
    }

    /// An object of which a byte can be asked for.
    pub(super) fn readable(&self) -> Option<&[u8]> {
        self.readable.as_deref()
    }

    /// Why there is no such object.
    pub(super) fn why_none_readable(&self) -> &'static str {
        if self.objects == 0 {
            "there is no object to read"
        } else if self.archived.number > 0 {
            "every object of the first page is archived or empty, so that none can be read"
        } else {
            "every object of the first page is empty, so that there is no byte to read"
        }
    }
}

/// One page of what begins with `prefix`. Pages may be empty though more follow: of those a few are passed.
pub(super) async fn page(
    store: &dyn Store,
    prefix: &[u8],
    limit: usize,
) -> Result<Page, StoreError> {
    const PASSED: usize = 20;
    let mut request =
        PageRequest { prefix: prefix.to_vec(), limit, any_order: true, ..PageRequest::default() };
    let mut passed = 0;
    loop {
        let page = attempt(|| async {
            let mut page = Page::default();
            store.list(&request, &mut page).await.map(|()| page)
        })
        .await?;
        match page.token() {
            Some(token) if page.is_empty() && page.more() && passed < PASSED => {
                request.token = Some(token.to_owned());
                passed += 1;
            }
            _ => return Ok(page),
        }
    }
}
