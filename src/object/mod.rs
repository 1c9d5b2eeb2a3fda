//! One listed object, as every other part of the system sees it.
//!
//! An [`Object`] borrows from the page that it was decoded from. Keys are bytes, never strings: stores
//! hold keys that are not UTF-8, and a lossy conversion would merge two objects into one. How keys
//! compare is a property of the store ([`KeyOrder`]), and [`Timestamp`] is the one form in which times
//! travel through the system.

mod order;
mod timestamp;

pub use order::KeyOrder;
pub use timestamp::Timestamp;

/// One object of a listing, borrowed from its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// The key, decoded: exactly the bytes under which the store holds the object.
    pub key: &'a [u8],
    /// Size in bytes as the store reports it.
    pub size: u64,
    /// When the object was last modified.
    pub modified: Timestamp,
    /// The entity tag without its quotes; empty where the store gave none.
    pub etag: &'a [u8],
    /// The storage class in the store's own spelling; empty where the store gave none (which S3 and KS3
    /// mean as `STANDARD`).
    pub storage_class: &'a [u8],
}

impl Object<'_> {
    /// Whether this is a zero-byte object whose key ends in `/`: what consoles create for a folder.
    #[must_use]
    pub fn is_directory_marker(&self) -> bool {
        self.size == 0 && self.key.ends_with(b"/")
    }
}
