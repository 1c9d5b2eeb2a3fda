//! `weighbridge.toml`: defaults for flags that a user would set once.
//!
//! The file is the one that `WEIGHBRIDGE_CONFIG` names, or is found beside the call, then in the user's
//! configuration folder. Its keys are the long names of flags; a table named like a subcommand holds the
//! flags of that subcommand only. A flag on the command line wins over its environment variable, which wins
//! over the file. A variable that is set to nothing is one that is not set.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::{OsStr, Resettable};
use thiserror::Error;

use super::Failure;

#[derive(Debug, Error)]
enum ConfigError {
    #[error("the configuration file `{path}` cannot be read: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the configuration file `{path}` is not valid TOML: {reason}", path = path.display())]
    Syntax { path: PathBuf, reason: String },
    #[error("the configuration file `{path}` sets `{key}`, which no command knows", path = path.display())]
    UnknownKey { path: PathBuf, key: String },
    #[error("the configuration file `{path}` sets `{key}` to something that is no text, number or truth value", path = path.display())]
    BadValue { path: PathBuf, key: String },
}

/// The command with the file's values as defaults.
pub(super) fn with_defaults(command: clap::Command) -> Result<clap::Command, Failure> {
    let command = without_empty(command);
    let Some((path, text)) = read().map_err(|error| Failure::usage(&error))? else {
        return Ok(command);
    };
    apply(command, &path, &text).map_err(|error| Failure::usage(&error))
}

/// The command without the variables that are set to nothing, as scripts do to unset them.
fn without_empty(mut command: clap::Command) -> clap::Command {
    let below: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in below {
        command = command.mut_subcommand(name, without_empty);
    }
    let empty = |name: &std::ffi::OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    command.mut_args(|arg| {
        if arg.get_env().is_some_and(empty) { arg.env(Resettable::Reset) } else { arg }
    })
}

fn read() -> Result<Option<(PathBuf, String)>, ConfigError> {
    let folder =
        |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = folder("WEIGHBRIDGE_CONFIG");
    let home = folder("HOME").map(|home| home.join(".config"));
    let user = folder("XDG_CONFIG_HOME").filter(|folder| folder.is_absolute()).or(home);
    let usual = [
        Some(PathBuf::from("weighbridge.toml")),
        user.map(|folder| folder.join("weighbridge/weighbridge.toml")),
    ];
    let must_be_there = named.is_some();
    let candidates = if must_be_there { vec![named] } else { usual.into() };
    for path in candidates.into_iter().flatten() {
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_be_there => {}
            Err(source) => return Err(ConfigError::Read { path, source }),
        }
    }
    Ok(None)
}

fn apply(
    mut command: clap::Command,
    path: &Path,
    text: &str,
) -> Result<clap::Command, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        ConfigError::Syntax { path: path.into(), reason: error.message().to_owned() }
    })?;
    for (key, value) in table {
        let names: Vec<String> =
            command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        if let (true, toml::Value::Table(flags)) = (names.contains(&key), &value) {
            for (flag, value) in flags {
                let mut known = false;
                let value = text_of(value).ok_or_else(|| ConfigError::BadValue {
                    path: path.into(),
                    key: flag.clone(),
                })?;
                command = command.mut_subcommand(&key, |sub| set(sub, flag, &value, &mut known));
                if !known {
                    return Err(ConfigError::UnknownKey {
                        path: path.into(),
                        key: format!("{key}.{flag}"),
                    });
                }
            }
            continue;
        }
        let text = text_of(&value)
            .ok_or_else(|| ConfigError::BadValue { path: path.into(), key: key.clone() })?;
        let mut known = false;
        command = set(command, &key, &text, &mut known);
        if !known {
            return Err(ConfigError::UnknownKey { path: path.into(), key });
        }
    }
    Ok(command)
}

/// Gives the flag with this long name a default wherever the command or one below it has it.
fn set(
    mut command: clap::Command,
    flag: &str,
    value: &[String],
    known: &mut bool,
) -> clap::Command {
    let below: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in below {
        command = command.mut_subcommand(name, |sub| set(sub, flag, value, known));
    }
    let found = command.get_arguments().find(|arg| arg.get_long() == Some(flag));
    let Some(id) = found.map(|arg| arg.get_id().clone()) else { return command };
    *known = true;
    let values: Vec<OsStr> = value.iter().map(|value| OsStr::from(value.clone())).collect();
    command.mut_arg(id, |arg| arg.default_values(values))
}

fn text_of(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Float(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(truth) => Some(vec![truth.to_string()]),
        toml::Value::Array(values) => {
            values.iter().map(|value| text_of(value)?.into_iter().next()).collect()
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command};

    fn command() -> Command {
        let flag = |name: &'static str| Arg::new(name).long(name).num_args(0..);
        Command::new("tool")
            .subcommand(Command::new("scan").arg(flag("region")).arg(flag("include")))
    }

    fn parsed(text: &str) -> Result<clap::ArgMatches, ConfigError> {
        let command = apply(command(), Path::new("weighbridge.toml"), text)?;
        Ok(command.try_get_matches_from(["tool", "scan"]).unwrap())
    }

    #[test]
    fn a_flag_of_a_command_below_is_known_by_both_names() {
        for text in ["every = '1m'", "[jobs]\nevery = '1m'"] {
            let flag = Arg::new("every").long("every").num_args(1);
            let jobs = Command::new("jobs").subcommand(Command::new("status").arg(flag));
            let command = Command::new("tool").subcommand(jobs);
            let command = apply(command, Path::new("weighbridge.toml"), text).unwrap();
            let matches = command.try_get_matches_from(["tool", "jobs", "status"]).unwrap();
            let (_, jobs) = matches.subcommand().unwrap();
            let (_, status) = jobs.subcommand().unwrap();
            assert_eq!(status.get_one::<String>("every").unwrap(), "1m");
        }
    }

    #[test]
    fn a_key_becomes_the_default_of_its_flag() {
        let matches = parsed("region = 'eu-west-1'\n[scan]\ninclude = ['*.gz', '*.zst']").unwrap();
        let scan = matches.subcommand_matches("scan").unwrap();
        assert_eq!(scan.get_one::<String>("region").unwrap(), "eu-west-1");
        assert_eq!(scan.get_many::<String>("include").unwrap().count(), 2);
    }

    #[test]
    fn an_unknown_key_and_bad_syntax_are_named() {
        assert!(
            matches!(parsed("regoin = 'x'"), Err(ConfigError::UnknownKey { key, .. }) if key == "regoin")
        );
        assert!(matches!(parsed("region = "), Err(ConfigError::Syntax { .. })));
        assert!(matches!(parsed("region = 2020-01-01"), Err(ConfigError::BadValue { .. })));
    }
}
