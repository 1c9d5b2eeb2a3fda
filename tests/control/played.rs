//! The services as the program plays them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::{REGION, STRANGER};
use weighbridge::alibaba::kms::Kms;
use weighbridge::alibaba::oss::{Bucket, Presence};
use weighbridge::alibaba::ram::Ram;
use weighbridge::alibaba::{Credentials, Endpoints, Retries, Session, sts};
use weighbridge::simulator::{DEFAULT_KEY_ID, DEFAULT_SECRET};

/// A program that is stopped however the test ends.
struct Played(Child);

impl Drop for Played {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_plays_all_services_and_two_accounts() {
    let program = env!("CARGO_BIN_EXE_weighbridge");
    let played = std::process::Command::new(program)
        .args(["simulate", "--objects", "10", "--alibaba"])
        .stdout(Stdio::piped())
        .spawn();
    let mut played = Played(played.unwrap());
    let mut lines = BufReader::new(played.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let endpoint = lines.find_map(|line| Some(line.split_once(" is played on ")?.1.to_owned()));
    let endpoints = Endpoints { stand_in: endpoint, internal: false };
    assert!(endpoints.stand_in.is_some());
    let open = |id: &str, secret: &str| {
        Session::new(Credentials::new(id, secret, None), endpoints.clone(), Retries::default())
    };
    let (home, other) = (open(DEFAULT_KEY_ID, DEFAULT_SECRET), open("others", "others-secret"));
    assert!(Ram::new(&home).role("oss-import").await.unwrap().is_some());
    let key = Kms::new(&home, REGION).key("rehearsal-key").await.unwrap().unwrap();
    assert!(key.is_enabled() && key.takes_policy());
    let bucket = Bucket { session: &home, name: "destination", region: REGION };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Ours(_)));
    let bucket = Bucket { name: "others", ..bucket };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Denied(_)));
    assert_eq!(sts::caller_identity(&other).await.unwrap().account, STRANGER);
    let bucket = Bucket { session: &other, ..bucket };
    assert!(matches!(bucket.presence().await.unwrap(), Presence::Ours(_)));
    assert!(Kms::new(&other, REGION).key("others-key").await.unwrap().is_some());
}
