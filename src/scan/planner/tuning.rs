//! Constants, found by coordinate search over real and made key sets. Sizes are in pages unless noted.

/// Speculative requests that each useful page pays for.
pub(super) const TRUST: f64 = 4.0;
/// Parts smaller than this are not worth a split,
pub(super) const PART: f64 = 6.0;
/// nor is what takes this share of the time spent so far,
pub(super) const TAIL: f64 = 0.08;
/// nor less than this times the fair share of what is left.
pub(super) const FAIR: f64 = 1.6;
/// The smallest part shrinks with the share of occupied slots times this,
pub(super) const EASE: f64 = 2.0;
/// but not below this share of itself.
pub(super) const EASE_LEAST: f64 = 0.15;
/// Until so many pages per slot have come, and while half of the slots are idle,
pub(super) const RAMP: f64 = 1.0;
/// parts may be as small as this: what was seen by then says little, and nobody else wants the slots.
pub(super) const RAMP_PART: f64 = 0.22;
/// Cuts made at once leave parts of this size,
pub(super) const PIECE: f64 = 5.0;
/// or of this share of it while slots are idle.
pub(super) const PIECE_LEAST: f64 = 0.25;
/// Structure is asked for where less than this share of the estimate lies below listed children.
pub(super) const LISTED_SHARE: f64 = 0.5;
/// Children that one more answer about a wide directory would list.
pub(super) const REACH: f64 = 1000.0;
/// Interpolation is trusted instead where the walk strayed from it by no more than this share of its length.
pub(super) const EVEN: f64 = 0.1;
/// Until so many pages per slot have come, it is asked for whatever the price.
pub(super) const EARLY: f64 = 1.0;
/// After the n-th cut in a row without a key behind it, a range walks (2^n - 1) times this before the next,
pub(super) const BACKOFF: f64 = 0.25;
/// less when slots are idle: times the share of occupied slots times this.
pub(super) const BACKOFF_RELIEF: f64 = 0.5;
/// Weight of the prediction in the estimate, as an exponent.
pub(super) const PRIOR: f64 = 0.35;
/// Bounds of the prediction's pull, as factors.
pub(super) const PRIOR_LEAST: f64 = 0.3;
pub(super) const PRIOR_MOST: f64 = 8.0;
/// No predictions before so many pages per slot have come.
pub(super) const PRIOR_FROM: f64 = 0.1;
/// A last page so many times denser than the walk is a cluster: cuts at growing distances,
pub(super) const DENSE_RATIO: f64 = 16.0;
/// and the estimate rises by no more than this factor.
pub(super) const DENSE_MOST: f64 = 2.0;
/// Cuts at once into space of unknown population, the first at this share of it.
pub(super) const OPEN_CUTS: usize = 3;
pub(super) const OPEN_FIRST: f64 = 0.25;
/// Such space holds no more than so many times what was walked.
pub(super) const OPEN_MOST: f64 = 64.0;
/// Walks this long may stand in an implicit directory.
pub(super) const CLUSTER: f64 = 2.0;
/// An unlisted directory holds more than what was seen of it suggests, on average by this factor: sizes of
/// directories differ by orders of magnitude, and the few large ones hold most.
pub(super) const HIDDEN: f64 = 1.5;
/// Of several levels of unknown size above a cursor, each counts so much of the one below.
pub(super) const UNKNOWN: f64 = 0.5;
/// A directory of which the walk has met one name is cut behind that name instead of being asked for, unless it is
/// supposed to hold this much.
pub(super) const EDGE_MOST: f64 = 6.0;
/// Cuts of a kind that are supposed to have found keys before the run.
pub(super) const LUCK_PRIOR: f64 = 4.0;
/// Cuts without a key behind them that one split may risk.
pub(super) const MISSES: f64 = 0.7;
/// Cuts of one kind after which their record is halved.
pub(super) const FADE: f64 = 48.0;
/// What a walked child tells of the next fades by this from one to the next whose name shares much with it,
pub(super) const SIBLING_NEAR: f64 = 0.9;
/// and by this where the names share no more than is usual.
pub(super) const SIBLING_FAR: f64 = 0.6;
/// The directory's average weighs as much as so many children.
pub(super) const SIBLING_PRIOR: f64 = 0.5;
/// Expectations are made again after one page for so many children,
pub(super) const SIZES_CHILDREN: usize = 50;
/// and one for so many that have been counted.
pub(super) const SIZES_PAGES: usize = 8;
/// Growth of a directory counts from this length on.
pub(super) const LENGTH_LEAST: f64 = 0.125;
/// Growth without an end that is supposed to have been seen before the run, as a logarithm.
pub(super) const LENGTH_PRIOR: f64 = 4.0;
/// A directory holds so many times what one that it resembles does, at most,
pub(super) const KIN_RATIO: f64 = 8.0;
/// going by what was walked of both, to this power.
pub(super) const KIN_TRUST: f64 = 0.5;
/// While fewer ranges than this share of the slots are alive, a range asks for all its unlisted levels at once.
pub(super) const LADDER_IDLE: f64 = 0.25;
