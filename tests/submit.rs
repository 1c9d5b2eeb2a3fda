//! Plans made real against a simulated cloud: submitted once however often that is tried, followed, and
//! checked against what was weighed.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use common::{Held, Ran, Workshop, held, run};
use weighbridge::alibaba::mgw::{AddressDetail, Mgw, NewAddress, Secret};
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session};
use weighbridge::migration::Plan;
use weighbridge::migration::submit::{
    Patience, Prepared, Service, SourceKeys, SubmitError, carry_out, prepare, standing,
};
use weighbridge::simulator::{
    AlibabaBucket, AlibabaConfig, AlibabaRole, AlibabaSimulator, DEFAULT_KEY_ID, DEFAULT_SECRET,
    Given, GivenObject, Trouble, TroubleKind,
};

/// The secret of the source, which must turn up nowhere.
const SOURCE_SECRET: &str = "PLANTED+source/secret";
const ACCOUNT: &str = "1234567890123456";
const REGION: &str = "cn-hangzhou";

/// Objects in three directories; every tenth one is archived if asked for.
fn objects(archived: bool) -> Held {
    held(Given::new((0..90).map(|number| {
        let key = format!("d{}/a b+{number:02}.bin", number % 3);
        let mut object = GivenObject::new(key, 1000 + number);
        if archived && number % 10 == 0 {
            object.storage_class = b"GLACIER".to_vec();
        }
        object
    })))
}

fn cloud(content: &Held) -> AlibabaSimulator {
    // Jobs that take long enough to be paused.
    cloud_of_steps(content, 12)
}

fn cloud_of_steps(content: &Held, steps: u64) -> AlibabaSimulator {
    let mut config = AlibabaConfig { steps, ..AlibabaConfig::default() };
    config.sources.insert(common::BUCKET.to_owned(), Arc::clone(content));
    config.home.buckets.insert("destination".to_owned(), AlibabaBucket::default());
    config.home.roles.insert("mover".to_owned(), AlibabaRole::default());
    AlibabaSimulator::start_in_thread(config).unwrap()
}

/// A bucket that was weighed, and planned into `jobs.json`.
fn planned(content: &Held, more: &[&str]) -> Workshop {
    let workshop = Workshop::new();
    let simulator = common::serve(content, "page-limit=20");
    workshop.scan(&simulator.endpoint(), &["-q", "-o", "s.json", "-m", "m.csv"]).ends_with_code(0);
    let mut arguments =
        vec!["jobs", "s.json", "--to", "oss://destination/copy/", "--region", REGION];
    arguments.extend([
        "--source-domain",
        "s3.us-east-1.amazonaws.com",
        "--output",
        "jobs.json",
        "-q",
    ]);
    arguments.extend(["--manifest", "m.csv", "--max-jobs", "3"]);
    arguments.extend(more);
    let ran = run(workshop.bare(&arguments));
    assert!(matches!(ran.code, Some(0 | 4)), "{}", ran.said());
    workshop
}

fn with_lists(content: &Held) -> Workshop {
    planned(content, &["--split", "range", "--inventory-dir", "lists"])
}

/// The program with all keys, against a simulated cloud.
fn tell(workshop: &Workshop, cloud: &AlibabaSimulator, arguments: &[&str]) -> Ran {
    let mut command = workshop.bare(&["jobs"]);
    command
        .args(arguments)
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_SECRET)
        .env("WEIGHBRIDGE_ALIBABA_ENDPOINT", cloud.endpoint())
        .env("WEIGHBRIDGE_ALIBABA_ROLE", "mover")
        .env("WEIGHBRIDGE_SOURCE_ACCESS_ID", "AKIASOURCE")
        .env("WEIGHBRIDGE_SOURCE_ACCESS_SECRET", SOURCE_SECRET);
    let ran = run(command);
    assert!(!ran.said().contains(SOURCE_SECRET), "{}", ran.said());
    ran
}

/// How often each operation was done.
fn done(cloud: &AlibabaSimulator) -> BTreeMap<&'static str, usize> {
    let mut done = BTreeMap::new();
    for call in cloud.calls().into_iter().filter(|call| call.done) {
        *done.entry(call.operation).or_default() += 1;
    }
    done
}

