//! Jobs: their life, their counts, their reports.
//!
//! A job that was launched goes on by a step whenever somebody asks about it: launching, preparing,
//! copying for as many steps as configured, finished. Until it copies, its totals are -1, as in the
//! service before it has statistics.

use super::address::{ended, is_name, missing, page};
use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use super::totals::{self, Found};
use crate::alibaba::Element;

/// A job that was created.
pub(super) struct StoredJob {
    document: Element,
    version: String,
    created: String,
    status: &'static str,
    /// Which run it is in; from 1, and 0 before the first.
    runtime: u64,
    /// Steps of copying that are done.
    steps: u64,
    found: Option<Found>,
    /// Each status that it had, with its time.
    history: Vec<(&'static str, String)>,
}

impl StoredJob {
    /// Whether it reads from or writes to this address.
    pub(super) fn uses(&self, address: &str) -> bool {
        ["SrcAddress", "DestAddress"].iter().any(|end| self.document.text_of(end) == Some(address))
    }

    fn set(&mut self, status: &'static str, time: String) {
        self.status = status;
        self.history.push((status, time));
    }
}

pub(super) fn carry_out(mut call: Call<'_>) -> Result<Answer, Refused> {
    match call.operation {
        "CreateJob" => create(&mut call),
        "ListJob" => Ok(list(&call)),
        "CreateReport" => create_report(&mut call),
        "GetReport" => report(&call),
        _ => {
            if call.operation.starts_with("Get") || call.operation.starts_with("List") {
                advance(&mut call);
            }
            let Some(job) = call.state.jobs.get(&call.name) else {
                let message = format!("The specified import job {} does not exist.", call.name);
                return Err(refused(404, "NoSuchImportJob", message));
            };
            match call.operation {
                "GetJob" => Ok(Answer::Xml(shown(job, &call.config.home.number))),
                "GetJobResult" => Ok(Answer::Xml(result(job, call.config.steps))),
                "ListJobHistory" => Ok(Answer::Xml(history(job, call.config.steps))),
                "DeleteJob" => {
                    call.state.jobs.remove(&call.name);
                    Ok(Answer::Empty)
                }
                _ => update(&mut call),
            }
        }
    }
}

fn create(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let document = call.document("ImportJob")?;
    let text = |name| document.text_of(name).unwrap_or_default();
    let name = text("Name").to_owned();
    if !is_name(&name) {
        return Err(refused(400, "InvalidJobName", "The name of the job is invalid."));
    }
    if call.state.jobs.contains_key(&name) {
        return Err(refused(409, "ImportJobAlreadyExist", format!("{name} already exists.")));
    }
    if call.state.jobs.len() >= call.config.limits.jobs {
        return Err(refused(400, "JobCountExceedMaxCount", "There are too many jobs."));
    }
    for end in ["SrcAddress", "DestAddress"] {
        if !call.state.addresses.contains_key(text(end)) {
            return Err(missing(text(end)));
        }
    }
    match (text("OverwriteMode"), text("TransferMode")) {
        ("always", "all" | "lastmodified") | ("never", "" | "all") => {}
        _ => {
            let message = "OverwriteMode and TransferMode do not go together.";
            return Err(refused(400, "InvalidArgument", message));
        }
    }
    let version = format!("job-{}", call.state.jobs.len() + 1);
    let mut job = StoredJob {
        document,
        version,
        created: call.time(),
        status: "",
        runtime: 0,
        steps: 0,
        found: None,
        history: Vec::new(),
    };
    job.set("IMPORT_JOB_BEGIN", call.time());
    call.state.jobs.insert(name, job);
    Ok(Answer::Empty)
}

fn update(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let document = call.document("ImportJob")?;
    let time = call.time();
    let Some(job) = call.state.jobs.get_mut(&call.name) else { return Ok(Answer::Empty) };
    if let Some(limits) = document.child("ImportQos") {
        job.document.children.retain(|child| child.name != "ImportQos");
        job.document.children.push(limits.clone());
    }
    let running =
        ["IMPORT_JOB_LAUNCHING", "IMPORT_JOB_PREPARING", "IMPORT_JOB_DOING"].contains(&job.status);
    let wrong = |job: &StoredJob| {
        let message = format!("This cannot be done to a job that is {}.", job.status);
        Err(refused(409, "InvalidJobStatus", message))
    };
    match document.text_of("Status") {
        None => {}
        Some("IMPORT_JOB_LAUNCHING") if running => {}
        Some("IMPORT_JOB_LAUNCHING") => {
            if job.status != "IMPORT_JOB_SUSPEND" {
                job.runtime += 1;
                (job.steps, job.found) = (0, None);
            }
            job.set("IMPORT_JOB_LAUNCHING", time);
        }
        Some("IMPORT_JOB_SUSPEND") if running => job.set("IMPORT_JOB_SUSPEND", time),
        Some("IMPORT_JOB_SUSPEND") if job.status == "IMPORT_JOB_SUSPEND" => {}
        Some("IMPORT_JOB_CLOSING") if running || job.status == "IMPORT_JOB_SUSPEND" => {
            job.set("IMPORT_JOB_CLOSING", time);
        }
        Some("IMPORT_JOB_SUSPEND" | "IMPORT_JOB_CLOSING") => return wrong(job),
        Some(_) => return Err(refused(400, "InvalidArgument", "Status is invalid.")),
    }
    Ok(Answer::Empty)
}

/// Takes the job that is asked about a step further.
fn advance(call: &mut Call<'_>) {
    let time = call.time();
    let Some(job) = call.state.jobs.get(&call.name) else { return };
    let found = match job.status {
        "IMPORT_JOB_PREPARING" => {
            let source = job.document.text_of("SrcAddress").unwrap_or_default();
            let source = call.state.addresses.get(source);
            source.map(|source| totals::of(source, call.state, call.config))
        }
        _ => job.found.clone(),
    };
    let Some(job) = call.state.jobs.get_mut(&call.name) else { return };
    match job.status {
        "IMPORT_JOB_LAUNCHING" => job.set("IMPORT_JOB_PREPARING", time),
        "IMPORT_JOB_PREPARING" => {
            job.found = found;
            job.set("IMPORT_JOB_DOING", time);
        }
        "IMPORT_JOB_DOING" => {
            job.steps += 1;
            if job.steps >= call.config.steps {
                job.set("IMPORT_JOB_FINISHED", time);
            }
        }
        "IMPORT_JOB_CLOSING" => job.set("IMPORT_JOB_INTERRUPTED", time),
        _ => {}
    }
}

/// Objects and bytes of a job so far.
struct Counts {
    total: Option<(u64, u64)>,
    copied: (u64, u64),
    failed: u64,
}

fn counts(job: &StoredJob, steps: u64) -> Counts {
    let Some(found) = &job.found else { return Counts { total: None, copied: (0, 0), failed: 0 } };
    let part = |of: u64| if job.steps >= steps { of } else { of / steps.max(1) * job.steps };
    let archived = found.archived.len() as u64;
    let good = (found.objects - archived, found.bytes - found.archived_bytes);
    Counts {
        total: Some((found.objects, found.bytes)),
        copied: (part(good.0), part(good.1)),
        failed: part(archived),
    }
}

fn result(job: &StoredJob, steps: u64) -> Element {
    let Counts { total, copied, failed } = counts(job, steps);
    let number =
        |count: Option<u64>| count.map_or_else(|| "-1".to_owned(), |count| count.to_string());
    Element::new("ImportJobResult")
        .with(Element::leaf("Version", &job.version))
        .with(Element::leaf("TotalObjectCount", number(total.map(|total| total.0))))
        .with(Element::leaf("TotalObjectSize", number(total.map(|total| total.1))))
        .with(Element::leaf("CopiedObjectCount", copied.0))
        .with(Element::leaf("CopiedObjectSize", copied.1))
        .with(Element::leaf("SkippedObjectCount", 0))
        .with(Element::leaf("SkippedObjectSize", 0))
        .with(Element::leaf("FailedObjectCount", failed))
        .with(Element::leaf("ReadyRetry", if failed == 0 { "NoNeed" } else { "NotReady" }))
}

fn history(job: &StoredJob, steps: u64) -> Element {
    let Counts { total, copied, failed } = counts(job, steps);
    let mut list = Element::new("JobHistoryList");
    // The latest first; before the first run there is nothing to tell.
    let runs = job.history.iter().enumerate().rev();
    for (index, (status, start)) in runs.filter(|_| job.runtime > 0) {
        let (objects, bytes) = total.unwrap_or_default();
        let listed = if total.is_some() { "Finished" } else { "Listing" };
        let state = if *status == "IMPORT_JOB_INTERRUPTED" { "Interrupt" } else { "Normal" };
        let entry = Element::new("JobHistory")
            .with_some("Name", job.document.text_of("Name"))
            .with(Element::leaf("JobVersion", &job.version))
            .with(Element::leaf("CommitId", index + 1))
            .with(Element::leaf("RuntimeId", job.runtime))
            .with(Element::leaf("Status", status))
            // Not the form of other times: the reference shows it so.
            .with(Element::leaf("StartTime", start.replace('T', " ").replace(".000Z", "")))
            .with(Element::leaf("ListStatus", listed))
            .with(Element::leaf("RuntimeState", state))
            .with(Element::leaf("Operator", "user"))
            .with(Element::leaf("TotalCount", objects))
            .with(Element::leaf("TotalSize", bytes))
            .with(Element::leaf("CopiedCount", copied.0))
            .with(Element::leaf("CopiedSize", copied.1))
            .with(Element::leaf("FailedCount", failed))
            .with(Element::leaf("SkippedCount", 0))
            .with(Element::leaf("SkippedSize", 0));
        list = list.with(entry);
    }
    ended(list, None)
}

fn shown(job: &StoredJob, account: &str) -> Element {
    job.document
        .clone()
        .with(Element::leaf("Version", &job.version))
        .with(Element::leaf("Status", job.status))
        .with(Element::leaf("Owner", account))
        .with(Element::leaf("CreateTime", &job.created))
        .with_some("ModifyTime", job.history.last().map(|(_, time)| time))
}

fn list(call: &Call<'_>) -> Answer {
    let (names, next) = page(call, call.state.jobs.keys());
    let mut list = Element::new("ImportJobList");
    for job in names.iter().filter_map(|name| call.state.jobs.get(name)) {
        list = list.with(shown(job, &call.config.home.number));
    }
    Answer::Xml(ended(list, next))
}

fn create_report(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let document = call.document("CreateReport")?;
    let text = |name| document.text_of(name).unwrap_or_default().to_owned();
    let (name, version) = (text("JobName"), text("Version"));
    let runtime: u64 = text("RuntimeId").parse().unwrap_or_default();
    let job = call.state.jobs.get(&name).filter(|job| job.version == version);
    let Some(job) = job else {
        return Err(refused(404, "NoSuchImportJob", "The specified import job does not exist."));
    };
    let prefix =
        format!("aliyun_mgw_import_report/{}@{version}@{runtime}_", call.config.home.number);
    // Names as they are encoded in lists, then what is left open here.
    let mut failed = Vec::new();
    for key in job.found.iter().flat_map(|found| &found.archived) {
        crate::simulator::auth::push_encoded(&mut failed, key, true);
        failed.extend_from_slice(b",,,,,,,,,,,,\n");
    }
    let destination = job.document.text_of("DestAddress").unwrap_or_default();
    if let Some(address) = call.state.addresses.get(destination) {
        let place = (address.detail("Bucket").to_owned(), format!("{prefix}failed_list_1"));
        call.state.objects.insert(place, failed.into());
    }
    call.state.reports.insert((version, runtime), prefix);
    Ok(Answer::Empty)
}

fn report(call: &Call<'_>) -> Result<Answer, Refused> {
    let version = call.parameter("version").unwrap_or_default().to_owned();
    let Some(job) = call.state.jobs.values().find(|job| job.version == version) else {
        return Err(refused(404, "NoSuchImportJob", "The specified import job does not exist."));
    };
    let runtime = call.parameter("runtimeId").and_then(|id| id.parse().ok()).unwrap_or(job.runtime);
    let answer = Element::new("GetReportResponse");
    let Some(prefix) = call.state.reports.get(&(version, runtime)) else {
        return Ok(Answer::Xml(answer.with(Element::leaf("Status", "NotExist"))));
    };
    let Counts { total, copied, failed } = counts(job, call.config.steps);
    let answer = answer
        .with(Element::leaf("Status", "Finished"))
        .with(Element::leaf("TotalCount", total.unwrap_or_default().0))
        .with(Element::leaf("CopiedCount", copied.0))
        .with(Element::leaf("FailedCount", failed))
        .with(Element::leaf("SkippedCount", 0))
        .with(Element::leaf("TotalListPrefix", format!("{prefix}total_list_")))
        .with(Element::leaf("FailedListPrefix", format!("{prefix}failed_list_")))
        .with(Element::leaf("SkippedListPrefix", format!("{prefix}skipped_list_")));
    Ok(Answer::Xml(answer))
}
