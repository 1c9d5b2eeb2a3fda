//! The migration service in the bucket's region, and what is left of its limits.
//!
//! Sources: "Limits" and "Regions and endpoints", Data Online Migration documentation, as
//! [`crate::migration::Limits`] holds them.

use futures::future::join;

use super::ground::Ground;
use crate::alibaba::CallError;
use crate::alibaba::mgw::{JobStatus, Listed, Mgw};
use crate::migration::{Limit, Limits};
use crate::preflight::finding::{Check, Finding};
use crate::store::ErrorKind;

pub(in crate::preflight) const SERVICE: Check = Check::destination(
    "DESTINATION_SERVICE",
    "the migration service in the region",
    "jobs run in the bucket's region, and not every region has the service",
);

pub(in crate::preflight) const JOBS: Check = Check::destination(
    "DESTINATION_JOBS",
    "room for jobs",
    "a region has room for so many jobs of an account, finished ones included; more are refused",
);

pub(in crate::preflight) const RUNNING: Check = Check::destination(
    "DESTINATION_RUNNING_JOBS",
    "jobs that run already",
    "only so many jobs run at once; further ones wait, and take longer than planned",
);

pub(in crate::preflight) const ADDRESSES: Check = Check::destination(
    "DESTINATION_ADDRESSES",
    "room for data addresses",
    "a region has room for so many data addresses of an account; more are refused, and every job needs two",
);

/// Regions in which the service is ("Regions and endpoints").
const REGIONS: [&str; 12] = [
    "cn-beijing",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-chengdu",
    "cn-hongkong",
    "ap-northeast-1",
    "ap-southeast-1",
    "eu-central-1",
    "us-east-1",
    "us-west-1",
];

/// What is allowed to do so, and has no documented name of its own.
const LIST: &str = "mgw:List*";

/// Entries asked for at once: the most.
const PAGE: u32 = 1_000;

pub(super) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let Some(region) = ground.region.as_deref() else {
        let hint = "name the region with `--to-region`";
        return vec![SERVICE.unknown("the region is not known").by_hand(hint)];
    };
    let mgw = Mgw::new(ground.session, &ground.account, region);
    let limits = Limits::of_region(Some(region));
    let (jobs, addresses) = join(
        all(|marker| async move { mgw.jobs(PAGE, &marker).await }),
        all(|marker| async move { mgw.addresses(PAGE, &marker).await }),
    )
    .await;
    let mut findings = vec![service(ground, region, jobs.as_ref().err())];
    match &jobs {
        Ok(jobs) => {
            let running = jobs.iter().filter(|job| is_running(&job.status())).count();
            findings.push(room(&JOBS, jobs.len(), "jobs", &limits.jobs));
            findings.push(self::running(running, &limits.concurrent_jobs));
        }
        Err(error) => {
            findings.extend([JOBS, RUNNING].map(|check| refused(ground, &check, error)));
        }
    }
    findings.push(match &addresses {
        Ok(addresses) => room(&ADDRESSES, addresses.len(), "data addresses", &limits.addresses),
        Err(error) => refused(ground, &ADDRESSES, error),
    });
    findings
}

fn refused(ground: &Ground<'_>, check: &Check, error: &CallError) -> Finding {
    let resource = format!("acs:mgw:*:{}:*", ground.account);
    let finding = ground.unreadable(check, error, LIST, &resource);
    if error.refusal().is_some_and(|said| said.is_denied() || said.status == 403) {
        return finding
            .run("aliyun ram AttachPolicyToUser --PolicyType System --PolicyName AliyunOSSImportFullAccess --UserName USER");
    }
    finding
}

