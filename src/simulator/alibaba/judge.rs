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
        for statement in document["Statement"].as_array().into_iter().flatten() {
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
    let resource =
        |wanted| texts(&statement["Resource"]).iter().any(|pattern| glob(pattern, wanted));
    let named = |names: &[String]| {
        let patterns = texts(&statement["Principal"]);
        patterns.iter().any(|pattern| names.iter().any(|name| glob(pattern, name)))
    };
    texts(&statement["Action"]).iter().any(|pattern| glob(&pattern.to_ascii_lowercase(), &action))
        && asked.resource.is_none_or(resource)
        && asked.names.is_none_or(named)
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
    use super::*;

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
}
