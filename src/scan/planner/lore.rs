//! What the whole run has learned: shared by all ranges, and never decisive for what is counted.

use super::alphabet::Alphabets;
use super::api::PlannerConfig;
use super::directories::Directories;
use super::lengths::Lengths;
use super::model::Model;
use super::separator::Separators;
use super::trace::CutKind;
use super::tuning;
use crate::object::KeyOrder;

/// Shared knowledge.
#[derive(Debug)]
pub(super) struct Lore {
    pub(super) order: KeyOrder,
    pub(super) prefix: Vec<u8>,
    /// What divides names into directories. `None`: structure cannot be asked for, all characters are alike.
    pub(super) delimiter: Option<u8>,
    pub(super) separators: Option<Separators>,
    /// Keys per full page.
    pub(super) page: f64,
    pub(super) directories: Directories,
    pub(super) alphabets: Alphabets,
    pub(super) model: Model,
    pub(super) lengths: Lengths,
    /// Pages of which a key was accepted.
    pub(super) useful: f64,
    /// Slots are idle and little is known: structure is asked for even where a cut would tell as much.
    pub(super) eager: bool,
    /// Per kind of cut: how many were tried and how many found no key, fading.
    pub(super) luck: [(f64, f64); 6],
}

impl Lore {
    pub(super) fn new(config: PlannerConfig) -> Self {
        Self {
            order: config.order,
            prefix: config.prefix,
            delimiter: config.delimiter,
            separators: config.delimiter.map(Separators::new),
            page: config.page_limit.max(1) as f64,
            lengths: Lengths::new(config.page_limit.max(1) as f64),
            directories: Directories::default(),
            alphabets: Alphabets::new(),
            model: Model::new(),
            useful: 0.0,
            eager: true,
            luck: [(0.0, 0.0); 6],
        }
    }

    /// Nothing is estimated larger than all that was seen (and at least 64 pages): as much again.
    pub(super) fn cap(&self) -> f64 {
        self.useful.max(64.0) * self.page
    }

    /// Records whether a cut of `kind` had a key behind it.
    pub(super) fn record(&mut self, kind: CutKind, empty: bool) {
        let (tried, failed) = &mut self.luck[kind as usize];
        *tried += 1.0;
        *failed += f64::from(u8::from(empty));
        if *tried > tuning::FADE {
            *tried /= 2.0;
            *failed /= 2.0;
        }
    }

    /// How likely a cut of `kind` has a key behind it, going by those before.
    pub(super) fn chance(&self, kind: CutKind) -> f64 {
        let (tried, failed) = self.luck[kind as usize];
        (tried - failed + tuning::LUCK_PRIOR) / (tried + tuning::LUCK_PRIOR)
    }

    /// Of cuts that often find nothing, fewer at a time.
    pub(super) fn ration(&self, kind: Option<CutKind>, fractions: Vec<f64>) -> Vec<f64> {
        let Some(kind) = kind else { return fractions };
        let (tried, failed) = self.luck[kind as usize];
        let most = (tuning::MISSES * (tried + 4.0) / (failed + 0.5)).max(1.0) as usize;
        if fractions.len() <= most {
            return fractions;
        }
        let (Some(first), Some(last)) = (fractions.first(), fractions.last()) else {
            return fractions;
        };
        (0..most).map(|i| first + (last - first) * (i as f64 + 0.5) / most as f64).collect()
    }
}
