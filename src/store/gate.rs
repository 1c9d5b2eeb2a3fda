//! The leave that a store needs for whatever it sends beyond one request for each call.

use std::fmt;

use futures::future::{BoxFuture, FutureExt as _, ready};

/// Lets requests start.
///
/// A call to a store is one request, which whoever calls has let start. Where the answer tells how to ask
/// better (in another region, by the store's clock, in another form), the store asks again at once, and
/// asks for leave before it does.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Waits until one more request may be sent, which counts then; false where none may. The call then ends
    /// with the error that a further request was to overcome.
    fn again(&self) -> BoxFuture<'_, bool>;
}

/// Lets every request start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open;

impl Gate for Open {
    fn again(&self) -> BoxFuture<'_, bool> {
        ready(true).boxed()
    }
}

/// Lets none start.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Closed;

#[cfg(test)]
impl Gate for Closed {
    fn again(&self) -> BoxFuture<'_, bool> {
        ready(false).boxed()
    }
}
