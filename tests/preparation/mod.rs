//! What the tests of preparing and taking back share: two accounts, a wish for each way, the library's way of
//! applying without questions and without waiting.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use weighbridge::alibaba::kms::Kms;
use weighbridge::alibaba::oss::{Bucket, Presence, Setting};
use weighbridge::alibaba::ram::{Holder, PolicyName, Ram};
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session};
use weighbridge::preflight::prepare::{
    Account, Action, Back, Clouds, Keeper, Patience, Plan, PrepareError, Record, Wish, carry_out,
    look, look_back, take_back,
};
use weighbridge::preflight::wanted::Way;
use weighbridge::simulator::{
    AlibabaAccount, AlibabaBucket, AlibabaConfig, AlibabaKey, AlibabaSimulator, Credential,
    DEFAULT_KEY_ID, DEFAULT_SECRET, Trouble, TroubleKind,
};

pub(crate) const OWN: &str = "1234567890123456";
pub(crate) const OTHER: &str = "2222222222222222";
pub(crate) const OTHER_ID: &str = "other-account";
pub(crate) const OTHER_SECRET: &str = "PLANTED-other-secret";
pub(crate) const REGION: &str = "cn-hangzhou";
/// The bucket of the other account, and the key that encrypts it.
pub(crate) const THEIRS: &str = "theirs";
pub(crate) const KEY: &str = "key-1";
pub(crate) const PATIENCE: Patience = Patience { pause: Duration::ZERO, questions: 3 };

/// What the bucket's policy holds from the start, in a manner that only its owner has.
pub(crate) const BUCKET_POLICY: &str = r#"{ "Version":"1", "Statement": [ {"Action":"oss:GetObject", "Effect":"Allow","Principal":["3333"],"Resource":"acs:oss:*:2222222222222222:theirs/public/*", "Note" : [1.0] } ] }"#;

pub(crate) fn key_arn() -> String {
    format!("acs:kms:{REGION}:{OTHER}:key/{KEY}")
}

/// Two accounts; the other one has a bucket with a policy, encrypted by a key with a policy.
pub(crate) fn config() -> AlibabaConfig {
    let mut config = AlibabaConfig::default();
    let mut other = AlibabaAccount::new(OTHER);
    other.credentials.push(Credential {
        key_id: OTHER_ID.to_owned(),
        secret: OTHER_SECRET.to_owned(),
        session_token: None,
    });
    let bucket = AlibabaBucket::default().encrypted_by(KEY).with("policy", BUCKET_POLICY);
    other.buckets.insert(THEIRS.to_owned(), bucket);
    other.keys.insert(KEY.to_owned(), AlibabaKey::in_instance());
    config.others.push(other);
    config
}

