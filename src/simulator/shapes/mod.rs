//! Generated buckets: named shapes of up to a trillion keys that are computed, not stored.
//!
//! A shape is a function from an index to a key, ascending in the index, and everything it draws is a
//! function of (shape, number of objects, seed): the same three give the same bucket on every machine.
//! Names look random because each is drawn inside its own stratum of the name space
//! ([`mix::ascending`](super::mix)), which keeps them in order.

mod attributes;
mod calendar;
mod cjk;
mod flat;
mod generated;
mod groups;
mod mixed;
mod name;
mod trees;

pub use generated::{Generated, MOST_OBJECTS, ShapeError};
pub use name::{ShapeName, UnknownShape};

use attributes::Dice;
use generated::{Birth, Cursor, Shape, hex_digits, push_hex};
