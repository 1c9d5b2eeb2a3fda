//! How a failure is told: what was being done, to what, what happened, and the way out.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};

use clap::error::ContextKind;

use super::console::harmless;
use super::{Console, azure};
use crate::exit::Exit;
use crate::location::Location;
use crate::manifest::ManifestError;
use crate::scan::ScanError;
use crate::store::{ErrorKind, StoreError};
use crate::units::UnitError;

/// A failure as it is printed: one sentence and, where there is a way out, a hint.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The command line or its environment is wrong.
    pub(super) fn usage(error: &dyn Error) -> Self {
        Self { exit: Exit::Usage, message: chain(error), hint: None }
    }

    /// The call is wrong, in these words.
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The run failed.
    pub(super) fn failed(error: &dyn Error) -> Self {
        Self { exit: Exit::Failed, message: chain(error), hint: None }
    }

    /// An output cannot be written.
    pub(super) fn output(name: &str, error: &io::Error) -> Self {
        Self { exit: Exit::Failed, message: format!("cannot write {name}: {error}"), hint: None }
    }

    /// Something was found that stands in the way.
    pub(super) fn blocked(message: impl Into<String>) -> Self {
        Self { exit: Exit::Findings, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The store cannot be used.
    pub(super) fn store(error: &StoreError, location: &str) -> Self {
        let exit = if error.kind == ErrorKind::Setup { Exit::Usage } else { Exit::Failed };
        let text = error.to_string();
        // Who found the error may know the way out better than its kind tells.
        let (what, hint) = match text.split_once("\nhint: ") {
            Some((what, hint)) => (what, Some(hint.to_owned())),
            None => (text.as_str(), store_hint(error, location)),
        };
        Self { exit, message: format!("cannot list {location}: {what}"), hint }
    }

    /// An error that tells its own way out behind `hint: `. A wrong call, or a run that failed.
    pub(super) fn told(error: &dyn Error, usage: bool) -> Self {
        let text = error.to_string();
        let exit = if usage { Exit::Usage } else { Exit::Failed };
        match text.split_once("\nhint: ") {
            Some((what, hint)) => {
                Self { exit, message: what.to_owned(), hint: Some(hint.to_owned()) }
            }
            None => Self { exit, message: chain(error), hint: None },
        }
    }

    /// A value on the command line that cannot be read, where its error knows the way out.
    pub(super) fn value(error: &clap::Error) -> Option<Self> {
        let source = error.source()?;
        let unit = source.downcast_ref::<UnitError>()?;
        let message = match error.get(ContextKind::InvalidArg) {
            Some(argument) => format!("{argument}: {unit}"),
            None => unit.to_string(),
        };
        Some(Self::wrong(message).hint(unit.hint()))
    }

    /// What happened, without the way out.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Prints it and says how to exit.
    pub(super) fn print(&self, console: Console) -> Exit {
        if self.exit != Exit::Done {
            let (bold, off) =
                if console.color_on_stderr() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
            let mut text = format!("{bold}error{off}: {}\n", harmless(&self.message));
            if let Some(hint) = &self.hint {
                let _ = writeln!(text, "\nhint: {}", harmless(hint));
            }
            // Nothing is left to tell it to.
            let _ = io::stderr().write_all(text.as_bytes());
        }
        self.exit
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        match &error {
            ScanError::Store { location, source, .. } => Self::store(source, location),
            ScanError::Ledger(crate::scan::ledger::LedgerError::OtherScan { .. }) => {
                Self::usage(&error).hint(
                    "repeat the options of the first call, or start anew with another `--state` directory",
                )
            }
            ScanError::Ledger(crate::scan::ledger::LedgerError::Busy { .. }) => {
                Self::failed(&error).hint("wait for it to end, or name another `--state` directory")
            }
            ScanError::Ledger(crate::scan::ledger::LedgerError::Io {
                action: "written", source, ..
            })
            | ScanError::Manifest(ManifestError::Io { source, .. }) => {
                Self::failed(&error).hint(disk_hint(source.kind()))
            }
            ScanError::Manifest(manifest) => {
                let hint = manifest.hint().map(str::to_owned);
                Self::failed(&error).maybe_hint(hint)
            }
            ScanError::Ledger(_) => {
                Self::failed(&error).hint("start anew without `--resume`, or name another `--state` directory")
            }
            _ => Self::failed(&error),
        }
    }
}

/// The way out where the disk refuses what a scan keeps.
fn disk_hint(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::ReadOnlyFilesystem => {
            "name a folder that exists and may be written to; `--state DIR` says where a checkpoint is kept"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room, and repeat the call with `--resume` where a checkpoint is kept: it goes on from there"
        }
        _ => "repeat the call with `--resume` where a checkpoint is kept: it goes on from there",
    }
}

