//! Apache Arrow IPC streams, as far as listings come in them.
//!
//! Source: "Arrow Columnar Format" with `Message.fbs` and `Schema.fbs`, and the internals of flatbuffers. A stream
//! is a sequence of messages: a schema, then batches of rows, and between them dictionaries. Each says in a
//! flatbuffer what is where in the body behind it; columns lie there as arrays. So what says where things are
//! is read once per batch, and of the columns only those that are asked for.
//!
//! What is read is checked: a value outside its message, a column of another length than its batch, a count
//! that contradicts another are errors. So is all that is valid and not understood here: compression, other
//! byte orders, views, unions. Nothing is skipped but columns that nobody asks for.
//!
//! * `stream`: the batches of a stream, one after the other.
//! * `message`, `flatbuffer`: from bytes to what messages say.
//! * `schema`: which columns there are, and how they are laid out.
//! * `batch`: from a message to the buffers of its columns.
//! * `column`: values by row.

mod batch;
mod column;
mod flatbuffer;
mod message;
mod schema;
mod stream;

pub(crate) use batch::Batch;
pub(crate) use column::{Integers, Strings, Times};
pub(crate) use stream::Stream;

/// Why a stream is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArrowError {
    /// It ends before it should.
    Cut,
    /// It contradicts itself or its format, or is of a kind that is not read here; says how, such that it
    /// goes on "the stream …".
    Unreadable(String),
}

impl ArrowError {
    fn unreadable(how: impl Into<String>) -> Self {
        Self::Unreadable(how.into())
    }
}

#[cfg(test)]
pub(crate) mod tests;
