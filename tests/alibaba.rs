//! The control side of Alibaba Cloud: our client and the official SDK against the simulator.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use weighbridge::alibaba::mgw::{
    AddressDetail, FilterRule, ImportQos, JobStatus, KeyFilters, Mgw, NewAddress, NewJob,
    NewReport, Patterns, ScheduleRule, Secret, known,
};
use weighbridge::alibaba::{CallError, Credentials, Endpoints, Retries, Session, oss, sts};
use weighbridge::simulator::{
    AlibabaBucket, AlibabaConfig, AlibabaRole, AlibabaSimulator, Credential, DEFAULT_KEY_ID,
    DEFAULT_SECRET, Given, GivenObject, ReceivedCall, Trouble, TroubleKind,
};

const ACCOUNT: &str = "1234567890123456";
const REGION: &str = "cn-hangzhou";

fn cloud() -> AlibabaSimulator {
    cloud_with(|_| ())
}

/// A cloud with a bucket of its own, and one elsewhere of 60 objects, six of them archived.
fn cloud_with(change: impl FnOnce(&mut AlibabaConfig)) -> AlibabaSimulator {
    let objects = (0..60).map(|number| {
        let mut object = GivenObject::new(format!("docs/{number:02}"), 1000 + number);
        if number % 10 == 0 {
            object.storage_class = b"GLACIER".to_vec();
        }
        object
    });
    let mut config = AlibabaConfig::default();
    config.sources.insert("source".to_owned(), Arc::new(Given::new(objects)));
    config.home.buckets.insert("destination".to_owned(), AlibabaBucket::default());
    config.home.roles.insert("mover".to_owned(), AlibabaRole::default());
    change(&mut config);
    AlibabaSimulator::start_in_thread(config).unwrap()
}

fn session(cloud: &AlibabaSimulator) -> Session {
    session_with(cloud, Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None))
}

fn session_with(cloud: &AlibabaSimulator, keys: Credentials) -> Session {
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let retries = Retries { attempts: 3, pause: Duration::ZERO, ..Retries::default() };
    Session::new(keys, endpoints, retries)
}

#[allow(clippy::unnecessary_wraps, reason = "members of requests are optional")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn source() -> NewAddress {
    let detail = AddressDetail {
        address_type: some("s3"),
        bucket: some("source"),
        domain: some("s3.us-east-1.amazonaws.com"),
        prefix: some("docs/"),
        access_id: some("AKIA"),
        access_secret: Some(Secret::new("PLANTED <&> secret")),
        ..AddressDetail::default()
    };
    NewAddress { name: some("from-s3"), detail: Some(detail), ..NewAddress::default() }
}

fn destination() -> NewAddress {
    let detail = AddressDetail {
        address_type: some("oss"),
        bucket: some("destination"),
        region_id: some("oss-cn-hangzhou"),
        role: some("mover"),
        ..AddressDetail::default()
    };
    NewAddress { name: some("to-oss"), tags: some("made:here"), detail: Some(detail) }
}

fn job() -> NewJob {
    NewJob {
        name: some("move-docs"),
        src_address: some("from-s3"),
        dest_address: some("to-oss"),
        overwrite_mode: some("always"),
        transfer_mode: some("lastmodified"),
        create_report: Some(true),
        target_storage_class: some("IA"),
        import_qos: Some(ImportQos {
            max_bandwidth: Some(1 << 30),
            max_import_task_qps: Some(1000),
        }),
        filter_rule: Some(FilterRule {
            key_filters: Some(KeyFilters {
                includes: Some(Patterns { regex: Some(vec!["a&b".into(), r".*\.jpg$".into()]) }),
                excludes: None,
            }),
            ..FilterRule::default()
        }),
        schedule_rule: Some(ScheduleRule {
            start: some("0 0 22 * * ?"),
            suspend: some("0 0 6 * * ?"),
            max_schedule_count: Some(5),
        }),
        ..NewJob::default()
    }
}

/// The same in the SDK's names.
fn in_the_sdks_names() -> Value {
    json!({
        "source": {"Name": "from-s3", "AddressDetail": {
            "AddressType": "s3", "Bucket": "source", "Domain": "s3.us-east-1.amazonaws.com",
            "Prefix": "docs/", "AccessId": "AKIA", "AccessSecret": "PLANTED <&> secret",
        }},
        "destination": {"Name": "to-oss", "Tags": "made:here", "AddressDetail": {
            "AddressType": "oss", "Bucket": "destination", "RegionId": "oss-cn-hangzhou", "Role": "mover",
        }},
        "job": {
            "Name": "move-docs", "SrcAddress": "from-s3", "DestAddress": "to-oss",
            "OverwriteMode": "always", "TransferMode": "lastmodified", "CreateReport": true,
            "TargetStorageClass": "IA",
            "ImportQos": {"MaxBandWidth": 1 << 30, "MaxImportTaskQps": 1000},
            "FilterRule": {"KeyFilters": {"Includes": {"Regex": ["a&b", r".*\.jpg$"]}}},
            "ScheduleRule": {
                "StartCronExpression": "0 0 22 * * ?", "SuspendCronExpression": "0 0 6 * * ?",
                "MaxScheduleCount": 5,
            },
        },
    })
}

