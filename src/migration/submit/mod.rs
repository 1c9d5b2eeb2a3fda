//! A plan made real: lists stored, addresses created and verified, jobs created and launched, followed,
//! and checked against what the plan promised.
//!
//! [`prepare()`] looks at what is there and says which [`Step`]s are missing; [`carry_out()`] takes them. What
//! is there already and is the same stays, so that a second submission changes nothing and one that was
//! broken off goes on; what is there under a name of the plan and differs is refused with the difference.
//! Nothing is ever deleted.
//!
//! | file | its job |
//! |---|---|
//! | `request` | from a plan's addresses and jobs to those of the service, with the keys that only the user has |
//! | `prepare` | what is there, what is missing |
//! | `carry_out` | the missing steps |
//! | `follow` | how jobs stand; pause, resume, stop |
//! | `check` | the service's totals against the plan's, and what failed |

mod carry_out;
mod check;
mod error;
mod follow;
mod prepare;
mod request;

pub use carry_out::{Patience, carry_out};
pub use check::{Checked, Discrepancy, FailedObjects, check, failed_objects};
pub use error::SubmitError;
pub use follow::{Control, Standing, control, standing};
pub use prepare::{Prepared, Step, prepare, submittable};
pub use request::SourceKeys;

use crate::alibaba::Session;
use crate::alibaba::mgw::Mgw;

/// The service that a plan is submitted to.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// Signs and sends.
    pub session: &'a Session,
    /// The number of the account.
    pub account: &'a str,
    /// The region in which the jobs run, such as `cn-hangzhou`.
    pub region: &'a str,
}

impl<'a> Service<'a> {
    fn mgw(&self) -> Mgw<'a> {
        Mgw::new(self.session, self.account, self.region)
    }
}
