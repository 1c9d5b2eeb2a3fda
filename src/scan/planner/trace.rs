//! What the planner tells about its decisions, for `--explain`.

use super::api::RangeId;

/// What kind of knowledge a cut rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CutKind {
    /// Before a listed child directory.
    Child,
    /// Interpolated between known keys.
    Linear,
    /// At growing distances behind a dense cluster.
    Geometric,
    /// Into space of unknown population.
    Open,
    /// Before a child of a directory that a listed one resembles.
    Kin,
    /// After a node of the cursor's key.
    Ladder,
}

/// Something worth telling under `--explain`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TraceEvent {
    /// A range was cut.
    Split {
        /// The range that was cut.
        range: RangeId,
        /// Its estimated remaining keys.
        estimate: f64,
        /// Least keys a part should have.
        price: f64,
        /// The new ranges, their lower bounds, and what the cuts rest on.
        parts: Vec<(RangeId, Vec<u8>, CutKind)>,
    },
    /// A range that began at a cut turned out to hold no key.
    Empty {
        /// The range.
        range: RangeId,
    },
    /// A range ended.
    Finished {
        /// The range.
        range: RangeId,
        /// Keys accepted over its life.
        keys: u64,
    },
    /// A directory's structure is asked for.
    Probe {
        /// The range whose remainder it is to explain.
        range: RangeId,
        /// The directory.
        directory: Vec<u8>,
    },
    /// The answer of a probe.
    Structure {
        /// The directory.
        directory: Vec<u8>,
        /// Entries returned.
        entries: usize,
        /// The list goes on.
        more: bool,
    },
    /// From now on names are divided into directories by another character; `None`: not at all.
    Divided {
        /// The character.
        delimiter: Option<u8>,
    },
}

/// Receives trace events.
pub type Tracer = Box<dyn FnMut(TraceEvent) + Send>;
