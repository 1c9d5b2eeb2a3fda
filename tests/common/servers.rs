//! Stores that other people wrote, as `scripts/servers` tells of them.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use weighbridge::object::KeyOrder;

use super::{Ran, Workshop, decoded, run};

/// What `scripts/servers` tells of a server.
#[derive(Clone, Deserialize)]
pub(crate) struct Server {
    dialect: Dialect,
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) bucket: String,
    truth: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Dialect {
    S3,
    Azure,
}

#[derive(Deserialize)]
struct Known {
    key_b64: String,
    size: u64,
}

/// A key and its size.
pub(crate) type Object = (Vec<u8>, u64);

/// Servers that take half an hour to build, and are left out where nobody has them.
const OPTIONAL: [&str; 1] = ["GARAGE"];

/// The server of this name in capitals with its objects in byte order, or nothing where it does not run.
#[expect(clippy::print_stderr, reason = "who runs the tests has to know what was left out")]
pub(crate) fn server(name: &str) -> Option<(Server, Vec<Object>)> {
    let variable = format!("WEIGHBRIDGE_TEST_{name}");
    let Some(path) = std::env::var_os(&variable) else {
        let required = std::env::var("WEIGHBRIDGE_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        let required = required && !OPTIONAL.contains(&name);
        assert!(!required, "{variable} is not set, and WEIGHBRIDGE_REQUIRE_SERVERS is");
        eprintln!("left out: {variable} is not set; `scripts/test` starts the servers");
        return None;
    };
    let server: Server = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let truth = fs::read_to_string(&server.truth).unwrap();
    let mut objects: Vec<Object> = truth
        .lines()
        .map(|line| serde_json::from_str::<Known>(line).unwrap())
        .map(|known| (decoded(&known.key_b64), known.size))
        .collect();
    objects.sort();
    assert!(objects.len() > 1_000, "the data set, or a fifth of it");
    Some((server, objects))
}

impl Server {
    /// The order in which it lists.
    pub(crate) fn order(&self) -> KeyOrder {
        match self.dialect {
            Dialect::S3 => KeyOrder::Bytes,
            Dialect::Azure => KeyOrder::Utf16,
        }
    }

    /// A scan below a prefix that leaves `s.json` and `m.csv` in the workshop.
    pub(crate) fn command(
        &self,
        workshop: &Workshop,
        prefix: &str,
        more: &[&str],
    ) -> std::process::Command {
        let Self { bucket, access_key_id, secret_access_key, .. } = self;
        let location = match self.dialect {
            Dialect::S3 => format!("s3://{bucket}/{prefix}"),
            Dialect::Azure => format!("azure://{access_key_id}/{bucket}/{prefix}"),
        };
        let mut command = workshop.bare(&["scan", &location, "-q", "-o", "s.json", "-m", "m.csv"]);
        command.args(["--endpoint-url", &self.endpoint]).args(more);
        match self.dialect {
            Dialect::S3 => command
                .args(["--region", &self.region])
                .env("AWS_ACCESS_KEY_ID", access_key_id)
                .env("AWS_SECRET_ACCESS_KEY", secret_access_key),
            Dialect::Azure => command.env("AZURE_STORAGE_KEY", secret_access_key),
        };
        command
    }

    pub(crate) fn scan(&self, workshop: &Workshop, prefix: &str, more: &[&str]) -> Ran {
        // What an earlier run left is not to be taken for this one's.
        for name in ["s.json", "m.csv"] {
            let _ = fs::remove_file(workshop.path(name));
        }
        let _ = fs::remove_dir_all(workshop.path("m.csv.weighbridge"));
        let ran = run(self.command(workshop, prefix, more));
        assert!(!ran.said().contains(&self.secret_access_key), "{}", ran.said());
        ran
    }
}
