//! Text to document and back; a document with a statement more.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::PolicyError;
use super::statement::{Effect, Statement};

const STATEMENT: &str = "Statement";

/// A policy as it was written.
#[derive(Clone, Debug)]
pub struct Document {
    /// All in their order.
    members: Vec<Member>,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
enum Member {
    /// Here are the statements.
    Statements,
    /// Name and value, to the letter.
    Other(String, Box<str>),
}

/// What comes of adding statements to a document.
#[derive(Clone, Debug)]
pub enum Merged {
    /// All of them are in it already.
    Same,
    /// Some were not.
    Grown {
        /// The document with them, behind all that it had.
        document: Document,
        /// How many were not.
        added: usize,
    },
}

impl Document {
    /// A document of version 1.
    #[must_use]
    pub fn of(statements: Vec<Statement>) -> Self {
        let version = Member::Other("Version".to_owned(), r#""1""#.into());
        Self { members: vec![version, Member::Statements], statements }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut found = None;
        let mut kept = Vec::new();
        for (name, value) in members(text, "the policy")? {
            if name == STATEMENT {
                found = Some(value);
                kept.push(Member::Statements);
            } else {
                kept.push(Member::Other(name, value.into()));
            }
        }
        let found = found.ok_or(PolicyError::NoStatement)?;
        let list: Vec<Box<RawValue>> = if found.get().starts_with('[') {
            serde_json::from_str(found.get()).map_err(|error| no_json(&error))?
        } else {
            vec![found]
        };
        let statements =
            list.into_iter().zip(1..).map(|(text, number)| Statement::new(text, number));
        Ok(Self { members: kept, statements: statements.collect::<Result<_, _>>()? })
    }

    /// The statements in their order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// `Version`, if it is a string.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let (_, text) = self.others().find(|(name, _)| *name == "Version")?;
        serde_json::from_str(text).ok()
    }

    /// The text, every statement as it was written, without spaces around them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("{");
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            let name = match member {
                Member::Statements => STATEMENT,
                Member::Other(name, _) => name,
            };
            text.push_str(&serde_json::Value::from(name).to_string());
            text.push(':');
            if let Member::Other(_, value) = member {
                text.push_str(value);
                continue;
            }
            text.push('[');
            for (index, statement) in self.statements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(statement.text());
            }
            text.push(']');
        }
        text.push('}');
        text
    }

    /// The text over lines, for people.
    #[must_use]
    pub fn pretty(&self) -> String {
        super::pretty(&self.text())
    }

    /// Adds those statements of `wanted` that are not in here. Everything that was here stays, in its order.
    #[must_use]
    pub fn merge(&self, wanted: &Document) -> Merged {
        let mut document = self.clone();
        for statement in &wanted.statements {
            if !document.holds(statement) {
                document.statements.push(statement.clone());
            }
        }
        match document.statements.len() - self.statements.len() {
            0 => Merged::Same,
            added => Merged::Grown { document, added },
        }
    }

    /// The document with those statements only that allow.
    #[must_use]
    pub fn allowing(&self) -> Self {
        let mut document = self.clone();
        document.statements.retain(|statement| statement.meaning().effect == Effect::Allow);
        document
    }

    /// Whether a statement of this meaning is in here.
    #[must_use]
    pub fn holds(&self, statement: &Statement) -> bool {
        self.statements.iter().any(|own| own.says_the_same(statement))
    }

    /// Whether both have the same version, the same further members and statements of the same meanings.
    #[must_use]
    pub fn says_the_same(&self, other: &Document) -> bool {
        self.statements.len() == other.statements.len()
            && self.statements.iter().all(|statement| other.holds(statement))
            && other.statements.iter().all(|statement| self.holds(statement))
            && self.other_values() == other.other_values()
    }

    /// The members beside the statements: names and texts.
    fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().filter_map(|member| match member {
            Member::Statements => None,
            Member::Other(name, text) => Some((name.as_str(), &**text)),
        })
    }

    /// The members beside the statements, by name; the text of one that holds a number too large for any type.
    fn other_values(&self) -> BTreeMap<&str, Result<serde_json::Value, &str>> {
        self.others()
            .map(|(name, text)| (name, serde_json::from_str(text).map_err(|_| text)))
            .collect()
    }
}

