//! The operations.

use bytes::Bytes;
use http::Method;

use super::model::Model;
use super::{Address, Job, JobHistory, JobResult, JobStatus, JobUpdate};
use super::{NewAddress, NewJob, NewReport, Report, Verification};
use crate::alibaba::endpoint::plain_region;
use crate::alibaba::error::CallError;
use crate::alibaba::session::{Oss4Call, Session, segment};
use crate::alibaba::xml::Element;

/// The service in one region, for one account.
#[derive(Clone, Copy, Debug)]
pub struct Mgw<'a> {
    session: &'a Session,
    account: &'a str,
    region: &'a str,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl<'a> Mgw<'a> {
    /// The service in a region (`cn-hangzhou` or `oss-cn-hangzhou`), for the account of this number.
    #[must_use]
    pub fn new(session: &'a Session, account: &'a str, region: &'a str) -> Self {
        Self { session, account, region: plain_region(region) }
    }

    /// Creates an address (`CreateAddress`).
    ///
    /// # Errors
    /// [`CallError`]; so all further operations.
    pub async fn create_address(&self, address: &NewAddress) -> Result<(), CallError> {
        let doing = format!("create the data address `{}`", named(address.name.as_deref()));
        let created = self.post(&doing, "/address", &address.element("ImportAddress")).await;
        // The body holds keys for other clouds, and some services repeat the request in their refusal.
        let detail = address.detail.as_ref();
        let secrets = detail.map(|detail| [&detail.access_secret, &detail.inv_access_secret]);
        let secrets = secrets.into_iter().flatten().flatten().map(|secret| secret.0.as_str());
        created.map_err(|error| error.without(secrets))
    }

    /// An address as the service knows it (`GetAddress`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn address(&self, name: &str) -> Result<Address, CallError> {
        let doing = format!("look up the data address `{name}`");
        self.get(&doing, &path("address", name), "", "ImportAddress").await
    }

    /// Starts the verification of an address, or asks how it stands (`VerifyAddress`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn verify_address(&self, name: &str) -> Result<Verification, CallError> {
        let doing = format!("verify the data address `{name}`");
        self.get(&doing, &path("address", name), "verify=", "VerifyAddressResponse").await
    }

    /// Deletes an address (`DeleteAddress`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_address(&self, name: &str) -> Result<(), CallError> {
        let doing = format!("delete the data address `{name}`");
        self.send(
            &doing,
            (Method::DELETE, Sent::AsItsMethodAllows),
            &path("address", name),
            "",
            None,
        )
        .await
        .map(drop)
    }

    /// A page of all addresses (`ListAddress`), up to 1000.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn addresses(&self, count: u32, marker: &str) -> Result<Listed<Address>, CallError> {
        let query = format!("count={count}&marker={}", segment(marker));
        let list = ("ImportAddressList", "ImportAddress");
        self.page("list the data addresses", "/addresslist", &query, list).await
    }

    /// Creates a job (`CreateJob`). It does not run yet.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_job(&self, job: &NewJob) -> Result<(), CallError> {
        let doing = format!("create the job `{}`", named(job.name.as_deref()));
        self.post(&doing, "/job", &job.element("ImportJob")).await
    }

    /// A job as the service knows it (`GetJob`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn job(&self, name: &str) -> Result<Job, CallError> {
        let doing = format!("look up the job `{name}`");
        self.get(&doing, &path("job", name), "", "ImportJob").await
    }

    /// What a run of a job has counted and copied so far (`GetJobResult`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn job_result(&self, name: &str, runtime: u64) -> Result<JobResult, CallError> {
        let doing = format!("ask what the job `{name}` did");
        let query = format!("jobResult=&runtimeId={runtime}");
        self.get(&doing, &path("job", name), &query, "ImportJobResult").await
    }

    /// Changes a job's limits or its state (`UpdateJob`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn update_job(&self, name: &str, update: &JobUpdate) -> Result<(), CallError> {
        let doing = match &update.status {
            Some(status) => format!("set the job `{name}` to {status}"),
            None => format!("change the limits of the job `{name}`"),
        };
        let body = update.element("ImportJob");
        // A job that is launched twice may run twice.
        let launches = update.status.as_deref() == Some(JobStatus::Launching.api_name());
        let how = if launches { Sent::Once } else { Sent::AsItsMethodAllows };
        self.send(&doing, (Method::PUT, how), &path("job", name), "", Some(&body)).await.map(drop)
    }

    /// Starts a job or lets a paused one go on.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn launch(&self, name: &str) -> Result<(), CallError> {
        self.set(name, &JobStatus::Launching).await
    }

    /// Pauses a job.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn pause(&self, name: &str) -> Result<(), CallError> {
        self.set(name, &JobStatus::Suspend).await
    }

    /// Stops a job.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn stop(&self, name: &str) -> Result<(), CallError> {
        self.set(name, &JobStatus::Closing).await
    }

    /// Deletes a job, with its retries if `force` says so (`DeleteJob`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_job(&self, name: &str, force: bool) -> Result<(), CallError> {
        let doing = format!("delete the job `{name}`");
        let query = format!("forceDelete={force}");
        self.send(
            &doing,
            (Method::DELETE, Sent::AsItsMethodAllows),
            &path("job", name),
            &query,
            None,
        )
        .await
        .map(drop)
    }

    /// A page of all jobs (`ListJob`), up to 1000.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn jobs(&self, count: u32, marker: &str) -> Result<Listed<Job>, CallError> {
        let query = format!("count={count}&marker={}", segment(marker));
        self.page("list the jobs", "/joblist", &query, ("ImportJobList", "ImportJob")).await
    }

    /// A page of the steps in a job's life, the latest of each run with its counts (`ListJobHistory`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn job_history(
        &self,
        name: &str,
        count: u32,
        marker: &str,
    ) -> Result<Listed<JobHistory>, CallError> {
        let doing = format!("list the history of the job `{name}`");
        let query = format!("count={count}&marker={}", segment(marker));
        let list = ("JobHistoryList", "JobHistory");
        self.page(&doing, &path("jobhistory", name), &query, list).await
    }

    /// Has a report written (`CreateReport`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_report(&self, report: &NewReport) -> Result<(), CallError> {
        let doing =
            format!("have a report on the job `{}` written", named(report.job_name.as_deref()));
        self.post(&doing, "/report", &report.element("CreateReport")).await
    }

    /// How a report stands (`GetReport`); a job is named by the service's id of it here.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn report(&self, version: &str, runtime: u64) -> Result<Report, CallError> {
        let query = format!("runtimeId={runtime}&version={}", segment(version));
        self.get("look up a report", "/report", &query, "GetReportResponse").await
    }

    async fn set(&self, name: &str, status: &JobStatus) -> Result<(), CallError> {
        let status = Some(status.api_name().to_owned());
        self.update_job(name, &JobUpdate { status, import_qos: None }).await
    }

    async fn post(&self, doing: &str, path: &str, body: &Element) -> Result<(), CallError> {
        self.send(doing, (Method::POST, Sent::AsItsMethodAllows), path, "", Some(body))
            .await
            .map(drop)
    }

    async fn get<M: Model>(
        &self,
        doing: &str,
        path: &str,
        query: &str,
        root: &'static str,
    ) -> Result<M, CallError> {
        let element = self.element(doing, path, query, root).await?;
        M::read(&element).map_err(|what| CallError::Unreadable { doing: doing.to_owned(), what })
    }

    async fn page<M: Model>(
        &self,
        doing: &str,
        path: &str,
        query: &str,
        (root, item): (&'static str, &'static str),
    ) -> Result<Listed<M>, CallError> {
        let unreadable = |what| CallError::Unreadable { doing: doing.to_owned(), what };
        let list = self.element(doing, path, query, root).await?;
        let items = list.all(item).map(M::read).collect::<Result<_, _>>().map_err(unreadable)?;
        let more = list.text_of("Truncated").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let next = list.text_of("NextMarker").map(str::to_owned);
        if more && next.is_none() {
            return Err(unreadable("NextMarker"));
        }
        Ok(Listed { items, next: next.filter(|_| more) })
    }

    async fn element(
        &self,
        doing: &str,
        path: &str,
        query: &str,
        root: &'static str,
    ) -> Result<Element, CallError> {
        let body =
            self.send(doing, (Method::GET, Sent::AsItsMethodAllows), path, query, None).await?;
        Element::parse(&body)
            .filter(|found| found.name == root)
            .ok_or_else(|| CallError::Unreadable { doing: doing.to_owned(), what: root })
    }

    async fn send(
        &self,
        doing: &str,
        (method, sent): (Method, Sent),
        path: &str,
        query: &str,
        body: Option<&Element>,
    ) -> Result<Vec<u8>, CallError> {
        let body = Bytes::from(body.map(Element::document).unwrap_or_default());
        let md5 = crate::alibaba::content_md5(&body);
        let headers = [("content-type", "application/xml"), ("content-md5", &*md5)];
        let headers = if body.is_empty() { &headers[..0] } else { &headers[..] };
        let host = self.session.endpoints().mgw(self.account, self.region);
        let (host, region, resource) = (&*host, self.region, path);
        let idempotent = sent == Sent::AsItsMethodAllows && method.is_idempotent();
        let call =
            Oss4Call { method, host, region, resource, path, query, headers, body, idempotent };
        Ok(self.session.oss4(doing, &call).await?.body)
    }
}

/// How often a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// Again where it failed, if its method says that this does no harm.
    AsItsMethodAllows,
    /// Once.
    Once,
}

fn path(kind: &str, name: &str) -> String {
    format!("/{kind}/{}", segment(name))
}

fn named(name: Option<&str>) -> &str {
    name.unwrap_or_default()
}
