//! What policies say: of RAM, of buckets, of keys, of roles about who may take them on.
//!
//! The rule of all of them: what a statement denies is denied, what none allows is not allowed. A condition
//! is taken for unmet where it would allow and for met where it would deny: nothing is known here of
//! where a request comes from.

use serde_json::Value;

/// What documents say about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One denies it.
    Denied,
    /// None denies it, and one allows it.
    Allowed,
    /// None says anything.
    Silent,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// Such as `oss:PutObject`.
    pub(super) action: &'a str,
    /// Such as `acs:oss:cn-hangzhou:123:bucket/key`; nothing, where documents name no resources.
    pub(super) resource: Option<&'a str>,
    /// By which names the caller is named in documents that name callers; nothing, in others.
    pub(super) names: Option<&'a [String]>,
}

/// What `documents` say together.
pub(super) fn judge<'d>(documents: impl IntoIterator<Item = &'d str>, asked: Asked<'_>) -> Verdict {
    let mut verdict = Verdict::Silent;
    for document in documents {
        let Ok(document) = serde_json::from_str::<Value>(document) else { continue };
        let statements = match &document["Statement"] {
            Value::Array(statements) => statements.iter().collect(),
            one => vec![one],
        };
        for statement in statements {
            let conditional =
                statement["Condition"].as_object().is_some_and(|conditions| !conditions.is_empty());
            match statement["Effect"].as_str() {
                Some("Deny") if matches(statement, asked) => return Verdict::Denied,
                Some("Allow") if !conditional && matches(statement, asked) => {
                    verdict = Verdict::Allowed;
                }
                _ => {}
            }
        }
    }
    verdict
}

fn matches(statement: &Value, asked: Asked<'_>) -> bool {
    let action = asked.action.to_ascii_lowercase();
    let is_action = |pattern: &str| glob(&pattern.to_ascii_lowercase(), &action);
    named(statement, "Action", "NotAction", is_action)
        && asked.resource.is_none_or(|resource| {
            named(statement, "Resource", "NotResource", |pattern| is_resource(pattern, resource))
        })
        && asked.names.is_none_or(|names| {
            let is_caller = |pattern: &str| names.iter().any(|name| glob(pattern, name));
            named(statement, "Principal", "NotPrincipal", is_caller)
        })
}

/// Whether one of the patterns of the member `only` fits, or none of those of the member `except`.
fn named(statement: &Value, only: &str, except: &str, fits: impl Fn(&str) -> bool) -> bool {
    match (statement.get(only), statement.get(except)) {
        (Some(patterns), None) => texts(patterns).into_iter().any(fits),
        (None, Some(patterns)) => !texts(patterns).into_iter().any(fits),
        _ => false,
    }
}

/// Whether a pattern fits the name of a resource, whose first four colons end parts that no star reaches
/// beyond.
fn is_resource(pattern: &str, resource: &str) -> bool {
    let parts = |text: &'_ str| text.splitn(5, ':').map(str::to_owned).collect::<Vec<_>>();
    let (patterns, names) = (parts(pattern), parts(resource));
    if patterns.len() < names.len() {
        return glob(pattern, resource);
    }
    patterns.iter().zip(&names).all(|(pattern, name)| glob(pattern, name))
}

