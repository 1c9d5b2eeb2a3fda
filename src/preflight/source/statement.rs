//! A bucket's policy, as far as it says who may read from where.
//!
//! AWS, KS3 and OSS write policies alike: statements with an effect, a principal, actions, resources and
//! conditions, each of the latter four one value or a list. Sources: "Policies and permissions in Amazon
//! S3", "IAM JSON policy elements: Condition operators"; "Bucket policy" of OSS.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// What it calls itself, or its number.
    pub(super) name: String,
    /// Whether it denies; else it allows.
    pub(super) denies: bool,
    pub(super) who: Who,
    actions: Named,
    resources: Named,
    pub(super) conditions: Vec<Condition>,
}

/// To whom a statement applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// To everybody.
    All,
    /// To those named.
    Some(String),
    /// To all but those named.
    AllBut(String),
}

/// Patterns of what is meant, or of all that is not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// One operator on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// As written: `ForAllValues:StringNotEqualsIfExists`.
    pub(super) operator: String,
    /// As written: `aws:SourceIp`.
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPolicy {
    #[error("it is not JSON")]
    NotJson,
    #[error("it cannot be read: a number in it is too large, or it is nested too deep")]
    Unreadable,
    #[error("it has no statements")]
    NoStatements,
    #[error("statement {0} has no `{1}` that can be read")]
    Wanting(usize, &'static str),
}

/// Reads a policy.
pub(super) fn read(policy: &str) -> Result<Vec<Statement>, NoPolicy> {
    let document: Value = serde_json::from_str(policy).map_err(|_| {
        let is_json = serde_json::from_str::<IgnoredAny>(policy).is_ok();
        if is_json { NoPolicy::Unreadable } else { NoPolicy::NotJson }
    })?;
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(NoPolicy::NoStatements),
    };
    statements.into_iter().zip(1..).map(|(value, number)| statement(value, number)).collect()
}

fn statement(value: &Value, number: usize) -> Result<Statement, NoPolicy> {
    let wanting = |what| NoPolicy::Wanting(number, what);
    let object = value.as_object().ok_or(wanting("object"))?;
    let denies = match object.get("Effect").and_then(Value::as_str) {
        Some("Deny") => true,
        Some("Allow") => false,
        _ => return Err(wanting("Effect")),
    };
    let name = object.get("Sid").and_then(Value::as_str).filter(|name| !name.is_empty());
    let mut conditions = Vec::new();
    if let Some(operators) = object.get("Condition") {
        let broken = || wanting("Condition");
        for (operator, keys) in operators.as_object().ok_or_else(broken)? {
            for (key, values) in keys.as_object().ok_or_else(broken)? {
                let values = texts(values).ok_or_else(broken)?;
                let (operator, key) = (operator.clone(), key.clone());
                conditions.push(Condition { operator, key, values });
            }
        }
    }
    Ok(Statement {
        name: name.map_or_else(|| number.to_string(), str::to_owned),
        denies,
        who: who(object).ok_or(wanting("Principal"))?,
        actions: named(object, "Action", "NotAction").ok_or(wanting("Action"))?,
        resources: named(object, "Resource", "NotResource").ok_or(wanting("Resource"))?,
        conditions,
    })
}

fn who(object: &Map<String, Value>) -> Option<Who> {
    let names = |value: &Value| match value {
        // By kinds: AWS accounts and users, services, canonical users, federated ones.
        Value::Object(kinds) => {
            kinds.values().map(texts).collect::<Option<Vec<_>>>().map(|names| names.concat())
        }
        other => texts(other),
    };
    if let Some(value) = object.get("NotPrincipal") {
        return Some(Who::AllBut(names(value)?.join(", ")));
    }
    let names = names(object.get("Principal")?)?;
    let all = names.iter().any(|name| name == "*");
    Some(if all { Who::All } else { Who::Some(names.join(", ")) })
}

fn named(object: &Map<String, Value>, only: &str, all_but: &str) -> Option<Named> {
    if let Some(value) = object.get(only) {
        return texts(value).map(Named::Only);
    }
    texts(object.get(all_but)?).map(Named::AllBut)
}

/// One value or a list, as texts; truth values and numbers are written both bare and quoted.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Bool(truth) => Some(vec![truth.to_string()]),
        Value::Number(number) => Some(vec![number.to_string()]),
        Value::Array(values) => {
            values.iter().map(texts).collect::<Option<Vec<_>>>().map(|values| values.concat())
        }
        _ => None,
    }
}

