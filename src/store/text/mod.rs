//! How stores write things down: XML, percent-encoding, dates. Shared by all dialects, on bytes, because
//! not everything that stores answer with is UTF-8 or well-formed.

pub(crate) mod date;
pub(crate) mod document;
pub(crate) mod ending;
pub(crate) mod hmac;
pub(crate) mod ini;
pub(crate) mod percent;
pub(crate) mod timestamp;
pub(crate) mod xml;
