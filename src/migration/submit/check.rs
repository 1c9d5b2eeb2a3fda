//! The service's totals against the plan's, and what failed.

use std::fmt;

use super::follow::Standing;
use super::{Service, SubmitError};
use crate::alibaba::CallError;
use crate::alibaba::mgw::NewReport;
use crate::alibaba::oss::Bucket;
use crate::migration::{Address, Job, Settings};
use crate::tally::{Counts, Severity};

/// A job held against the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How it stands.
    pub standing: Standing,
    /// In what it differs from the plan; nothing if all is as promised.
    pub discrepancies: Vec<Discrepancy>,
}

/// Something that is not as the plan promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discrepancy {
    /// The service does not know the job.
    NotThere,
    /// The job has not done what it is to do.
    NotFinished(String),
    /// The service has not counted the source to its end.
    NotCounted,
    /// The service found something else than was weighed.
    OtherTotals {
        /// What was weighed.
        planned: Counts,
        /// What the service found.
        found: Counts,
    },
    /// Objects failed.
    Failed {
        /// How many.
        objects: u64,
        /// Of how many the plan said that they would.
        foretold: u64,
    },
    /// Objects that neither were copied nor failed.
    Unaccounted {
        /// How many.
        objects: u64,
    },
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("the service does not know it"),
            Self::NotFinished(status) => write!(f, "it is {status}"),
            Self::NotCounted => f.write_str("the service has not listed the source to its end"),
            Self::OtherTotals { planned, found } => {
                write!(
                    f,
                    "the service found {} objects and {} bytes, and {} and {} were weighed",
                    found.objects, found.bytes, planned.objects, planned.bytes
                )?;
                let objects = i128::from(found.objects) - i128::from(planned.objects);
                match objects {
                    1.. => write!(
                        f,
                        ": {objects} more, created since or listed to the service's key only"
                    ),
                    0 => f.write_str(": objects were replaced by others of another size since"),
                    _ => {
                        let fewer = -objects;
                        write!(
                            f,
                            ": {fewer} fewer, deleted since or not listed to the service's key"
                        )
                    }
                }
            }
            Self::Failed { objects, foretold } => {
                write!(f, "{objects} objects failed, {foretold} of them as the plan foretold")
            }
            Self::Unaccounted { objects } => {
                write!(f, "{objects} objects were neither copied nor did they fail")
            }
        }
    }
}

/// Holds what a job did against what the plan says of it. Where only what was modified since some time is copied, that
/// is at most what was weighed.
#[must_use]
pub fn check(planned: &Job, settings: &Settings, standing: Standing) -> Checked {
    let mut discrepancies = Vec::new();
    match &standing.status {
        None => discrepancies.push(Discrepancy::NotThere),
        Some(_) if standing.is_finished() => {}
        Some(status) => discrepancies.push(Discrepancy::NotFinished(status.to_string())),
    }
    match standing.total {
        Some(found) if standing.listed => {
            let planned = standing.planned;
            let fewer = found.objects <= planned.objects && found.bytes <= planned.bytes;
            if found != planned && !(fewer && settings.modified_after.is_some()) {
                discrepancies.push(Discrepancy::OtherTotals { planned, found });
            }
            let done = standing.copied.objects.saturating_add(standing.failed);
            if standing.is_finished() && done < found.objects {
                let objects = found.objects - done;
                discrepancies.push(Discrepancy::Unaccounted { objects });
            }
        }
        _ if standing.status.is_some() => discrepancies.push(Discrepancy::NotCounted),
        _ => {}
    }
    if standing.failed > 0 {
        let blockers =
            planned.findings.iter().filter(|finding| finding.severity == Severity::Blocker);
        let foretold = blockers.filter_map(|finding| finding.objects).sum();
        discrepancies.push(Discrepancy::Failed { objects: standing.failed, foretold });
    }
    Checked { standing, discrepancies }
}

/// The objects of a job that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailedObjects {
    /// Their keys.
    Keys(Vec<Vec<u8>>),
    /// The service still writes its report.
    NotWritten,
    /// The service could not write it, in its words.
    Broken(String),
}

/// Reads the list of failed objects out of the service's report, which lies in the destination's bucket.
/// Has the report written where there is none.
///
/// # Errors
/// If a call fails.
pub async fn failed_objects(
    service: &Service<'_>,
    standing: &Standing,
    destination: &Address,
) -> Result<FailedObjects, SubmitError> {
    let mgw = service.mgw();
    let (version, runtime) = (&standing.version, standing.runtime);
    let mut report = mgw.report(version, runtime).await?;
    if report.status.as_deref() == Some("NotExist") {
        let wanted = NewReport {
            job_name: Some(standing.name.clone()),
            version: Some(version.clone()),
            runtime_id: i64::try_from(runtime).ok(),
        };
        mgw.create_report(&wanted).await?;
        report = mgw.report(version, runtime).await?;
    }
    if report.status.as_deref() == Some("Failed") {
        return Ok(FailedObjects::Broken(report.error_message.unwrap_or_default()));
    }
    let (Some("Finished"), Some(prefix)) = (report.status.as_deref(), report.failed_list_prefix)
    else {
        return Ok(FailedObjects::NotWritten);
    };
    let region = destination.region_id.as_deref().unwrap_or(service.region);
    let bucket = Bucket { session: service.session, name: &destination.bucket, region };
    let mut failed = Vec::new();
    for key in bucket.keys(&prefix).await? {
        let text = bucket.get_object(&key).await?;
        let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&*text);
        for row in rows.into_byte_records() {
            let name = row.ok().and_then(|row| row.get(0).map(<[u8]>::to_vec));
            let name = name.ok_or_else(|| CallError::Unreadable {
                doing: format!("read the list of failed objects `{key}`"),
                what: "row",
            })?;
            failed.push(percent_encoding::percent_decode(&name).collect());
        }
    }
    Ok(FailedObjects::Keys(failed))
}