/// Operations that change something.
fn changes(cloud: &AlibabaSimulator) -> BTreeMap<&'static str, usize> {
    let mut changes = done(cloud);
    changes
        .retain(|name, _| ["CreateAddress", "CreateJob", "UpdateJob", "PutObject"].contains(name));
    changes
}

/// The library's way: no questions, no waiting.
struct Submitter {
    plan: Plan,
    session: Session,
}

impl Submitter {
    fn new(workshop: &Workshop, cloud: &AlibabaSimulator) -> Self {
        Self::waiting(workshop, cloud, Retries::default().answer)
    }

    /// Waits no longer than this for an answer.
    fn waiting(workshop: &Workshop, cloud: &AlibabaSimulator, answer: Duration) -> Self {
        let text = fs::read_to_string(workshop.path("jobs.json")).unwrap();
        let plan = Plan::from_json(&text).unwrap();
        let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
        let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
        let retries = Retries { attempts: 1, pause: Duration::ZERO, answer };
        let session = Session::new(keys, endpoints, retries);
        Self { plan, session }
    }

    fn service(&self) -> Service<'_> {
        Service { session: &self.session, account: ACCOUNT, region: REGION }
    }

    async fn prepare(&self, base: &Path) -> Result<Prepared, SubmitError> {
        let keys = SourceKeys {
            access_id: Some("AKIASOURCE".to_owned()),
            access_secret: Some(Secret::new(SOURCE_SECRET)),
            role: Some("mover".to_owned()),
        };
        prepare(&self.service(), &self.plan, base, &keys).await
    }

    async fn submit(&self, base: &Path) -> Result<(), SubmitError> {
        let prepared = self.prepare(base).await?;
        let patience = Patience { pause: Duration::ZERO, questions: 5, failures: 1 };
        carry_out(&self.service(), &prepared.steps, patience, &mut |_| ()).await
    }
}