impl PartialEq for Document {
    /// Whether both are written the same, but for spaces around statements.
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Document {}

/// The members of a JSON object in their order.
pub(super) fn members(
    text: &str,
    place: &str,
) -> Result<Vec<(String, Box<RawValue>)>, PolicyError> {
    if !text.trim_start().starts_with('{') {
        // What is no JSON at all is told as that.
        let checked: Result<&RawValue, _> = serde_json::from_str(text);
        return Err(checked.map_or_else(|error| no_json(&error), |_| PolicyError::NoObject));
    }
    let Members(members) = serde_json::from_str(text).map_err(|error| no_json(&error))?;
    for (index, (name, _)) in members.iter().enumerate() {
        if members[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(PolicyError::Twice { place: place.to_owned(), member: name.clone() });
        }
    }
    Ok(members)
}

fn no_json(error: &serde_json::Error) -> PolicyError {
    PolicyError::Json { line: error.line(), column: error.column() }
}

struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ODD: &str = r#"{ "Version" : "1", "Id":1e999,
        "Statement": [ {"Effect":"Allow", "Action":"oss:GetObject","Principal":["1"], "Resource":"acs:oss:*:*:b/*","New":[ 1.0,2 ]} ], "Later": {"x":null}}"#;

    fn parsed(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    #[test]
    fn what_is_not_known_stays_to_the_letter() {
        let text = parsed(ODD).text();
        assert_eq!(
            text,
            r#"{"Version":"1","Id":1e999,"Statement":[{"Effect":"Allow", "Action":"oss:GetObject","Principal":["1"], "Resource":"acs:oss:*:*:b/*","New":[ 1.0,2 ]}],"Later":{"x":null}}"#
        );
        let wanted = parsed(r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#);
        let Merged::Grown { document, added: 1 } = parsed(ODD).merge(&wanted) else { panic!() };
        let deny = r#",{"Effect":"Deny","Action":"*","Resource":"*"}],"Later""#;
        assert_eq!(document.text(), text.replace(r#"],"Later""#, deny));
    }

    #[test]
    fn texts_that_are_no_policy_are_told_why() {
        for (text, why) in [
            ("", "no JSON from line 1"),
            ("[1", "no JSON"),
            ("[]", "no JSON object"),
            ("{}", "no `Statement`"),
            (r#"{"Statement":[],"Statement":[]}"#, "the policy has the member `Statement` twice"),
            (r#"{"Statement":[1]}"#, "statement 1 of the policy is no object"),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"a","Effect":"Deny"}]}"#,
                "statement 1 has the member `Effect` twice",
            ),
            (r#"{"Statement":[{"Effect":"allow","Action":"a"}]}"#, "the effect `allow`"),
            (r#"{"Statement":[{"Action":"a"}]}"#, "no effect"),
            (r#"{"Statement":[{"Effect":"Allow"}]}"#, "neither actions"),
            (r#"{"Statement":[{"Effect":"Allow","Action":"a","NotAction":"b"}]}"#, "both"),
            (r#"{"Statement":[{"Effect":"Allow","Action":["a",1]}]}"#, "strings"),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"a","Principal":{"RAM":1}}]}"#,
                "Principal",
            ),
            (r#"{"Statement":[{"Effect":"Allow","Action":1e999}]}"#, "`Action` that cannot be"),
            (r#"{"Statement":[{"Effect":1e999,"Action":"a"}]}"#, "`Effect` that cannot be read"),
            (r#"{"Statement":[{"Sid":1e999,"Effect":"Deny","Action":"a"}]}"#, "`Sid` that cannot"),
            (
                r#"{"Statement":[{"Effect":"Deny","Action":"a","Condition":{"Bool":{"k":1e999}}}]}"#,
                "`Condition` that cannot be read",
            ),
        ] {
            let error = Document::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_number_that_no_type_holds_is_not_the_string_of_its_digits() {
        let statement = |value| {
            parsed(&format!(r#"{{"Statement":[{{"Effect":"Deny","Action":"a","New":{value}}}]}}"#))
        };
        assert!(statement("1e999").says_the_same(&statement(" 1e999 ")));
        for other in [r#""1e999""#, "1e998", "-1e999", "null", "0"] {
            assert!(!statement("1e999").says_the_same(&statement(other)), "{other}");
        }
    }

    #[test]
    fn the_same_is_not_added_however_it_is_written() {
        let own = r#"{"Version":"1","Statement":[{"Sid":"mine","Effect":"Allow","Action":["b","a"],"Principal":["2","1"],"Resource":"r"}]}"#;
        let other = r#"{"Version":"1","Statement":[{"Principal":["1","2"],"Resource":["r"],"Action":["a","b","a"],"Effect":"Allow","Condition":{}}]}"#;
        assert!(matches!(parsed(own).merge(&parsed(other)), Merged::Same));
        assert!(parsed(own).says_the_same(&parsed(other)));
        for changed in [
            other.replace("\"Effect\":\"Allow\"", "\"Effect\":\"Deny\""),
            other.replace("\"b\",", ""),
            other.replace("\"2\"", "\"3\""),
            other.replace("[\"r\"]", "[\"s\"]"),
            other.replace("Action", "NotAction"),
            other.replace("Principal", "NotPrincipal"),
            other.replace("Resource", "NotResource"),
            other.replace("{}", r#"{"Bool":{"acs:SecureTransport":"true"}}"#),
            other.replace("\"Condition\":{}", "\"Unknown\":{}"),
        ] {
            let merged = parsed(own).merge(&parsed(&changed));
            assert!(matches!(merged, Merged::Grown { added: 1, .. }), "{changed}");
            assert!(!parsed(own).says_the_same(&parsed(&changed)), "{changed}");
        }
    }

    fn statement() -> impl Strategy<Value = String> {
        let names = || prop::collection::vec("[a-c]", 1..3);
        let condition = prop::option::of("[x-z]");
        (any::<bool>(), names(), names(), names(), condition, any::<bool>()).prop_map(
            |(allow, actions, principals, resources, condition, spaced)| {
                let mut statement = serde_json::json!({
                    "Effect": if allow { "Allow" } else { "Deny" },
                    "Action": actions, "Principal": principals, "Resource": resources,
                });
                if let Some(condition) = condition {
                    statement["Condition"] = serde_json::json!({"StringEquals": {"k": condition}});
                }
                let text = statement.to_string();
                if spaced { text.replace(',', " , ") } else { text }
            },
        )
    }

    fn document() -> impl Strategy<Value = Document> {
        prop::collection::vec(statement(), 0..5).prop_map(|list| {
            parsed(&format!(r#"{{"Version":"1","Statement":[{}]}}"#, list.join(",")))
        })
    }

    proptest! {
        #[test]
        fn merging_keeps_all_adds_all_and_is_done_after_once(own in document(), wanted in document()) {
            let merged = match own.merge(&wanted) {
                Merged::Same => own.clone(),
                Merged::Grown { document, added } => {
                    prop_assert_eq!(document.statements().len(), own.statements().len() + added);
                    document
                }
            };
            for (kept, before) in merged.statements().iter().zip(own.statements()) {
                prop_assert_eq!(kept.text(), before.text());
            }
            for statement in wanted.statements() {
                prop_assert!(merged.holds(statement));
            }
            for statement in merged.statements() {
                prop_assert!(own.holds(statement) || wanted.holds(statement));
            }
            prop_assert!(matches!(merged.merge(&wanted), Merged::Same));
            prop_assert_eq!(parsed(&merged.text()).text(), merged.text());
        }

        #[test]
        fn order_does_not_change_the_meaning(own in document()) {
            let mut turned = own.clone();
            turned.statements.reverse();
            prop_assert!(own.says_the_same(&turned));
            prop_assert!(matches!(own.merge(&turned), Merged::Same));
        }
    }
}