fn service(ground: &Ground<'_>, region: &str, error: Option<&CallError>) -> Finding {
    let elsewhere =
        format!("create the bucket in a region that has the service: {}", REGIONS.join(", "));
    match error {
        None if REGIONS.contains(&region) => SERVICE.ok(format!("the service answers in {region}")),
        None => SERVICE
            .warning(format!(
                "the service answers in {region}, which its documentation does not list"
            ))
            .by_hand(elsewhere),
        Some(_) if REGIONS.contains(&region) => {
            SERVICE.ok(format!("the service's documentation lists {region}"))
        }
        Some(CallError::Transport { source, .. }) if source.kind == ErrorKind::Resolve => SERVICE
            .blocker(format!(
                "the service's documentation does not list {region}, and it has no host there"
            ))
            .by_hand(elsewhere),
        Some(error) => {
            let finding = refused(ground, &SERVICE, error);
            let seen =
                format!("the service's documentation does not list {region}; {}", finding.seen);
            SERVICE.unknown(seen).by_hand(elsewhere)
        }
    }
}

fn room(check: &Check, count: usize, what: &str, limit: &Limit) -> Finding {
    let count = count as u64;
    let seen = format!("{count} of {} {what} are there", limit.value);
    let mend = |finding: Finding| {
        finding.by_hand(format!(
            "Data Online Migration console: delete {what} that are done with, or open a ticket for a higher quota"
        ))
    };
    if count >= limit.value {
        return mend(check.blocker(seen));
    }
    // A tenth is about what a plan of many jobs takes.
    if limit.value - count <= limit.value / 10 {
        return mend(check.warning(seen));
    }
    check.ok(seen)
}

fn running(count: usize, limit: &Limit) -> Finding {
    let sure = limit.certainty.label().map(|label| format!(" ({label})")).unwrap_or_default();
    let seen = format!("{count} jobs run; {} can at once{sure}", limit.value);
    if count as u64 >= limit.value {
        return RUNNING
            .warning(seen)
            .run("weighbridge jobs pause JOBS.JSON")
            .by_hand(
                "Data Online Migration console > Migration Jobs: pause jobs that can wait, or wait for their end",
            );
    }
    RUNNING.ok(seen)
}

fn is_running(status: &JobStatus) -> bool {
    matches!(status, JobStatus::Launching | JobStatus::Preparing | JobStatus::Doing)
}

/// All entries of a list.
async fn all<T, F>(page: impl Fn(String) -> F) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<Listed<T>, CallError>>,
{
    let mut all = Vec::new();
    let mut marker = String::new();
    loop {
        let Listed { items, next } = page(marker.clone()).await?;
        all.extend(items);
        match next {
            None => return Ok(all),
            Some(next) if next == marker => {
                let doing = "list what is there".to_owned();
                return Err(CallError::Unreadable { doing, what: "NextMarker" });
            }
            Some(next) => marker = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Verdict;

    #[test]
    fn a_tenth_before_the_end_is_warned_of() {
        let limits = Limits::of_region(Some("cn-beijing"));
        for (count, verdict) in [
            (0, Verdict::Ok),
            (449, Verdict::Ok),
            (450, Verdict::Warning),
            (499, Verdict::Warning),
            (500, Verdict::Blocker),
            (501, Verdict::Blocker),
        ] {
            assert_eq!(room(&JOBS, count, "jobs", &limits.jobs).verdict, verdict, "{count}");
        }
        for (count, verdict) in [(9, Verdict::Ok), (10, Verdict::Warning)] {
            let finding = running(count, &limits.concurrent_jobs);
            assert_eq!(finding.verdict, verdict, "{count}: {}", finding.seen);
        }
        let seen = running(1, &Limits::of_region(Some("nowhere")).concurrent_jobs).seen;
        assert!(seen.contains("not verified"), "{seen}");
    }

    #[tokio::test]
    async fn lists_are_followed_to_their_end() {
        let pages = |marker: String| async move {
            let next = match marker.as_str() {
                "" => Some("a".to_owned()),
                "a" => Some("b".to_owned()),
                _ => None,
            };
            Ok(Listed { items: vec![marker], next })
        };
        assert_eq!(all(pages).await.unwrap(), ["", "a", "b"]);
        let stuck = |_| async { Ok(Listed { items: vec![0], next: Some("a".to_owned()) }) };
        assert!(all(stuck).await.is_err());
    }
}
