//! Both sides made ready before any object is copied.
//!
//! | module | its one job |
//! |---|---|
//! | [`policy`] | policy documents: read, compared, added to, asked |
//! | [`wanted`] | the documents and names that the preparations page asks for |

pub mod policy;
pub mod wanted;
