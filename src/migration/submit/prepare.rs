//! What is there, what is missing.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};

use super::request::{self, SourceKeys};
use super::{Service, SubmitError};
use crate::alibaba::CallError;
use crate::alibaba::mgw::{
    Address, JobStatus, NewAddress, NewJob, address_differences, job_differences,
};
use crate::alibaba::oss::Bucket;
use crate::migration::{Address as Planned, Inventory, Job, Plan, Selection, Window};

/// Something that is missing and will be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file of a list is stored.
    Store {
        /// The file.
        path: PathBuf,
        /// The bucket.
        bucket: String,
        /// Its region.
        region: String,
        /// The key.
        key: String,
        /// Bytes.
        bytes: u64,
        /// MD5 in hexadecimal capitals.
        md5: String,
    },
    /// An address is created.
    CreateAddress(NewAddress),
    /// An address is verified.
    Verify(String),
    /// A job is created.
    CreateJob(NewJob),
    /// A job is launched: from here on objects are copied, and traffic is paid for.
    Launch(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        match self {
            Self::Store { bucket, key, .. } => write!(f, "store the list oss://{bucket}/{key}"),
            Self::CreateAddress(address) => {
                write!(f, "create the data address {}", named(&address.name))
            }
            Self::Verify(name) => write!(f, "verify the data address {name}"),
            Self::CreateJob(job) => write!(f, "create the job {}", named(&job.name)),
            Self::Launch(name) => write!(f, "launch the job {name}"),
        }
    }
}

/// What is left to do for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// In this order.
    pub steps: Vec<Step>,
    /// What is there already and stays as it is, in words.
    pub kept: Vec<String>,
}

/// Looks at what is there of `plan`, whose lists lie relative to `base`. Changes nothing.
///
/// # Errors
/// If the plan has a window, a name is taken by something else, something was not given that only the user has, or a call fails.
pub async fn prepare(
    service: &Service<'_>,
    plan: &Plan,
    base: &Path,
    keys: &SourceKeys,
) -> Result<Prepared, SubmitError> {
    submittable(plan.settings.window)?;
    let mut prepared = Prepared::default();
    let mut begun = Vec::with_capacity(plan.jobs.len());
    let (mut jobs, mut launches) = (Vec::new(), Vec::new());
    for planned in &plan.jobs {
        let wanted = request::job(&plan.settings, planned)?;
        let status = match found(service.mgw().job(&planned.name).await)? {
            None => {
                jobs.push(Step::CreateJob(wanted));
                None
            }
            Some(job) => {
                let differences = job_differences(&wanted, &job);
                refuse_other("the job", &planned.name, differences)?;
                let status = job.status();
                prepared.kept.push(format!("the job {} is {status}", planned.name));
                Some(status)
            }
        };
        if matches!(status, None | Some(JobStatus::Begin)) {
            launches.push(Step::Launch(planned.name.clone()));
        }
        begun.push(status.is_some_and(|status| status != JobStatus::Begin));
    }
    for (planned, begun) in plan.jobs.iter().zip(begun) {
        if let Selection::Inventory(inventory) = &planned.selection {
            lists(service, planned, inventory, base, begun, &mut prepared).await?;
        }
    }
    let destinations = plan.destinations();
    for address in destinations.into_iter().chain(plan.jobs.iter().map(|job| &job.source)) {
        self::address(service, address, keys, &mut prepared).await?;
    }
    prepared.steps.append(&mut jobs);
    prepared.steps.append(&mut launches);
    Ok(prepared)
}

/// Whether jobs that are to keep to this window can be submitted: with one they cannot, as the service is not
/// told of it and would begin at once.
///
/// # Errors
/// [`SubmitError::Window`].
pub fn submittable(window: Option<Window>) -> Result<(), SubmitError> {
    match window {
        Some(window) => Err(SubmitError::Window { window }),
        None => Ok(()),
    }
}

/// A thing, unless the service says that it is not there.
pub(super) fn found<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn refuse_other(
    what: &'static str,
    name: &str,
    differences: Vec<crate::alibaba::mgw::Difference>,
) -> Result<(), SubmitError> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(SubmitError::Differs { what, name: name.to_owned(), differences })
}

async fn address(
    service: &Service<'_>,
    planned: &Planned,
    keys: &SourceKeys,
    prepared: &mut Prepared,
) -> Result<(), SubmitError> {
    let wanted = request::address(planned, keys, service.region)?;
    let name = planned.name.clone();
    match found(service.mgw().address(&name).await)? {
        None => prepared.steps.extend([Step::CreateAddress(wanted), Step::Verify(name)]),
        Some(address) => {
            refuse_other("the data address", &name, address_differences(&wanted, &address))?;
            if is_verified(&address) {
                prepared.kept.push(format!("the data address {name} is verified"));
            } else {
                prepared.kept.push(format!("the data address {name} is there"));
                prepared.steps.push(Step::Verify(name));
            }
        }
    }
    Ok(())
}

fn is_verified(address: &Address) -> bool {
    address.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("available"))
}

/// The files of a job's list that are not stored yet; `manifest.json` last, as it names the others.
async fn lists(
    service: &Service<'_>,
    job: &Job,
    inventory: &Inventory,
    base: &Path,
    begun: bool,
    prepared: &mut Prepared,
) -> Result<(), SubmitError> {
    let Some(place) = &job.source.inventory else {
        return Err(SubmitError::NoList { job: job.name.clone() });
    };
    if inventory.manifest.is_empty() {
        return Err(SubmitError::NoList { job: job.name.clone() });
    }
    let region = place.region_id.clone().unwrap_or_else(|| service.region.to_owned());
    let manifest = base.join(&inventory.manifest);
    let content = read(&manifest)?;
    let parts = inventory.files.iter().map(|file| {
        (base.join(&file.path), file.key.clone(), file.bytes, file.md5.to_ascii_uppercase())
    });
    let whole = (manifest, place.path.clone(), content.len() as u64, md5(&content));
    let bucket = Bucket { session: service.session, name: &place.bucket, region: &region };
    let mut stored = 0_usize;
    for (path, key, bytes, md5) in parts.chain([whole]) {
        let head = bucket.head_object(&key).await?;
        if head.is_some_and(|head| head.size == bytes && head.etag.eq_ignore_ascii_case(&md5)) {
            stored += 1;
            continue;
        }
        let (bucket, job) = (place.bucket.clone(), job.name.clone());
        if begun {
            return Err(SubmitError::OtherList { job, bucket, key });
        }
        prepared.steps.push(Step::Store { path, bucket, region: region.clone(), key, bytes, md5 });
    }
    if stored > 0 {
        prepared.kept.push(format!("{stored} files of the list of {} are stored", job.name));
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, SubmitError> {
    fs::read(path).map_err(|source| SubmitError::Read { path: path.to_owned(), source })
}

/// MD5 in hexadecimal capitals.
pub(super) fn md5(content: &[u8]) -> String {
    crate::store::text::hmac::hex(&Md5::digest(content)).to_ascii_uppercase()
}