/// A cloud, keys for it, and a folder for records.
pub(crate) struct Site {
    pub(crate) cloud: AlibabaSimulator,
    pub(crate) folder: TempDir,
    own: Session,
    other: Session,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::of(config())
    }

    pub(crate) fn of(config: AlibabaConfig) -> Self {
        let cloud = AlibabaSimulator::start_in_thread(config).unwrap();
        let session = |id: &str, secret: &str| {
            let endpoints = Endpoints { stand_in: Some(cloud.endpoint()), internal: false };
            let retries =
                Retries { attempts: 1, pause: Duration::ZERO, answer: Retries::default().answer };
            Session::new(Credentials::new(id, secret, None), endpoints, retries)
        };
        let (own, other) =
            (session(DEFAULT_KEY_ID, DEFAULT_SECRET), session(OTHER_ID, OTHER_SECRET));
        Self { cloud, folder: folder(), own, other }
    }

    pub(crate) fn clouds(&self) -> Clouds<'_> {
        Clouds {
            own: Account { session: &self.own, number: OWN },
            other: Some(Account { session: &self.other, number: OTHER }),
        }
    }

    pub(crate) fn ram(&self) -> Ram<'_> {
        Ram::new(&self.own)
    }

    pub(crate) fn their_kms(&self) -> Kms<'_> {
        Kms::new(&self.other, REGION)
    }

    pub(crate) fn bucket<'a>(&'a self, name: &'a str) -> Bucket<'a> {
        let session = if name == THEIRS { &self.other } else { &self.own };
        Bucket { session, name, region: REGION }
    }

    pub(crate) async fn policy_of(&self, bucket: &str) -> Option<String> {
        let found = self.bucket(bucket).setting(Setting::Policy).await.unwrap();
        found.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("prepare.json")
    }

    pub(crate) fn record(&self) -> Option<Record> {
        Record::read(&self.path()).ok()
    }

    /// Takes the record away, as if there had been no run.
    pub(crate) fn forget(&self) {
        // There may be none.
        let _ = fs::remove_file(self.path());
    }

    /// What is there of a wish.
    pub(crate) async fn look(&self, wish: &Wish) -> Result<Plan, PrepareError> {
        look(&self.clouds(), wish, self.record().as_ref()).await
    }

    pub(crate) async fn left(&self, wish: &Wish) -> Vec<Action> {
        self.look(wish).await.unwrap().actions().cloned().collect()
    }

    /// Looks, and does what is missing; the keys that were given out.
    pub(crate) async fn prepare(&self, wish: &Wish) -> Result<Vec<Credentials>, PrepareError> {
        let plan = self.look(wish).await?;
        self.apply(&plan).await
    }

    pub(crate) async fn apply(&self, plan: &Plan) -> Result<Vec<Credentials>, PrepareError> {
        assert!(!plan.is_blocked(), "{plan:?}");
        let mut record = Record::of_plan(plan);
        if let Some(earlier) = Record::read_earlier(&self.path(), plan)? {
            record = record.following(earlier);
        }
        let mut keeper = Keeper::new(record, self.path())?;
        let mut keys = Vec::new();
        let mut deliver = |key: &Credentials| {
            keys.push(key.clone());
            Ok(())
        };
        let done =
            carry_out(&self.clouds(), &mut keeper, PATIENCE, &mut deliver, &mut |_| ()).await;
        done.map(|()| keys)
    }

    pub(crate) async fn look_back(&self) -> Vec<Back> {
        look_back(&self.clouds(), &self.record().unwrap()).await.unwrap()
    }

    /// Takes back what the record says.
    pub(crate) async fn undo(&self) -> Result<(), PrepareError> {
        let Some(record) = self.record() else { return Ok(()) };
        let backs = look_back(&self.clouds(), &record).await?;
        let mut keeper = Keeper::new(record, self.path())?;
        take_back(&self.clouds(), &mut keeper, &backs, PATIENCE, &mut |_| ()).await
    }

    /// All that a preparation of `wish` can change, in words.
    pub(crate) async fn snapshot(&self, wish: &Wish) -> BTreeMap<String, String> {
        let ram = self.ram();
        let mut all = BTreeMap::new();
        let mut add = |name: String, found: String| all.insert(name, found);
        if let Some(user) = &wish.user {
            add(format!("user {user}"), format!("{:?}", ram.user(user).await.unwrap()));
            let held = ram.attached(Holder::User(user)).await.unwrap();
            add(format!("user {user} has"), format!("{held:?}"));
            let keys = ram.access_keys(user).await.unwrap();
            add(format!("keys of {user}"), format!("{keys:?}"));
        }
        add(format!("role {}", wish.role), format!("{:?}", ram.role(&wish.role).await.unwrap()));
        let held = ram.attached(Holder::Role(&wish.role)).await.unwrap();
        add(format!("role {} has", wish.role), format!("{held:?}"));
        for name in [wish.user_policy_name(), wish.role_policy_name(), wish.kms_policy_name()] {
            let policy = ram.policy(&PolicyName::custom(&name)).await.unwrap();
            add(format!("policy {name}"), format!("{policy:?}"));
        }
        let bucket = self.bucket(&wish.bucket);
        let presence = bucket.presence().await.unwrap();
        if matches!(presence, Presence::Ours(_)) {
            add("bucket policy".to_owned(), format!("{:?}", self.policy_of(&wish.bucket).await));
        }
        add("bucket".to_owned(), format!("{presence:?}"));
        add("key policy".to_owned(), self.their_kms().key_policy(KEY).await.unwrap());
        all
    }

    /// Lets calls go well `after` times, and all others fail like this.
    pub(crate) fn break_off(&self, (after, kind): &(usize, TroubleKind)) {
        let (after, kind) = (*after as u64, kind.clone());
        self.cloud.trouble(vec![Trouble { operation: None, after, times: u64::MAX, kind }]);
    }

    /// Where what calls the cloud from the `from`th call on can be broken off: before each call, and behind each
    /// that changes something, with its answer lost.
    pub(crate) fn breaks(&self, from: usize) -> Vec<(usize, TroubleKind)> {
        let calls = self.cloud.calls();
        let calls = || calls[from..].iter().enumerate();
        let before = calls().map(|(index, _)| (index, TroubleKind::Lost));
        let changing = calls().filter(|(_, call)| is_change(call.operation));
        before.chain(changing.map(|(index, _)| (index, TroubleKind::AnswerLost))).collect()
    }

    /// How often each operation that changes something was carried out.
    pub(crate) fn changes(&self) -> BTreeMap<&'static str, usize> {
        let mut changes = BTreeMap::new();
        for call in self.cloud.calls().into_iter().filter(|call| call.done) {
            if is_change(call.operation) {
                *changes.entry(call.operation).or_default() += 1;
            }
        }
        changes
    }

    /// No file in the folder holds this.
    #[track_caller]
    pub(crate) fn holds_nowhere(&self, secret: &str) {
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!content.contains(secret), "{}", path.display());
        }
    }
}

fn is_change(operation: &str) -> bool {
    !["Get", "List", "Describe", "Head"].iter().any(|look| operation.starts_with(look))
}

/// A folder in memory where there is one: records are synced to disk some ten thousand times here.
fn folder() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// A wish for each way, with all that the way can have.
pub(crate) fn wishes() -> Vec<Wish> {
    [Way::Automatic, Way::Manual, Way::CrossAccount, Way::Classic]
        .into_iter()
        .map(|way| {
            let bucket = if way == Way::CrossAccount { THEIRS } else { "copies" };
            Wish { access_key: way == Way::Classic, ..Wish::new(bucket, REGION, way) }
        })
        .collect()
}

pub(crate) fn wish(way: Way) -> Wish {
    wishes().into_iter().find(|wish| wish.way == way).unwrap()
}
