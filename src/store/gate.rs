//! Who a store has to do with while a call lasts: the leave for whatever it sends beyond one request, and the ear for
//! what is known before the call ends.

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

    /// Hears where an answer ends as soon as it is received whole, and before it is decoded: the last key of a page of
    /// objects that goes on. Whether that is right is for the page to tell. Not called where it takes decoding to know
    /// the key.
    fn received(&self, _last: &[u8]) {}
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
