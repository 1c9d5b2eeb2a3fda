//! How jobs stand, and how they are told to pause, to go on, to stop.

use super::prepare::found;
use super::{Service, SubmitError};
use crate::alibaba::mgw::{JobHistory, JobStatus, known};
use crate::migration::Job;
use crate::tally::Counts;

/// How a job of a plan stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// What the plan says it copies.
    pub planned: Counts,
    /// Where it is in its life; `None` if the service does not know it.
    pub status: Option<JobStatus>,
    /// The service's id of it.
    pub version: String,
    /// Which run of it; 0 before the first.
    pub runtime: u64,
    /// Whether the service has listed the source to its end, so that its totals are final.
    pub listed: bool,
    /// What the service has found, once it knows.
    pub total: Option<Counts>,
    /// What it has dealt with, skipped objects among them.
    pub copied: Counts,
    /// What was at the destination already.
    pub skipped: Counts,
    /// Objects that failed.
    pub failed: u64,
    /// What went wrong, in the service's words.
    pub message: String,
}

impl Standing {
    /// Whether nothing further happens by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status.as_ref().is_none_or(JobStatus::is_over)
    }

    /// Whether the job has done what it could.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.status, Some(JobStatus::Finished | JobStatus::Confirmed))
    }
}

/// Asks how a job of a plan stands.
///
/// # Errors
/// If a call fails. That the job is not there is no error.
pub async fn standing(service: &Service<'_>, planned: &Job) -> Result<Standing, SubmitError> {
    let mgw = service.mgw();
    let mut standing = Standing {
        name: planned.name.clone(),
        planned: planned.counts(),
        status: None,
        version: String::new(),
        runtime: 0,
        listed: false,
        total: None,
        copied: Counts::ZERO,
        skipped: Counts::ZERO,
        failed: 0,
        message: String::new(),
    };
    let Some(job) = found(mgw.job(&planned.name).await)? else { return Ok(standing) };
    standing.status = Some(job.status());
    standing.version = job.version.unwrap_or_default();
    let Some(latest) = latest(service, &planned.name).await? else { return Ok(standing) };
    standing.runtime = latest.runtime_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(1);
    standing.listed = latest.is_listed();
    standing.message = latest.message.unwrap_or_default();
    let result = mgw.job_result(&planned.name, standing.runtime).await?;
    let counts = |objects, bytes| {
        let (objects, bytes) = (known(objects)?, known(bytes)?);
        Some(Counts { objects, bytes: u128::from(bytes) })
    };
    standing.total = counts(result.total_object_count, result.total_object_size);
    let copied = counts(result.copied_object_count, result.copied_object_size);
    standing.copied = copied.unwrap_or(Counts::ZERO);
    let skipped = counts(result.skipped_object_count, result.skipped_object_size);
    standing.skipped = skipped.unwrap_or(Counts::ZERO);
    standing.failed = known(result.failed_object_count).unwrap_or(0);
    Ok(standing)
}

/// The latest entry in a job's history, in whatever order the service lists them.
async fn latest(service: &Service<'_>, name: &str) -> Result<Option<JobHistory>, SubmitError> {
    const PAGE: u32 = 1000;
    let mut latest: Option<JobHistory> = None;
    let mut marker = String::new();
    loop {
        let page = service.mgw().job_history(name, PAGE, &marker).await?;
        for entry in page.items {
            if latest.as_ref().is_none_or(|known| age(&entry) > age(known)) {
                latest = Some(entry);
            }
        }
        match page.next {
            Some(next) if next != marker => marker = next,
            _ => return Ok(latest),
        }
    }
}

/// Orders entries by run and by time; times are all in the same form.
fn age(entry: &JobHistory) -> (u64, &str) {
    let run = entry.runtime_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
    (run, entry.start_time.as_deref().unwrap_or_default())
}

/// What a job can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// To pause.
    Pause,
    /// To go on after a pause.
    Resume,
    /// To stop for good.
    Stop,
}

impl Control {
    /// Whether a job in this state is to be told at all, or is there already.
    #[must_use]
    fn applies(self, status: &JobStatus) -> bool {
        let running =
            matches!(status, JobStatus::Launching | JobStatus::Preparing | JobStatus::Doing);
        match self {
            Self::Pause => running,
            Self::Resume => *status == JobStatus::Suspend,
            Self::Stop => running || *status == JobStatus::Suspend,
        }
    }
}

/// Tells a job; false where that changes nothing in its state. The state it was in, if it is there.
///
/// # Errors
/// If a call fails.
pub async fn control(
    service: &Service<'_>,
    name: &str,
    control: Control,
) -> Result<(bool, Option<JobStatus>), SubmitError> {
    let mgw = service.mgw();
    let Some(job) = found(mgw.job(name).await)? else { return Ok((false, None)) };
    let status = job.status();
    if !control.applies(&status) {
        return Ok((false, Some(status)));
    }
    let told = match control {
        Control::Pause => mgw.pause(name).await,
        Control::Resume => mgw.launch(name).await,
        Control::Stop => mgw.stop(name).await,
    };
    match told {
        Ok(()) => Ok((true, Some(status))),
        // It may have ended in between.
        Err(error) => match found(mgw.job(name).await)?.map(|job| job.status()) {
            Some(status) if !control.applies(&status) => Ok((false, Some(status))),
            _ => Err(error.into()),
        },
    }
}
