//! What the whole run has learned: shared by all ranges, and never decisive for what is counted.

use super::alphabet::Alphabets;
use super::api::PlannerConfig;
use super::directories::Directories;
use super::model::Model;
use super::tuning::Tuning;
use crate::object::KeyOrder;

/// Shared knowledge.
#[derive(Debug)]
pub(super) struct Lore {
    pub(super) order: KeyOrder,
    pub(super) prefix: Vec<u8>,
    /// `None`: structure cannot be asked for, the delimiter is a character as any other.
    pub(super) delimiter: Option<u8>,
    /// Keys per full page.
    pub(super) page: f64,
    pub(super) directories: Directories,
    pub(super) alphabets: Alphabets,
    pub(super) model: Model,
    /// Pages of which a key was accepted.
    pub(super) useful: f64,
    /// No key seen so far holds the delimiter.
    pub(super) flat: bool,
    pub(super) tuning: Tuning,
}

impl Lore {
    pub(super) fn new(config: &PlannerConfig) -> Self {
        Self {
            order: config.order,
            prefix: config.prefix.clone(),
            delimiter: config.delimiter,
            page: config.page_limit.max(1) as f64,
            directories: Directories::default(),
            alphabets: Alphabets::new(),
            model: Model::new(),
            useful: 0.0,
            flat: true,
            tuning: Tuning::default(),
        }
    }

    /// Nothing is estimated larger than all that was seen (and at least 64 pages): as much again.
    pub(super) fn cap(&self) -> f64 {
        self.useful.max(64.0) * self.page
    }

    /// Whether character frequencies may be used for the names of `range` after their first `stem` bytes.
    pub(super) fn learns(&self, _range: &super::range::Range, _stem: usize) -> bool {
        match self.tuning.get("learn", 1.0) as u32 {
            0 => false,
            1 => self.flat,
            _ => true,
        }
    }
}