#[tokio::test]
async fn a_submission_that_is_broken_off_anywhere_is_gone_on_with() {
    let content = objects(false);
    for workshop in [with_lists(&content), planned(&content, &["--split", "prefix"])] {
        let base = workshop.path("");
        let whole = cloud(&content);
        let submitter = Submitter::new(&workshop, &whole);
        submitter.submit(&base).await.unwrap();
        let (all, once) = (whole.calls().len() as u64, changes(&whole));
        let jobs = submitter.plan.jobs.len();
        assert!(jobs > 1, "{jobs} jobs");
        assert_eq!(once["CreateJob"], jobs);
        assert_eq!(once["UpdateJob"], jobs);

        for kind in [TroubleKind::Lost, TroubleKind::AnswerLost, TroubleKind::Unanswered] {
            let unanswered = kind == TroubleKind::Unanswered;
            for after in 0..all {
                let cloud = cloud(&content);
                let mut submitter = Submitter::new(&workshop, &cloud);
                if unanswered {
                    let short = Duration::from_millis(100);
                    submitter = Submitter::waiting(&workshop, &cloud, short);
                }
                let trouble =
                    Trouble { operation: None, after, times: u64::MAX, kind: kind.clone() };
                cloud.trouble(vec![trouble]);
                let error = submitter.submit(&base).await.unwrap_err().to_string();
                assert!(!error.contains(SOURCE_SECRET), "{error}");
                assert!(error.contains("\nhint: repeat the call"), "{error}");
                cloud.trouble(Vec::new());
                let submitter = Submitter::new(&workshop, &cloud);
                submitter.submit(&base).await.unwrap();
                let left = submitter.prepare(&base).await.unwrap();
                assert_eq!(left.steps, [], "{kind:?} after {after} calls");
                let made = changes(&cloud);
                for operation in ["CreateAddress", "CreateJob"] {
                    // What took effect without an answer is not among those that were done.
                    let fewer = usize::from(kind != TroubleKind::Lost);
                    let expected = once[operation] - fewer..=once[operation];
                    assert!(
                        expected.contains(&made[operation]),
                        "{kind:?} after {after} calls: {made:?}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_once_is_looked_for_and_not_asked_for_again() {
    let content = objects(false);
    let workshop = with_lists(&content);
    for operation in ["CreateAddress", "CreateJob", "UpdateJob"] {
        for kind in [TroubleKind::Lost, TroubleKind::AnswerLost] {
            let cloud = cloud(&content);
            let trouble = Trouble { operation: Some(operation), after: 1, times: 1, kind };
            cloud.trouble(vec![trouble]);
            Submitter::new(&workshop, &cloud).submit(&workshop.path("")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_job_runs_once_also_where_the_answer_to_its_launch_is_lost() {
    let content = objects(false);
    let workshop = planned(&content, &["--split", "prefix"]);
    for kind in [TroubleKind::Lost, TroubleKind::AnswerLost] {
        let cloud = cloud_of_steps(&content, 0);
        let mut submitter = Submitter::new(&workshop, &cloud);
        let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
        let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
        let retries = Retries { attempts: 3, pause: Duration::ZERO, ..Retries::default() };
        submitter.session = Session::new(keys, endpoints, retries);
        let trouble = Trouble { operation: Some("UpdateJob"), after: 0, times: 1, kind };
        let lost = usize::from(trouble.kind == TroubleKind::Lost);
        cloud.trouble(vec![trouble]);
        submitter.submit(&workshop.path("")).await.unwrap();
        let launches = cloud.calls().iter().filter(|call| call.operation == "UpdateJob").count();
        assert_eq!(launches, submitter.plan.jobs.len() + lost);
        for job in &submitter.plan.jobs {
            let standing = standing(&submitter.service(), job).await.unwrap();
            assert!(standing.status.is_some() && standing.runtime == 1, "{standing:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_request_does_not_tell_its_secret() {
    let echo =
        "<Error><Code>InvalidArgument</Code><Message>no PLANTED+source/secret</Message></Error>";
    let endpoints =
        Endpoints { stand_in: Some(common::answering("400 Bad Request", echo)), internal: false };
    let keys = Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None);
    let session = Session::new(keys, endpoints, Retries::default());
    let detail = AddressDetail {
        access_secret: Some(Secret::new(SOURCE_SECRET)),
        ..AddressDetail::default()
    };
    let address = NewAddress { detail: Some(detail), ..NewAddress::default() };
    let refused = Mgw::new(&session, ACCOUNT, REGION).create_address(&address).await.unwrap_err();
    let (text, debug) = (refused.to_string(), format!("{refused:?}"));
    assert!(text.contains("no [redacted]") && !debug.contains(SOURCE_SECRET), "{text}");
}

#[test]
fn a_plan_of_an_incomplete_scan_is_not_submitted_without_a_word() {
    let content = objects(false);
    let workshop = planned(&content, &["--split", "prefix"]);
    let text = fs::read_to_string(workshop.path("jobs.json")).unwrap();
    let mut plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cloud = cloud(&content);
    let ran = tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]);
    assert!(!ran.ends_with_code(0).stderr.contains("warning"), "{}", ran.said());
    plan["complete"] = false.into();
    fs::write(workshop.path("jobs.json"), plan.to_string()).unwrap();
    let cloud = cloud_of_steps(&content, 1);
    let ran = tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]);
    let words = "made of a scan that is not complete";
    assert!(ran.ends_with_code(0).stderr.contains(words), "{}", ran.said());
}

#[test]
fn where_only_newer_objects_are_copied_what_was_weighed_is_the_most() {
    let weighed = objects(false);
    let fewer: Vec<GivenObject> = (1..90)
        .map(|number| {
            GivenObject::new(format!("d{}/a b+{number:02}.bin", number % 3), 1000 + number)
        })
        .collect();
    for (more, code) in [(&["--start-time", "2020-01-01"][..], 0), (&[], 4)] {
        let workshop = planned(&weighed, &[&["--split", "whole"], more].concat());
        let cloud = cloud(&held(Given::new(fewer.clone())));
        tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]).ends_with_code(0);
        tell(&workshop, &cloud, &["status", "jobs.json", "--watch", "--every", "1ms"])
            .ends_with_code(0);
        let checked = tell(&workshop, &cloud, &["check", "jobs.json"]);
        checked.ends_with_code(code);
        assert!(checked.text().contains("89 objects"), "{}", checked.said());
    }
}

#[tokio::test]
async fn what_is_there_and_differs_is_refused_with_the_difference() {
    let content = objects(false);
    let workshop = planned(&content, &["--split", "prefix"]);
    let cloud = cloud(&content);
    let mut submitter = Submitter::new(&workshop, &cloud);
    submitter.submit(&workshop.path("")).await.unwrap();
    let before = changes(&cloud);
    let planned = submitter.plan.clone();
    submitter.plan.jobs[0].source.prefix = "elsewhere/".to_owned();
    let error = submitter.submit(&workshop.path("")).await.unwrap_err().to_string();
    assert!(error.contains("Prefix is `") && error.contains("not `elsewhere/`"), "{error}");
    submitter.plan = planned;
    submitter.plan.settings.bandwidth = Some(7);
    let second = submitter.plan.jobs[1].name.clone();
    submitter.plan.jobs[0].name = second;
    let error = submitter.submit(&workshop.path("")).await.unwrap_err().to_string();
    assert!(
        error.contains("is there already and is another") && error.contains("\nhint: "),
        "{error}"
    );
    assert_eq!(changes(&cloud), before, "nothing was changed");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_stops_before_any_job() {
    let content = objects(false);
    let workshop = with_lists(&content);
    let cloud = cloud(&held(Given::of_keys(["x"])));
    let submitter = Submitter::new(&workshop, &cloud);
    let prepared = {
        let keys = SourceKeys {
            access_id: Some("AKIASOURCE".to_owned()),
            access_secret: Some(Secret::new(SOURCE_SECRET)),
            role: Some("nobody".to_owned()),
        };
        prepare(&submitter.service(), &submitter.plan, &workshop.path(""), &keys).await.unwrap()
    };
    let patience = Patience { pause: Duration::ZERO, questions: 9, failures: 2 };
    let error = carry_out(&submitter.service(), &prepared.steps, patience, &mut |_| ()).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("cannot use the data address") && error.contains("NoPermission"),
        "{error}"
    );
    assert!(error.contains("\nhint: "), "{error}");
    assert_eq!(done(&cloud).get("CreateJob"), None);
    assert_eq!(done(&cloud)["VerifyAddress"], 4, "asked once to begin, and failed three times");
}

#[test]
fn a_plan_is_submitted_followed_and_found_as_promised() {
    let content = objects(false);
    let workshop = with_lists(&content);
    let cloud = cloud(&content);
    let nobody = tell(&workshop, &cloud, &["submit", "jobs.json"]);
    nobody.ends_with_code(2);
    assert!(
        nobody.stderr.contains("--yes") && nobody.text().contains("to do: launch"),
        "{}",
        nobody.said()
    );
    assert_eq!(changes(&cloud), BTreeMap::new(), "nothing without being asked");

    let waiting = tell(&workshop, &cloud, &["status", "jobs.json"]);
    assert!(waiting.ends_with_code(0).text().contains("not submitted"), "{}", waiting.said());
    tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]).ends_with_code(0);
    let before = changes(&cloud);
    let again = tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]);
    assert!(again.ends_with_code(0).text().contains("nothing is left to do"), "{}", again.said());
    assert_eq!(changes(&cloud), before, "a second submission changes nothing");

    let early = tell(&workshop, &cloud, &["check", "jobs.json"]);
    assert!(early.ends_with_code(4).text().contains(": it is "), "{}", early.said());
    let pausing = tell(&workshop, &cloud, &["pause", "jobs.json"]);
    assert!(pausing.ends_with_code(0).text().contains("pauses"), "{}", pausing.said());
    let paused = tell(&workshop, &cloud, &["status", "jobs.json"]);
    assert!(paused.ends_with_code(0).text().contains("paused"), "{}", paused.said());
    tell(&workshop, &cloud, &["resume", "jobs.json"]).ends_with_code(0);
    let watched = tell(&workshop, &cloud, &["status", "jobs.json", "--watch", "--every", "1ms"]);
    let lines = watched.ends_with_code(0).text();
    let last: Vec<&str> = lines.lines().rev().take(3).collect();
    assert!(last.iter().all(|line| line.contains("finished    [####################]")), "{lines}");
    let checked = tell(&workshop, &cloud, &["check", "jobs.json"]);
    checked.ends_with_code(0);
    assert!(checked.text().contains("as weighed and copied"), "{}", checked.said());
}

/// The bodies of what changed something at the migration service, in their order.
fn bodies(cloud: &AlibabaSimulator) -> Vec<String> {
    let of = |operation| ["CreateAddress", "CreateJob", "UpdateJob"].contains(&operation);
    let calls = cloud.calls().into_iter().filter(|call| of(call.operation));
    calls.map(|call| String::from_utf8(call.body).unwrap()).collect()
}

#[test]
fn what_is_submitted_is_what_requests_show() {
    let content = objects(false);
    let flags = ["--requests", "requests", "--bandwidth", "400M", "--qps", "50"];
    let more = ["--start-time", "2018-11-01T08:00:00Z", "--target-storage-class", "IA"];
    let lists = ["--split", "range", "--inventory-dir", "lists"];
    for division in [&lists[..], &["--split", "prefix"]] {
        let workshop = planned(&content, &[division, &flags, &more].concat());
        let cloud = cloud(&content);
        tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]).ends_with_code(0);
        let files = fs::read_dir(workshop.path("requests")).unwrap();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let shown = files.iter().map(|file| {
            let body = fs::read_to_string(file).unwrap();
            body.replace("{{ACCESS-ID}}", "AKIASOURCE")
                .replace("{{ACCESS-SECRET}}", SOURCE_SECRET)
                .replace("{{ROLE}}", "mover")
        });
        assert_eq!(shown.collect::<Vec<_>>(), bodies(&cloud));
    }
}