/// The whole life of two addresses and a job, as `tests/sdks/migrate.py` lives it too.
async fn live(mgw: &Mgw<'_>) {
    let (from, name) = ("from-s3", "move-docs");
    assert!(mgw.address(from).await.unwrap_err().is_not_found());
    mgw.create_address(&source()).await.unwrap();
    assert!(mgw.create_address(&source()).await.unwrap_err().is_conflict());
    mgw.create_address(&destination()).await.unwrap();
    assert!(!mgw.verify_address(from).await.unwrap().is_done(), "verification takes its time");
    assert!(mgw.verify_address(from).await.unwrap().is_available());
    let address = mgw.address(from).await.unwrap();
    assert_eq!(address.status.as_deref(), Some("available"));
    assert_eq!(address.detail.unwrap().access_secret, None, "secrets are not given back");
    let page = mgw.addresses(1, "").await.unwrap();
    assert_eq!((page.items.len(), page.next.as_deref()), (1, Some("from-s3")));
    mgw.create_job(&job()).await.unwrap();
    mgw.launch(name).await.unwrap();
    assert_eq!(mgw.job(name).await.unwrap().status(), JobStatus::Preparing);
    let unknown = mgw.job_result(name, 1).await.unwrap();
    assert_eq!(known(unknown.copied_object_count), Some(0));
    mgw.pause(name).await.unwrap();
    mgw.launch(name).await.unwrap();
    let mut last = mgw.job(name).await.unwrap();
    for _ in 1..7 {
        last = mgw.job(name).await.unwrap();
    }
    assert_eq!(last.status(), JobStatus::Finished);
    let result = mgw.job_result(name, 1).await.unwrap();
    assert_eq!(known(result.total_object_count), Some(60));
    assert_eq!(known(result.total_object_size), Some((0..60).map(|n| 1000 + n).sum()));
    assert_eq!(known(result.failed_object_count), Some(6));
    let history = mgw.job_history(name, 100, "").await.unwrap();
    assert!(history.items[0].is_listed());
    assert_eq!(history.items[0].total_count, Some(60));
    assert_eq!(mgw.jobs(10, "").await.unwrap().items.len(), 1);
    let version = last.version.unwrap();
    assert_eq!(mgw.report(&version, 1).await.unwrap().status.as_deref(), Some("NotExist"));
    let report =
        NewReport { job_name: some(name), version: Some(version.clone()), runtime_id: Some(1) };
    mgw.create_report(&report).await.unwrap();
    assert_eq!(mgw.report(&version, 1).await.unwrap().failed_count, Some(6));
    assert!(mgw.delete_address(from).await.unwrap_err().is_conflict(), "a job uses it");
    mgw.delete_job(name, true).await.unwrap();
    mgw.delete_address(from).await.unwrap();
}

#[tokio::test]
async fn an_address_and_a_job_live_as_the_service_tells() {
    let cloud = cloud();
    let session = session(&cloud);
    live(&Mgw::new(&session, ACCOUNT, REGION)).await;
    assert!(cloud.calls().iter().all(|call| !call.operation.is_empty()));
}

/// A call as both clients have to send it. The SDK writes its booleans as Python does, and its query in
/// whatever order.
fn sent(call: &ReceivedCall) -> (String, String, Vec<String>, String) {
    let (request, query) = call.request.split_once('?').unwrap_or((&call.request, ""));
    let mut query: Vec<String> =
        query.split('&').map(|pair| pair.replace("=True", "=true")).collect();
    query.sort();
    let body = String::from_utf8(call.body.clone()).unwrap();
    (call.host.clone(), request.to_owned(), query, body)
}