/// All texts in a value: it, its elements, or those of its members.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(elements) => elements.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Whether `text` is as `pattern` says, in which `*` is anything and `?` any one character.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((back, eaten)) = star else { return false };
                star = Some((back, eaten + 1));
                (at, from) = (back + 1, eaten + 1);
            }
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::preflight::policy::{Document, Effect, Grant};

    #[test]
    fn patterns_are_matched_whole() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("oss:Get*", "oss:GetObject", true),
            ("oss:Get*", "oss:PutObject", false),
            ("acs:oss:*:*:b/*", "acs:oss:cn:1:b/k/l", true),
            ("acs:oss:*:*:b/*", "acs:oss:cn:1:b", false),
            ("acs:oss:*:*:b", "acs:oss:cn:1:bb", false),
            ("a?c", "abc", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1b2b3", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn denying_wins_and_silence_allows_nothing() {
        let asked =
            Asked { action: "oss:PutObject", resource: Some("acs:oss:cn:1:b/k"), names: None };
        let statement = |effect: &str, action: &str, more: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":["acs:oss:*:*:b/*"]{more}}}]}}"#
            )
        };
        let allow = statement("Allow", "oss:Put*", "");
        let deny = statement("Deny", "oss:*", "");
        let condition = r#","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}"#;
        assert_eq!(judge([allow.as_str()], asked), Verdict::Allowed);
        assert_eq!(judge([allow.as_str(), deny.as_str()], asked), Verdict::Denied);
        assert_eq!(judge([statement("Allow", "oss:Get*", "").as_str()], asked), Verdict::Silent);
        assert_eq!(
            judge([statement("Allow", "oss:*", condition).as_str()], asked),
            Verdict::Silent
        );
        assert_eq!(judge([statement("Deny", "oss:*", condition).as_str()], asked), Verdict::Denied);
        assert_eq!(judge(["no JSON"], asked), Verdict::Silent);
    }

    #[test]
    fn callers_are_named_in_any_of_the_forms() {
        let names = ["123".to_owned(), "acs:ram::123:role/mover".to_owned()];
        for (principal, expected) in [
            (r#""*""#, Verdict::Allowed),
            (r#"["456","123"]"#, Verdict::Allowed),
            (r#"{"RAM":["acs:ram::123:*"]}"#, Verdict::Allowed),
            (r#"{"Service":["mgw.aliyuncs.com"]}"#, Verdict::Silent),
            (r#"["1234"]"#, Verdict::Silent),
        ] {
            let document = format!(
                r#"{{"Statement":[{{"Effect":"Allow","Action":["kms:*"],"Principal":{principal}}}]}}"#
            );
            let asked = Asked { action: "kms:Decrypt", resource: None, names: Some(&names) };
            assert_eq!(judge([document.as_str()], asked), expected, "{principal}");
        }
    }

    #[test]
    fn what_is_excepted_is_not_meant() {
        let asked =
            Asked { action: "oss:PutObject", resource: Some("acs:oss:cn:1:b/k"), names: None };
        let deny = |members: &str| format!(r#"{{"Statement":{{"Effect":"Deny",{members}}}}}"#);
        for (members, expected) in [
            (r#""NotAction":"oss:Get*","Resource":"*""#, Verdict::Denied),
            (r#""NotAction":["oss:Put*"],"Resource":"*""#, Verdict::Silent),
            (r#""Action":"*","NotResource":["acs:oss:*:*:other/*"]"#, Verdict::Denied),
            (r#""Action":"*","NotResource":"acs:oss:*:*:b/*""#, Verdict::Silent),
        ] {
            assert_eq!(judge([deny(members).as_str()], asked), expected, "{members}");
        }
        let names = ["acs:ram::1:role/mover".to_owned()];
        let asked = Asked { resource: None, names: Some(&names), ..asked };
        for (who, expected) in
            [("acs:ram::1:*", Verdict::Silent), ("acs:ram::2:*", Verdict::Denied)]
        {
            let document = deny(&format!(r#""Action":"*","NotPrincipal":{{"RAM":["{who}"]}}"#));
            assert_eq!(judge([document.as_str()], asked), expected, "{who}");
        }
    }

    const ACTIONS: &[&str] = &["*", "oss:*", "OSS:get*", "oss:PutObject", "oss:?utObject", "kms:*"];
    const RESOURCES: &[&str] = &[
        "*",
        "acs:oss:*:*:b",
        "acs:oss:*:*:b/*",
        "acs:oss:*:1:*",
        "acs:oss:cn:1:b/k",
        "acs:oss:*:2:b*",
        "acs:oss:*:k",
        "acs:*",
    ];

    /// A member that names some of `known`, or all but some.
    fn member(
        name: &'static str,
        known: &'static [&'static str],
    ) -> impl Strategy<Value = (String, Value)> {
        let names = proptest::sample::subsequence(known, 1..3);
        (proptest::bool::weighted(0.3), names).prop_map(move |(except, names)| {
            (format!("{}{name}", if except { "Not" } else { "" }), names.into())
        })
    }

    fn statement() -> impl Strategy<Value = Value> {
        let parts = (
            proptest::bool::ANY,
            member("Action", ACTIONS),
            member("Resource", RESOURCES),
            proptest::bool::weighted(0.2),
        );
        parts.prop_map(|(denies, action, resource, conditional)| {
            let mut statement = serde_json::Map::from_iter([action, resource]);
            let effect = if denies { "Deny" } else { "Allow" };
            statement.insert("Effect".to_owned(), effect.into());
            if conditional {
                let condition = serde_json::json!({"IpAddress": {"acs:SourceIp": "10.0.0.1"}});
                statement.insert("Condition".to_owned(), condition);
            }
            statement.into()
        })
    }

    proptest! {
        /// Two readings of the same rules, that of the service and that of the checks before a migration.
        #[test]
        fn the_checks_read_policies_as_this_module_does(statements in vec(statement(), 1..4)) {
            let document = serde_json::json!({"Version": "1", "Statement": statements}).to_string();
            let theirs = Document::parse(&document).unwrap();
            for action in ["oss:GetObject", "oss:PutObject", "oss:GetBucketAcl", "kms:Decrypt"] {
                for resource in ["acs:oss:cn:1:b", "acs:oss:cn:1:b/k", "acs:oss:cn:2:b/a:k", "acs:oss:us:1:bb/k"] {
                    let expected = match theirs.grants(action, Some(resource), None) {
                        Grant::Allowed => Verdict::Allowed,
                        Grant::Denied(_) => Verdict::Denied,
                        Grant::Conditional(by) if by.meaning().effect == Effect::Deny => {
                            Verdict::Denied
                        }
                        Grant::Conditional(_) | Grant::NotGranted => Verdict::Silent,
                    };
                    let asked = Asked { action, resource: Some(resource), names: None };
                    let ours = judge([document.as_str()], asked);
                    prop_assert_eq!(ours, expected, "{} {} {}", action, resource, document);
                }
            }
        }
    }
}
