//! A plan as request bodies of the Data Online Migration API, version 2024-06-26.
//!
//! Elements come in alphabetical order, as the official SDK writes them. What only the user has stands
//! as a mark in double braces.

use super::address::{Address, Field};
use super::limits::Certainty;
use super::plan::{Job, Plan, Settings};

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
    let detail: String =
        address.api_fields().iter().map(|field| element(field.name, &field.value)).collect();
    let name = element("Name", &address.name);
    document("ImportAddress", &format!("<AddressDetail>{detail}</AddressDetail>{name}"))
}

fn job_body(settings: &Settings, job: &Job) -> String {
    let mut body = String::new();
    for field in api_job_fields(settings, job) {
        // `Outer/Inner` is an element in an element.
        let mut names: Vec<&str> = field.name.split('/').collect();
        let innermost = names.pop().unwrap_or(field.name);
        let inner = element(innermost, &field.value);
        let wrapped =
            names.iter().rev().fold(inner, |inner, name| format!("<{name}>{inner}</{name}>"));
        body.push_str(&wrapped);
    }
    // Neighbours that lie in the same element share it.
    document("ImportJob", &body.replace("</ImportQos><ImportQos>", ""))
}

fn start_body() -> String {
    document("ImportJob", &element("Status", "IMPORT_JOB_LAUNCHING"))
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

fn document(root: &str, content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><{root}>{content}</{root}>")
}

fn element(name: &str, text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    format!("<{name}>{escaped}</{name}>")
}
