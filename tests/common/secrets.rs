//! No run of the program may let a secret slip, whatever it prints and whatever it writes.
//!
//! What is secret is read off the run itself: the values of those variables of its environment that hold
//! secrets, and those that every simulator accepts. All it prints and every file below its folder, unpacked
//! where it is packed, is searched for them. Files in which the test itself put secrets are inputs: they have
//! them before the run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use memchr::memmem::Finder;
use weighbridge::simulator::{DEFAULT_SECRET, account_key};

/// Parts of the names of variables that hold secrets.
const SECRET: [&str; 5] = ["SECRET", "TOKEN", "PASSWORD", "CONNECTION_STRING", "STORAGE_KEY"];

/// A run that is watched.
pub(crate) struct Watch {
    folder: Option<PathBuf>,
    secrets: Vec<Finder<'static>>,
    inputs: BTreeSet<PathBuf>,
}

impl Watch {
    /// Notes which files hold secrets already.
    pub(crate) fn before(command: &Command) -> Self {
        let mut secrets = vec![DEFAULT_SECRET.to_owned(), account_key(DEFAULT_SECRET)];
        for (name, value) in command.get_envs() {
            let (Some(name), Some(value)) = (name.to_str(), value.and_then(|value| value.to_str()))
            else {
                continue;
            };
            // Which credentials are asked for is no secret, and where a token lies neither.
            let is_secret = SECRET.iter().any(|part| name.contains(part))
                && !name.ends_with("CREDENTIALS")
                && !name.ends_with("FILE");
            if is_secret && value.len() >= 6 {
                secrets.push(value.to_owned());
            }
        }
        let secrets = secrets.iter().map(|secret| Finder::new(secret).into_owned()).collect();
        let folder = command.get_current_dir().map(Path::to_owned);
        let mut watch = Self { folder, secrets, inputs: BTreeSet::new() };
        watch.inputs = watch.files_with_secrets();
        watch
    }

    /// Looks at all that the run left.
    #[track_caller]
    pub(crate) fn after(&self, printed: &[&[u8]]) {
        for text in printed {
            assert!(!self.is_in(text), "a secret is printed: {}", String::from_utf8_lossy(text));
        }
        let leaked: Vec<_> = self.files_with_secrets().difference(&self.inputs).cloned().collect();
        assert!(leaked.is_empty(), "secrets are written to {leaked:?}");
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.secrets.iter().any(|secret| secret.find(text).is_some())
    }

    fn files_with_secrets(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut folders: Vec<PathBuf> = self.folder.iter().cloned().collect();
        while let Some(folder) = folders.pop() {
            // A run that is still ending may take its own files away meanwhile.
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let (path, kind) = (entry.path(), entry.file_type());
                if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                    folders.push(path);
                } else if kind.is_ok_and(|kind| kind.is_file()) && self.is_in(&content(&path)) {
                    found.insert(path);
                }
            }
        }
        found
    }
}

/// What a file holds, unpacked as far as it can be.
fn content(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let Ok(mut file) = File::open(path) else { return content };
    // Of a file that was cut, what is there counts: errors end it.
    let _ = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(file).read_to_end(&mut content),
        Some("zst") => match zstd::stream::read::Decoder::new(file) {
            Ok(mut decoder) => decoder.read_to_end(&mut content),
            Err(error) => Err(error),
        },
        _ => file.read_to_end(&mut content),
    };
    content
}
