//! Both sides made ready before any object is copied.
//!
//! | module | its one job |
//! |---|---|
//! | [`prepare`] | the destination made ready, as a plan that is shown, applied, and taken back |
//! | [`policy`] | policy documents: read, compared, added to, asked |
//! | [`wanted`] | the documents and names that the preparations page asks for |

pub mod policy;
pub mod prepare;
pub mod wanted;