#[tokio::test]
async fn our_requests_are_those_of_the_official_sdk() {
    let theirs = cloud();
    let (host, port) = (theirs.address().ip().to_string(), theirs.address().port().to_string());
    let arguments = [&*host, &port, ACCOUNT, REGION, DEFAULT_KEY_ID, DEFAULT_SECRET];
    let Some(told) = common::sdk("migrate.py", &arguments, &in_the_sdks_names()) else { return };
    let told = told.as_array().unwrap();
    let answers = |name: &str| -> Vec<&Value> {
        told.iter().filter(|pair| pair[0] == name).map(|pair| &pair[1]).collect()
    };
    assert_eq!(answers("get_address")[0]["Error"], "NoSuchImportAddress");
    assert_eq!(answers("verify_address")[1]["VerifyAddressResponse"]["Status"], "available");
    let jobs = answers("get_job");
    assert_eq!(jobs[jobs.len() - 1]["ImportJob"]["Status"], "IMPORT_JOB_FINISHED");
    let result = &answers("get_job_result")[1]["ImportJobResult"];
    assert_eq!(
        (&result["TotalObjectCount"], &result["FailedObjectCount"]),
        (&json!(60), &json!(6))
    );

    let ours = cloud();
    let session = session(&ours);
    live(&Mgw::new(&session, ACCOUNT, REGION)).await;
    let (ours, theirs) = (ours.calls(), theirs.calls());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(sent(ours), sent(theirs));
        assert_eq!(ours.done, theirs.done, "{}", ours.operation);
    }
    assert_eq!(ours.len(), theirs.len());
}

