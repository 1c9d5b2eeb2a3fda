//! A plan as request bodies of the Data Online Migration API, version 2024-06-26.
//!
//! A submission sends these documents, too, with what only the user has in place of the marks in double
//! braces that stand here.

use super::address::{Address, Field};
use super::limits::Certainty;
use super::plan::{Job, Plan, Settings};
use crate::alibaba::Element;
use crate::alibaba::mgw::JobStatus;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The file that holds its body: a number that says its turn, and what it does.
    pub file: String,
    /// The body.
    pub body: String,
}

/// All requests of a plan, in their order: addresses, jobs, and their start.
#[must_use]
pub fn all(plan: &Plan) -> Vec<Request> {
    let destinations = plan.destinations();
    let sources = plan.jobs.iter().map(|job| &job.source);
    let addresses = destinations.into_iter().chain(sources);
    let addresses =
        addresses.map(|address| (format!("POST-address-{}", address.name), address_body(address)));
    let jobs = plan
        .jobs
        .iter()
        .map(|job| (format!("POST-job-{}", job.name), job_body(&plan.settings, job)));
    let starts = plan.jobs.iter().map(|job| (format!("PUT-job-{}", job.name), start_body()));
    let all: Vec<(String, String)> = addresses.chain(jobs).chain(starts).collect();
    let width = all.len().to_string().len();
    all.into_iter()
        .zip(1..)
        .map(|((name, body), number)| Request {
            file: format!("{number:0width$}-{name}.xml"),
            body,
        })
        .collect()
}

fn address_body(address: &Address) -> String {
    import_address(&address.name, address.api_fields()).document()
}

fn job_body(settings: &Settings, job: &Job) -> String {
    import_job(settings, job).document()
}

fn start_body() -> String {
    let status = Element::leaf("Status", JobStatus::Launching.api_name());
    Element::new("ImportJob").with(status).document()
}

/// The `ImportAddress` of this name with these fields in its `AddressDetail`.
pub(super) fn import_address(name: &str, fields: Vec<Field>) -> Element {
    let mut element = Element::new("ImportAddress").with(Element::leaf("Name", name));
    for field in fields {
        element.insert(&format!("AddressDetail/{}", field.name), field.value);
    }
    element
}

/// The `ImportJob` of a job.
pub(super) fn import_job(settings: &Settings, job: &Job) -> Element {
    let mut element = Element::new("ImportJob");
    for field in api_job_fields(settings, job) {
        element.insert(field.name, field.value);
    }
    element
}

/// The elements of the API's `ImportJob`, those inside of others as paths.
#[must_use]
pub fn api_job_fields(settings: &Settings, job: &Job) -> Vec<Field> {
    let sure = Certainty::Documented;
    let mut fields = Vec::new();
    let mut push = |name, value: Option<String>| {
        fields.extend(value.map(|value| Field { name, value, certainty: sure }));
    };
    push("CreateReport", Some("true".into()));
    push("DestAddress", Some(job.destination.name.clone()));
    push(
        "FilterRule/LastModifiedFilters/Includes/TimeFilter/StartTime",
        settings.modified_after.map(|time| time.to_string()),
    );
    push("ImportQos/MaxBandWidth", settings.bandwidth.map(|bits| bits.to_string()));
    push("ImportQos/MaxImportTaskQps", settings.files_per_second.map(|files| files.to_string()));
    push("Name", Some(job.name.clone()));
    push("OverwriteMode", Some(settings.overwrite.api_name().into()));
    push("SrcAddress", Some(job.source.name.clone()));
    push("TargetStorageClass", settings.storage_class.clone());
    push("TransferMode", settings.transfer.map(|transfer| transfer.api_name().into()));
    fields
}