/// An error with its causes, in one line; causes that repeat what was said are left out.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The way out of what a store answers, where it is not the same at every provider.
fn provider_hint(kind: &ErrorKind, location: &str) -> Option<&'static str> {
    let scheme = location.split("://").next().unwrap_or_default();
    Some(match (scheme, kind) {
        ("ks3", ErrorKind::AccessDenied) => {
            "the key must be allowed to list the bucket (`ks3:ListBucket`); a bucket that refuses the public \
             network is listed from within Kingsoft's with `--internal`"
        }
        ("ks3", ErrorKind::BadCredentials) => {
            "check the key id, the secret and the region's code; `--sign-version kss2` signs in KS3's older \
             way, without a region"
        }
        ("oss", ErrorKind::AccessDenied) => {
            "the key must be allowed to list the bucket (`oss:ListObjects`; the system policy \
             AliyunOSSReadOnlyAccess suffices); a bucket that refuses the public network is listed from \
             within its region with `--internal`"
        }
        ("oss", ErrorKind::BadCredentials) => {
            "check the key id, the secret and the region, for which requests are signed; `--profile` \
             chooses other keys, and a security token may have expired"
        }
        _ => return None,
    })
}

fn store_hint(error: &StoreError, location: &str) -> Option<String> {
    let azure = matches!(location.parse(), Ok(Location::Azure(_)));
    if azure && let Some(hint) = azure::hint(error) {
        return Some(hint.to_owned());
    }
    if let Some(hint) = provider_hint(&error.kind, location) {
        return Some(hint.into());
    }
    let hint = match &error.kind {
        ErrorKind::NoSuchBucket => {
            "check the bucket's name, and that `--endpoint-url` and `--profile` belong to its account"
        }
        ErrorKind::AccessDenied => {
            "the key must be allowed to list the bucket (`s3:ListBucket`; the managed policy \
             AmazonS3ReadOnlyAccess suffices); for a public bucket try `--no-sign-request`, for a \
             requester-pays bucket `--request-payer`"
        }
        ErrorKind::BadCredentials => {
            "check the key id and the secret, and whether a session token has expired; `--profile` \
             chooses another set"
        }
        ErrorKind::NoCredentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with `--profile`, or use \
             `--no-sign-request` for a public bucket"
        }
        ErrorKind::WrongRegion { region: Some(region) } => {
            return Some(format!("the bucket is in `{region}`: use `--region {region}`"));
        }
        ErrorKind::WrongRegion { region: None } => "name the bucket's region with `--region`",
        ErrorKind::ClockSkew { .. } => {
            "set this machine's clock: signatures are valid for 15 minutes"
        }
        ErrorKind::Throttled => {
            "the store keeps refusing: try a smaller `--concurrency` or `--max-rps`"
        }
        ErrorKind::Resolve => {
            "check the host name of `--endpoint-url`, the region's spelling, and DNS"
        }
        ErrorKind::Connect => {
            "check that the endpoint is reachable from here: host, port, proxy, firewall"
        }
        ErrorKind::Tls => {
            "check that the endpoint speaks TLS and its certificate is trusted here; an endpoint \
             without TLS begins with `http://`"
        }
        ErrorKind::Timeout => {
            "the endpoint accepts connections and does not answer: check proxy and firewall"
        }
        ErrorKind::Refused if !error.code.is_empty() => return None,
        ErrorKind::BadPage(_) | ErrorKind::Refused => {
            "is the endpoint really that of an object store? `weighbridge -v` shows each attempt"
        }
        ErrorKind::Server | ErrorKind::Interrupted => {
            "the store failed each time; try again later, and see its status page"
        }
        ErrorKind::Setup => return None,
    };
    Some(hint.into())
}