#[tokio::test]
async fn a_call_with_wrong_keys_is_refused_with_a_way_out() {
    let cloud = cloud();
    for (keys, code) in [
        (Credentials::new(DEFAULT_KEY_ID, "PLANTED", None), "SignatureDoesNotMatch"),
        (Credentials::new("nobody", "PLANTED", None), "InvalidAccessKeyId"),
    ] {
        let session = session_with(&cloud, keys);
        let mgw = Mgw::new(&session, ACCOUNT, REGION);
        for error in
            [mgw.jobs(10, "").await.unwrap_err(), sts::caller_identity(&session).await.unwrap_err()]
        {
            let text = error.to_string();
            assert!(text.contains(code) && text.contains("\nhint: "), "{text}");
            assert!(!text.contains("PLANTED"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_from_the_answer() {
    let cloud = cloud_with(|config| config.clock_ahead = -7200);
    let session = session(&cloud);
    sts::caller_identity(&session).await.unwrap();
    assert_eq!(cloud.calls().len(), 2);
    Mgw::new(&session, ACCOUNT, REGION).jobs(1, "").await.unwrap();
    assert_eq!(cloud.calls().len(), 3, "once for all that follows");
}

#[tokio::test]
async fn a_role_is_taken_on_before_anything_else() {
    let cloud = cloud_with(|config| {
        let role = AlibabaRole::of_account(ACCOUNT);
        config.home.roles.insert("mover".to_owned(), role);
        config.home.credentials.push(Credential {
            key_id: "STS.temporary".to_owned(),
            secret: "PLANTED".to_owned(),
            session_token: Some("PLANTEDTOKEN".to_owned()),
        });
    });
    let mut found = weighbridge::alibaba::credentials::Found {
        credentials: Credentials::new(DEFAULT_KEY_ID, DEFAULT_SECRET, None),
        role: Some(weighbridge::alibaba::credentials::AssumedRole {
            arn: format!("acs:ram::{ACCOUNT}:role/mover"),
            session_name: "weigh".to_owned(),
            seconds: Some(3600),
            external_id: None,
        }),
    };
    let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
    let session = sts::open(found.clone(), endpoints.clone(), Retries::default()).await.unwrap();
    assert_eq!(session.credentials().id, "STS.temporary");
    assert_eq!(sts::caller_identity(&session).await.unwrap().account, ACCOUNT);
    Mgw::new(&session, ACCOUNT, REGION).jobs(1, "").await.unwrap();
    assert!(!format!("{session:?}").contains("PLANTED"));
    found.role.as_mut().unwrap().arn.push_str("-that-is-not-there");
    let error = sts::open(found, endpoints, Retries::default()).await.unwrap_err().to_string();
    assert!(error.contains("EntityNotExist.Role") && error.contains("\nhint: "), "{error}");
}

#[tokio::test]
async fn an_object_is_stored_whole_and_under_its_own_key() {
    let cloud = cloud();
    let session = session(&cloud);
    let bucket = oss::Bucket { session: &session, name: "destination", region: REGION };
    let key = "lists/a b+c%2F中.csv.gz";
    bucket.put_object(key, "application/gzip", vec![7; 300_000].into()).await.unwrap();
    assert_eq!(cloud.object("destination", key), Some(vec![7; 300_000]));
    let other = oss::Bucket { name: "nobodys", ..bucket };
    let error = other.put_object("k", "text/plain", "x".into()).await.unwrap_err();
    assert!(error.to_string().contains("NoSuchBucket"), "{error}");
}

#[tokio::test]
async fn creating_is_not_repeated_when_it_may_have_happened() {
    let cloud = cloud();
    let session = session(&cloud);
    let mgw = Mgw::new(&session, ACCOUNT, REGION);
    let once = |kind| Trouble { operation: Some("CreateAddress"), after: 0, times: 1, kind };
    cloud.trouble(vec![once(TroubleKind::AnswerLost)]);
    let error = mgw.create_address(&source()).await.unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(cloud.calls().len(), 1);
    assert!(mgw.address("from-s3").await.is_ok());
    cloud.trouble(vec![once(TroubleKind::Refused(429, "Throttling.User"))]);
    mgw.create_address(&destination()).await.unwrap();
}

#[tokio::test]
async fn every_refusal_says_what_was_tried_and_what_to_do() {
    let cloud = cloud();
    let session = session(&cloud);
    let mgw = Mgw::new(&session, ACCOUNT, REGION);
    for code in [
        "ExceedMaxObjectSize",
        "FileCountExceedMaxCount",
        "JobCountExceedMaxCount",
        "InvalidJobName",
        "RetryExceedMaxCount",
        "UnsupportedArchiveBucket",
        "SourceAddrHasUnsupportedChar",
        "NoPermission",
        "AzureSourceConnStrAccountInvalid",
        "AzureSourceAddrContainerInvalid",
        "SourceAddrEndpointOrSkInvalid",
        "SourceAddrAccessKeyOrPermissionInvalid",
        "SourceAddrBadHttpListFormat",
        "DestAddrBucketNotExist",
        "NoSuchImportAddress",
    ] {
        let kind = TroubleKind::Refused(400, code);
        cloud.trouble(vec![Trouble { operation: None, after: 0, times: 1, kind }]);
        let error = mgw.create_job(&job()).await.unwrap_err();
        assert!(matches!(error, CallError::Refused { .. }));
        let text = error.to_string();
        assert!(text.starts_with("cannot create the job `move-docs`: "), "{text}");
        assert!(text.contains(code) && text.contains("\nhint: "), "{text}");
    }
}

const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Principal":["123"],"Resource":["acs:oss:*:*:destination"]}]}"#;

#[tokio::test]
async fn what_is_kept_with_a_bucket_is_read_and_set() {
    let cloud = cloud();
    let session = session(&cloud);
    let bucket = oss::Bucket { session: &session, name: "destination", region: REGION };
    let before = bucket.info().await.unwrap();
    assert_eq!((before.location.as_str(), before.owner.as_str()), ("oss-cn-hangzhou", ACCOUNT));
    assert_eq!((before.encryption, before.versioning), (None, None));
    for setting in [oss::Setting::Policy, oss::Setting::Encryption, oss::Setting::Lifecycle] {
        assert_eq!(bucket.setting(setting).await.unwrap(), None);
    }
    bucket.put_setting(oss::Setting::Policy, POLICY.into()).await.unwrap();
    assert_eq!(bucket.setting(oss::Setting::Policy).await.unwrap(), Some(POLICY.into()));
    let error = bucket.put_setting(oss::Setting::Policy, "no JSON".into()).await.unwrap_err();
    assert!(error.to_string().contains("set the policy of the bucket `destination`"), "{error}");
    bucket.delete_setting(oss::Setting::Policy).await.unwrap();
    assert_eq!(bucket.setting(oss::Setting::Policy).await.unwrap(), None);
}

#[tokio::test]
async fn the_official_sdk_and_ours_see_the_same_bucket() {
    let cloud = cloud();
    let (host, port) = (cloud.address().ip().to_string(), cloud.address().port().to_string());
    let arguments = [&*host, &port, REGION, "destination", DEFAULT_KEY_ID, DEFAULT_SECRET];
    let given = json!({"policy": POLICY, "key": "key-1"});
    let Some(told) = common::sdk("bucket.py", &arguments, &given) else { return };
    assert_eq!(told["none"], json!(["NoSuchBucketPolicy", "NoSuchServerSideEncryptionRule"]));
    let session = session(&cloud);
    let bucket = oss::Bucket { session: &session, name: "destination", region: REGION };
    let info = bucket.info().await.unwrap();
    assert_eq!(told["location"], info.location);
    assert_eq!(told["owner"], info.owner);
    assert_eq!(told["algorithm"].as_str(), info.encryption.as_deref());
    assert_eq!(told["key"].as_str(), info.kms_key.as_deref());
    assert_eq!(info.kms_key.as_deref(), Some("key-1"));
    let policy = bucket.setting(oss::Setting::Policy).await.unwrap().unwrap();
    assert_eq!(told["policy"].as_str().map(str::as_bytes), Some(&*policy));
}
