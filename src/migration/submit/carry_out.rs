//! The missing steps, one after another.
//!
//! Whatever breaks off in between, the next submission finds what was done. A creation whose answer was
//! lost is looked up before it is repeated.

use std::time::Duration;

use super::prepare::{Step, found, md5, read, refuse_other};
use super::{Service, SubmitError};
use crate::alibaba::mgw::{JobStatus, NewAddress, NewJob, address_differences, job_differences};
use crate::alibaba::oss::Bucket;
use crate::alibaba::{CallError, Refusal};

/// How long verifications are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Before the second question; each further pause is half as long again, up to ten seconds.
    pub pause: Duration,
    /// How often is asked.
    pub questions: u32,
    /// How often a verification may fail before that is believed: new roles and permissions take a while
    /// to be known everywhere.
    pub failures: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause: Duration::from_millis(250), questions: 60, failures: 9 }
    }
}

/// Takes `steps` in their order. Tells each before it is taken.
///
/// # Errors
/// The first step that fails; those before it are done, those after it are not.
pub async fn carry_out(
    service: &Service<'_>,
    steps: &[Step],
    patience: Patience,
    tell: &mut (dyn FnMut(&Step) + Send),
) -> Result<(), SubmitError> {
    for step in steps {
        tell(step);
        match step {
            Step::Store { path, bucket, region, key, md5: expected, .. } => {
                let content = read(path)?;
                if md5(&content) != *expected {
                    return Err(SubmitError::Changed { path: path.clone() });
                }
                let kind = if is_gzip(key) { "application/gzip" } else { "application/json" };
                let bucket = Bucket { session: service.session, name: bucket, region };
                bucket.put_object(key, kind, content.into()).await?;
            }
            Step::CreateAddress(address) => create_address(service, address).await?,
            Step::Verify(name) => verify(service, name, patience).await?,
            Step::CreateJob(job) => create_job(service, job).await?,
            Step::Launch(name) => launch(service, name).await?,
        }
    }
    Ok(())
}

fn is_gzip(key: &str) -> bool {
    key.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("gz"))
}

async fn create_address(service: &Service<'_>, wanted: &NewAddress) -> Result<(), SubmitError> {
    let mgw = service.mgw();
    let Err(error) = mgw.create_address(wanted).await else { return Ok(()) };
    let name = wanted.name.as_deref().unwrap_or_default();
    if !look_again(&error) {
        return Err(error.into());
    }
    match found(mgw.address(name).await)? {
        Some(there) => refuse_other("the data address", name, address_differences(wanted, &there)),
        // The request was lost, and not the answer.
        None => Ok(mgw.create_address(wanted).await?),
    }
}

async fn create_job(service: &Service<'_>, wanted: &NewJob) -> Result<(), SubmitError> {
    let mgw = service.mgw();
    let Err(error) = mgw.create_job(wanted).await else { return Ok(()) };
    let name = wanted.name.as_deref().unwrap_or_default();
    if !look_again(&error) {
        return Err(error.into());
    }
    match found(mgw.job(name).await)? {
        Some(there) => refuse_other("the job", name, job_differences(wanted, &there)),
        None => Ok(mgw.create_job(wanted).await?),
    }
}

/// Starts a job that was never started. Where the answer is lost its state tells whether it was, as it might run twice.
async fn launch(service: &Service<'_>, name: &str) -> Result<(), SubmitError> {
    let mgw = service.mgw();
    let Err(error) = mgw.launch(name).await else { return Ok(()) };
    if mgw.job(name).await.is_ok_and(|job| job.status() != JobStatus::Begin) {
        return Ok(());
    }
    if error.may_have_happened() { Ok(mgw.launch(name).await?) } else { Err(error.into()) }
}

/// Whether the thing may be there although its creation failed.
fn look_again(error: &CallError) -> bool {
    error.is_conflict() || error.may_have_happened()
}

async fn verify(service: &Service<'_>, name: &str, patience: Patience) -> Result<(), SubmitError> {
    const LONGEST: Duration = Duration::from_secs(10);
    let (mut failures, mut pause) = (0, patience.pause);
    for question in 0..patience.questions.max(1) {
        if question > 0 {
            tokio::time::sleep(pause).await;
            pause = pause.mul_f64(1.5).min(LONGEST);
        }
        let verification = service.mgw().verify_address(name).await?;
        if verification.is_available() {
            return Ok(());
        }
        if !verification.is_done() {
            continue;
        }
        failures += 1;
        if failures > patience.failures {
            let code = verification.error_code.unwrap_or_default();
            let words = verification.error_message.or(verification.status).unwrap_or_default();
            let reason = if code.is_empty() { words } else { format!("{words} ({code})") };
            let remedy = Refusal { code, ..Refusal::default() }.remedy();
            return Err(SubmitError::Unusable { name: name.to_owned(), reason, remedy });
        }
    }
    Err(SubmitError::Slow { name: name.to_owned() })
}
