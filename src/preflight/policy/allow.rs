//! Statements that are written here. What they mean is not read off their text, so that nothing can fail.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::principal::Principal;
use super::statement::{Effect, Meaning, Names, Statement};

/// A member of a statement that allows. A list stays one on paper, however short.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Its name, in front of the effect.
    Sid(&'a str),
    /// What is allowed.
    Actions(&'a [&'a str]),
    /// What is allowed, as a plain string.
    Action(&'a str),
    /// Who is let in, as policies of buckets name it.
    Principal(&'a str),
    /// Who is let in, with its kind, such as `Service`.
    PrincipalOf(&'a str, &'a str),
    /// On what.
    Resources(&'a [String]),
    /// On what, as a plain string.
    Resource(&'a str),
}

impl Statement {
    /// A statement that allows, with members in this order, each at most once.
    #[must_use]
    pub fn allowing(parts: &[Part<'_>]) -> Self {
        let mut sid = None;
        let mut actions = BTreeSet::new();
        let (mut principals, mut resources) = (None, None);
        let mut members = Vec::new();
        for part in parts {
            members.push(match *part {
                Part::Sid(name) => {
                    sid = Some(name.to_owned());
                    format!(r#""Sid":{}"#, json!(name))
                }
                Part::Actions(names) => {
                    actions = names.iter().map(|&name| name.to_owned()).collect();
                    format!(r#""Action":{}"#, json!(names))
                }
                Part::Action(name) => {
                    actions = BTreeSet::from([name.to_owned()]);
                    format!(r#""Action":{}"#, json!(name))
                }
                Part::Principal(name) => {
                    principals = Some(one("", name));
                    format!(r#""Principal":{}"#, json!([name]))
                }
                Part::PrincipalOf(kind, name) => {
                    principals = Some(one(kind, name));
                    format!(r#""Principal":{}"#, json!({ kind: [name] }))
                }
                Part::Resources(names) => {
                    resources = Some(Names::Only(names.iter().cloned().collect()));
                    format!(r#""Resource":{}"#, json!(names))
                }
                Part::Resource(name) => {
                    resources = Some(Names::Only(BTreeSet::from([name.to_owned()])));
                    format!(r#""Resource":{}"#, json!(name))
                }
            });
        }
        members.insert(usize::from(sid.is_some()), r#""Effect":"Allow""#.to_owned());
        let meaning = Meaning {
            effect: Effect::Allow,
            actions: Names::Only(actions),
            principals,
            resources,
            conditions: BTreeMap::new(),
            others: BTreeMap::new(),
        };
        Self { text: format!("{{{}}}", members.join(",")).into(), meaning, sid }
    }
}

fn one(kind: &str, name: &str) -> Names<Principal> {
    Names::Only(BTreeSet::from([Principal { kind: kind.to_owned(), name: name.to_owned() }]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::document::Document;
    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_as_what_it_means(
            sid: String, actions: Vec<String>, kind: String, name: String, resources: Vec<String>,
        ) {
            let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
            for parts in [
                &[Part::Sid(&sid), Part::PrincipalOf(&kind, &name), Part::Actions(&actions), Part::Resources(&resources)][..],
                &[Part::Actions(&actions), Part::Principal(&name), Part::Resources(&resources)],
                &[Part::Action(&name), Part::Resource(&name)],
                &[Part::Action(&name)],
            ] {
                let written = Statement::allowing(parts);
                let document = Document::of(vec![written.clone()]);
                let read = Document::parse(&document.text()).unwrap();
                prop_assert_eq!(&read, &document);
                prop_assert!(read.says_the_same(&document));
                prop_assert_eq!(read.statements()[0].meaning(), written.meaning());
                prop_assert_eq!(read.statements()[0].sid(), written.sid());
            }
        }
    }
}