#[test]
fn a_plan_with_a_window_is_not_submitted() {
    let content = objects(false);
    let window = ["--split", "prefix", "--window", "22:00-06:00"];
    let workshop = planned(&content, &window);
    let cloud = cloud(&content);
    let to =
        ["s.json", "--to", "oss://destination/", "--output", "again.json", "--submit", "--yes"];
    for arguments in [&["submit", "jobs.json", "--yes"][..], &[&to[..], &window].concat()] {
        let ran = tell(&workshop, &cloud, arguments);
        ran.ends_with_code(2);
        assert!(ran.stderr.contains("22:00-06:00"), "{}", ran.said());
        assert!(ran.stderr.contains("`weighbridge jobs pause`"), "{}", ran.said());
    }
    assert!(!workshop.path("again.json").exists(), "refused before anything is written");
    assert_eq!(changes(&cloud), BTreeMap::new());
}

#[test]
fn secrets_are_in_no_file_and_no_output() {
    let content = objects(false);
    let forms = ["--requests", "requests", "--form", "form.txt", "--terraform", "jobs.tf"];
    let lists = ["--split", "range", "--inventory-dir", "lists", "--report", "jobs.html"];
    let workshop = planned(&content, &[&lists[..], &forms].concat());
    let cloud = cloud(&content);
    for arguments in [
        &["submit", "jobs.json", "--yes", "-vv"][..],
        &["status", "jobs.json", "--watch", "--every", "1ms", "-vv"],
        &["check", "jobs.json", "-vv"],
    ] {
        let said = tell(&workshop, &cloud, arguments).ends_with_code(0).said();
        assert!(!said.contains(DEFAULT_SECRET), "{said}");
    }
    let trouble = TroubleKind::Refused(403, "AccessDenied");
    cloud.trouble(vec![Trouble { operation: None, after: 0, times: u64::MAX, kind: trouble }]);
    let refused = tell(&workshop, &cloud, &["status", "jobs.json", "-vv"]);
    assert!(!refused.said().contains(DEFAULT_SECRET), "{}", refused.said());
    let mut folders = vec![workshop.path("")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            for secret in [SOURCE_SECRET, DEFAULT_SECRET] {
                assert!(!content.contains(secret), "{}", path.display());
            }
        }
    }
    assert!(files > 10, "{files} files");
}

