//! Pages that are wrong on purpose, and listings that end too early.

use super::plan::{Page, Query, Start, plan};
use super::view::View;
use crate::simulator::behaviour::Behaviour;
use crate::simulator::faults::Fault;
use crate::simulator::mix::{below, digest, fraction, mix};

/// A way in which one page is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distortion {
    EmptyPage,
    ShortPage,
    UnorderedPage,
    RepeatedToken,
    RepeatedPage,
    WrongKeyCount,
}

/// A page as it is sent.
pub(crate) struct Sent {
    pub(crate) page: Page,
    /// Where its continuation leads.
    pub(crate) next: u64,
    /// What tells its continuation from others that lead there.
    pub(crate) salt: u64,
}

impl Distortion {
    /// What a fault makes of a page, where it makes something of it.
    pub(crate) fn of_fault(fault: Fault) -> Option<Self> {
        Some(match fault {
            Fault::EmptyPage => Self::EmptyPage,
            Fault::ShortPage => Self::ShortPage,
            Fault::UnorderedPage => Self::UnorderedPage,
            Fault::RepeatedToken => Self::RepeatedToken,
            Fault::RepeatedPage => Self::RepeatedPage,
            Fault::WrongKeyCount => Self::WrongKeyCount,
            _ => return None,
        })
    }
}

/// How many entries of a page a distortion leaves, of more than one. `number` tells requests apart.
pub(crate) fn shortened(number: u64, count: u64) -> u64 {
    1 + below(mix(number, 0x5607), count - 1)
}

/// The page that answers `query`, made wrong.
pub(crate) fn distorted(
    view: &View,
    mut query: Query<'_>,
    mut page: Page,
    distortion: Option<Distortion>,
    number: u64,
) -> Sent {
    let (mut next, mut salt) = (page.covered.end, 0);
    match distortion {
        Some(Distortion::EmptyPage) => {
            next = page.covered.start;
            // The continuation is a new one, although it leads to where the page started.
            salt = number + 1;
            page = Page { covered: next..next, more: true, ..Page::default() };
        }
        Some(Distortion::ShortPage) if page.count() > 1 => {
            query.limit = shortened(number, page.count());
            page = plan(view, &query);
            next = page.covered.end;
        }
        Some(Distortion::UnorderedPage) => page.swap_neighbours(),
        Some(Distortion::RepeatedToken) if page.more => next = page.covered.start,
        Some(Distortion::RepeatedPage) => {
            query.start = Start::Position(page.covered.start.saturating_sub(query.limit));
            page = plan(view, &query);
            next = page.covered.end;
        }
        _ => {}
    }
    Sent { page, next, salt }
}

/// Whether a listing of `what` may go on at `position`, and does not end there too early.
pub(crate) fn goes_on(what: &[u8], position: u64, behaviour: &Behaviour) -> bool {
    fraction(mix(digest(0xE4D, what), position)) >= behaviour.truncated_end
}
