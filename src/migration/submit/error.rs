//! Why a plan could not be submitted or checked.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::alibaba::CallError;
use crate::alibaba::mgw::Difference;
use crate::migration::Window;

/// Why a plan could not be submitted or checked. Never holds a secret.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A name of the plan is taken by something else.
    #[error(
        "{what} `{name}` is there already and is another: {}\nhint: plan again with another `--name`, or delete it in the \
         console if nobody needs it", .differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Differs {
        /// `the data address` or `the job`.
        what: &'static str,
        /// Its name.
        name: String,
        /// In what it differs.
        differences: Vec<Difference>,
    },
    /// Something that only the user has was not given.
    #[error("the data address `{address}` needs {what}, which was not given\nhint: {remedy}")]
    Needs {
        /// The address.
        address: String,
        /// What it needs.
        what: &'static str,
        /// How to give it.
        remedy: &'static str,
    },
    /// A field of the plan is not as the service wants it.
    #[error(
        "the plan's `{name}` has no usable {what}\nhint: plan again with this version of the program"
    )]
    Field {
        /// The address or job.
        name: String,
        /// The field.
        what: &'static str,
    },
    /// The plan keeps to a window, and the service would not.
    #[error(
        "the plan keeps to the window {window}, and the service is not told of it: in which dialect and time zone it reads \
         the schedule of a job is not documented\nhint: plan again without `--window`, submit that inside the window, \
         and have cron call `weighbridge jobs pause` and `weighbridge jobs resume` at its ends"
    )]
    Window {
        /// The window.
        window: Window,
    },
    /// The plan has jobs from lists, and the lists were not written.
    #[error(
        "the job `{job}` takes a list of objects, and the plan names none\nhint: plan again with `--manifest FILE` and \
         `--inventory-dir DIR`"
    )]
    NoList {
        /// The job.
        job: String,
    },
    /// A list cannot be read.
    #[error("cannot read the list `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A list is not the one that the plan was made with.
    #[error("the list `{}` is not the one that the plan was made with\nhint: plan again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A list that a job uses already is stored with other content.
    #[error(
        "`{key}` in the bucket `{bucket}` is not the list of this plan, and the job `{job}` uses it\nhint: plan again with another `--name`"
    )]
    OtherList {
        /// The job.
        job: String,
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The service cannot use an address.
    #[error("the service cannot use the data address `{name}`: {reason}{}", remedy.map(|remedy| format!("\nhint: {remedy}")).unwrap_or_default())]
    Unusable {
        /// The address.
        name: String,
        /// What the service says.
        reason: String,
        /// The way out.
        remedy: Option<&'static str>,
    },
    /// The verification of an address does not end.
    #[error(
        "the service still verifies the data address `{name}`\nhint: repeat the call in a few minutes, which goes on where it stopped"
    )]
    Slow {
        /// The address.
        name: String,
    },
}
