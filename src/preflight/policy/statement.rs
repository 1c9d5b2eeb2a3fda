//! What a statement means.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_json::value::RawValue;

use super::document::members;
use super::error::PolicyError;
use super::principal::Principal;

/// A statement as it was written, and what it means.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) text: Box<str>,
    pub(super) meaning: Meaning,
    pub(super) sid: Option<String>,
}

/// Whether something is allowed or forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allowed.
    Allow,
    /// Forbidden, whoever else allows it.
    Deny,
}

/// Some names, or all but some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names<T> {
    /// These.
    Only(BTreeSet<T>),
    /// All others.
    Except(BTreeSet<T>),
}

/// A statement without the ways in which the same can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Allow or deny.
    pub effect: Effect,
    /// Of which actions, as patterns.
    pub actions: Names<String>,
    /// Of whom; `None` in policies that belong to somebody.
    pub principals: Option<Names<Principal>>,
    /// On what, as patterns; `None` in trust policies.
    pub resources: Option<Names<String>>,
    /// Under which conditions: operators, keys, values.
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Members that are not known here, by name.
    pub others: Members,
}

/// Values by name; the text of one that nothing here can hold, as of a number that is too large.
type Members = BTreeMap<String, Result<Value, String>>;

impl Statement {
    /// Reads a statement, which is the `number`th of its document.
    pub(super) fn new(text: Box<RawValue>, number: usize) -> Result<Self, PolicyError> {
        let wrong = |what: &str| PolicyError::Statement { number, what: what.to_owned() };
        let members = members(text.get(), &format!("statement {number}")).map_err(|error| {
            if error == PolicyError::NoObject { wrong("is no object") } else { error }
        })?;
        let value = |text: &str| serde_json::from_str(text).map_err(|_| text.to_owned());
        let parts = members.into_iter().map(|(name, text)| (name, value(text.get()))).collect();
        let (sid, meaning) = read(parts).map_err(|what| wrong(&what))?;
        Ok(Self { text: text.into(), meaning, sid })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    #[must_use]
    pub fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// Its name, if it has one. It does not count for the meaning.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether both mean the same.
    #[must_use]
    pub fn says_the_same(&self, other: &Statement) -> bool {
        self.meaning == other.meaning
    }
}

/// The name and the meaning of a statement with these members.
fn read(mut parts: Members) -> Result<(Option<String>, Meaning), String> {
    let effect = match take(&mut parts, "Effect")? {
        Some(Value::String(effect)) if effect == "Allow" => Effect::Allow,
        Some(Value::String(effect)) if effect == "Deny" => Effect::Deny,
        Some(Value::String(effect)) => return Err(format!("has the effect `{effect}`")),
        Some(_) | None => return Err("has no effect".to_owned()),
    };
    let actions = names(&mut parts, "Action", "NotAction", strings)?;
    let actions = actions.ok_or("has neither actions nor actions that it excepts")?;
    let resources = names(&mut parts, "Resource", "NotResource", strings)?;
    let principals = names(&mut parts, "Principal", "NotPrincipal", Principal::list)?;
    let conditions = match take(&mut parts, "Condition")? {
        None => BTreeMap::new(),
        Some(condition) => conditions(condition).ok_or("has a `Condition` of an unknown form")?,
    };
    let sid = match take(&mut parts, "Sid")? {
        None => None,
        Some(Value::String(sid)) => Some(sid),
        Some(_) => return Err("has a `Sid` that is no string".to_owned()),
    };
    Ok((sid, Meaning { effect, actions, principals, resources, conditions, others: parts }))
}

/// A member that is known here.
fn take(parts: &mut Members, name: &str) -> Result<Option<Value>, String> {
    let unreadable = |_| {
        format!("has a `{name}` that cannot be read: with a number too large, or nested too deep")
    };
    parts.remove(name).transpose().map_err(unreadable)
}

/// The member `only` or the member `except`, and not both.
fn names<T: Ord>(
    parts: &mut Members,
    only: &str,
    except: &str,
    read: fn(&Value) -> Option<BTreeSet<T>>,
) -> Result<Option<Names<T>>, String> {
    let wrong = |name: &str| format!("has a `{name}` that is not made of strings");
    match (take(parts, only)?, take(parts, except)?) {
        (None, None) => Ok(None),
        (Some(value), None) => read(&value).map(Names::Only).map(Some).ok_or_else(|| wrong(only)),
        (None, Some(value)) => {
            read(&value).map(Names::Except).map(Some).ok_or_else(|| wrong(except))
        }
        (Some(_), Some(_)) => Err(format!("has both `{only}` and `{except}`")),
    }
}

/// A string or a list of strings.
pub(super) fn strings(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Operators, keys, values; empty operators say nothing.
fn conditions(condition: Value) -> Option<BTreeMap<String, BTreeMap<String, Vec<String>>>> {
    let Value::Object(operators) = condition else { return None };
    let mut conditions = BTreeMap::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { return None };
        let mut values = BTreeMap::new();
        for (key, value) in keys {
            let list = if let Value::Array(list) = value { list } else { vec![value] };
            let texts = list.into_iter().map(|value| match value {
                Value::String(text) => Some(text),
                Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                _ => None,
            });
            let mut texts: Vec<String> = texts.collect::<Option<_>>()?;
            texts.sort();
            texts.dedup();
            values.insert(key, texts);
        }
        if !values.is_empty() {
            conditions.insert(operator, values);
        }
    }
    Some(conditions)
}