#[test]
fn a_rehearsal_goes_as_it_is_printed() {
    let workshop = Workshop::new();
    let simulate = ["simulate", "--bucket", "photos", "--objects", "3k", "--alibaba"];
    let mut played = workshop.bare(&simulate).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(played.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut script = String::from("set -e\n");
    for line in lines {
        let Some((_, command)) = line.split_once(": ").filter(|(word, _)| *word != "listening")
        else {
            continue;
        };
        let command = command.replace("--every 1s", "--every 1ms");
        // Nobody is there to be asked.
        let agreed = if command.ends_with("--submit") { " --yes" } else { "" };
        script.extend([command.as_str(), agreed, "\n"]);
        if command.contains("jobs check") {
            break;
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_weighbridge"));
    let path = std::env::var("PATH").unwrap();
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", &script])
        .current_dir(workshop.path(""))
        .env_clear()
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .env("HOME", workshop.path(""))
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let ran = run(shell);
    played.kill().unwrap();
    played.wait().unwrap();
    assert!(ran.ends_with_code(0).text().contains("jobs are as planned"), "{}", ran.said());
}

#[test]
fn one_call_plans_and_submits() {
    let content = objects(false);
    let workshop = planned(&content, &["--split", "prefix"]);
    let cloud = cloud(&content);
    let ran = tell(
        &workshop,
        &cloud,
        &[
            "s.json",
            "--to",
            "oss://destination/copy/",
            "--region",
            REGION,
            "--source-domain",
            "s3.us-east-1.amazonaws.com",
            "--output",
            "jobs.json",
            "--split",
            "prefix",
            "--submit",
            "--yes",
        ],
    );
    assert!(ran.ends_with_code(0).text().contains("submitted"), "{}", ran.said());
    assert!(changes(&cloud)["CreateJob"] >= 1);
}

#[test]
fn objects_that_fail_or_changed_are_told_one_by_one() {
    let weighed = objects(true);
    let workshop = planned(&weighed, &["--split", "whole"]);
    // Since it was weighed, an object was replaced, and one came.
    let mut now: Vec<GivenObject> = Vec::new();
    weighed.visit(0..weighed.len(), &mut |key, attributes| {
        let mut object = GivenObject::new(key.to_vec(), attributes.size);
        object.storage_class = attributes.storage_class.to_vec();
        now.push(object);
    });
    let mut new = GivenObject::new("d9/new", 5);
    new.storage_class = b"GLACIER".to_vec();
    now.push(new);
    let cloud = cloud(&held(Given::new(now)));
    tell(&workshop, &cloud, &["submit", "jobs.json", "--yes"]).ends_with_code(0);
    tell(&workshop, &cloud, &["status", "jobs.json", "--watch", "--every", "1ms"])
        .ends_with_code(0);
    let checked =
        tell(&workshop, &cloud, &["check", "jobs.json", "--manifest", "m.csv", "--failed", "50"]);
    checked.ends_with_code(4);
    let text = checked.text();
    for words in [
        "found 91 objects",
        ": 1 more, created since",
        "10 objects failed, 9 of them as the plan foretold",
        "failed: d0/a b+00.bin (1000 B, GLACIER)",
        "failed: d9/new (was not there when the source was weighed)",
        "0 of 1 jobs are as planned",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn nothing_is_sent_without_what_only_the_user_has() {
    let content = objects(false);
    let workshop = planned(&content, &["--split", "prefix"]);
    let cloud = cloud(&content);
    let bare = |more: &[(&str, &str)]| {
        let mut command = workshop.bare(&["jobs", "submit", "jobs.json", "--yes"]);
        command.env("WEIGHBRIDGE_ALIBABA_ENDPOINT", cloud.endpoint());
        command.envs(more.iter().copied());
        run(command)
    };
    let nobody = bare(&[]);
    nobody.ends_with_code(2);
    assert!(nobody.stderr.contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{}", nobody.said());
    let keys = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_KEY_ID),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_SECRET),
    ];
    let without = bare(&keys);
    without.ends_with_code(2);
    assert!(without.stderr.contains("--role"), "{}", without.said());
    let role = [&keys[..], &[("WEIGHBRIDGE_ALIBABA_ROLE", "mover")]].concat();
    let without = bare(&role);
    without.ends_with_code(2);
    assert!(without.stderr.contains("WEIGHBRIDGE_SOURCE_ACCESS_ID"), "{}", without.said());
    assert_eq!(changes(&cloud), BTreeMap::new());
}