impl Statement {
    /// Whether it is about listing or reading what lies under `prefix` in `bucket`.
    pub(super) fn is_about_reading(&self, bucket: &str, prefix: &str) -> bool {
        /// What reading takes, by the names of S3, KS3 and OSS.
        const READING: [&str; 4] = ["GetObject", "ListBucket", "ListObjects", "ListObjectsV2"];
        let is_meant = |action: &str, patterns: &[String]| {
            let pattern = |text: &str| {
                text.rsplit_once(':').map_or(text.to_owned(), |(_, name)| name.to_owned())
            };
            patterns
                .iter()
                .any(|text| matches(&pattern(text).to_lowercase(), &action.to_lowercase()))
        };
        let acts = match &self.actions {
            Named::Only(patterns) => READING.iter().any(|action| is_meant(action, patterns)),
            Named::AllBut(patterns) => !READING.iter().all(|action| is_meant(action, patterns)),
        };
        let lies = match &self.resources {
            Named::Only(patterns) => patterns.iter().any(|text| may_be_under(text, bucket, prefix)),
            Named::AllBut(_) => true,
        };
        acts && lies
    }
}

impl Statement {
    /// Whether it is about all that lies under `prefix` in `bucket`, and not about a part of it.
    pub(super) fn is_of_all_below(&self, bucket: &str, prefix: &str) -> bool {
        let Named::Only(patterns) = &self.resources else { return false };
        patterns.iter().any(|pattern| {
            let (name, keys) = resource(pattern);
            let Some(keys) = keys else { return name.ends_with('*') && matches(name, bucket) };
            let head = keys.strip_suffix('*').filter(|head| !head.contains(['*', '?', '$']));
            matches(name, bucket) && head.is_some_and(|head| prefix.starts_with(head))
        })
    }
}

/// The bucket of a resource's pattern, and the keys in it.
fn resource(pattern: &str) -> (&str, Option<&str>) {
    // `arn:aws:s3:::bucket/key`, `krn:ksc:ks3:::bucket/key`, `acs:oss:region:account:bucket/key`.
    let parts = if pattern.starts_with("acs:") { 5 } else { 6 };
    let resource = pattern.splitn(parts, ':').last().unwrap_or_default();
    match resource.split_once('/') {
        Some((name, keys)) => (name, Some(keys)),
        None => (resource, None),
    }
}

/// Whether a resource's pattern may stand for the bucket or for something in it under `prefix`.
fn may_be_under(pattern: &str, bucket: &str, prefix: &str) -> bool {
    let (name, keys) = resource(pattern);
    let head = keys.and_then(|keys| keys.split(['*', '?', '$']).next()).unwrap_or_default();
    matches(name, bucket) && (head.starts_with(prefix) || prefix.starts_with(head))
}

/// Whether a text is of a pattern with `*` and `?`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where to go on when what was tried does not fit: behind the last star, one character further.
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, read));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((behind, from)) = retry else { return false };
                retry = Some((behind, from + 1));
                (at, read) = (behind, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(rest: &str) -> Statement {
        let policy = format!(r#"{{"Statement":{{"Effect":"Deny","Principal":"*",{rest}}}}}"#);
        read(&policy).unwrap().remove(0)
    }

    #[test]
    fn one_value_and_a_list_are_the_same() {
        let one = one(r#""Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],
               "Condition":{"Bool":{"aws:SecureTransport":false}}"#);
        assert_eq!(one.conditions[0].values, ["false"]);
        assert_eq!(one.name, "1");
        for broken in ["", "[]", r#"{"Statement":[{"Effect":"Maybe"}]}"#, r#"{"Statement":[1]}"#] {
            assert!(read(broken).is_err(), "{broken}");
        }
        for (number, told) in [("1e999", NoPolicy::Unreadable), ("NaN", NoPolicy::NotJson)] {
            let broken = format!(r#"{{"Statement":[],"Version":{number}}}"#);
            assert_eq!(read(&broken).unwrap_err(), told);
        }
        let nobody = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        assert_eq!(read(nobody).unwrap_err(), NoPolicy::Wanting(1, "Principal"));
    }

    #[test]
    fn only_statements_on_reading_below_the_prefix_count() {
        let about = |rest: &str| one(rest).is_about_reading("b", "docs/");
        assert!(about(r#""Action":"s3:*","Resource":"arn:aws:s3:::b/*""#));
        assert!(about(r#""Action":["s3:PutObject","S3:get*"],"Resource":"arn:aws:s3:::b/*""#));
        assert!(about(r#""Action":"*","Resource":"*""#));
        assert!(about(r#""Action":"s3:ListBucket","Resource":"arn:aws:s3:::b""#));
        assert!(about(r#""NotAction":"s3:Put*","Resource":"arn:aws:s3:::b/docs/*""#));
        assert!(about(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/docs/a/*""#));
        assert!(about(r#""Action":"s3:GetObject","NotResource":"arn:aws:s3:::b/logs/*""#));
        assert!(about(r#""Action":"oss:GetObject","Resource":"acs:oss:*:1234:b/*""#));
        assert!(!about(r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*""#));
        assert!(!about(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/private/*""#));
        assert!(!about(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*""#));
        assert!(!about(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b2/*""#));
        assert!(!about(r#""NotAction":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::b/*""#));
    }

    #[test]
    fn patterns_match_as_in_policies() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("get*", "getobject", true),
            ("get?bject", "getobject", true),
            ("*object", "getobject", true),
            ("g*t*t", "getobject", true),
            ("get", "getobject", false),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "aXbYb", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
