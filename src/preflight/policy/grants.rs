//! What is allowed.
//!
//! A question may be a pattern, such as `oss:Put*` on `acs:oss:*:*:bucket/*`. Then `Allowed` means all of it, and
//! `Denied` any of it: an answer is never better than what the least lucky request gets.

use super::document::Document;
use super::pattern::{by_parts, covers, touches};
use super::principal::{Caller, Meant};
use super::statement::{Effect, Names, Statement};

/// What a document says of a question.
#[derive(Clone, Debug)]
pub enum Grant<'a> {
    /// One statement allows all of it, and none forbids any of it.
    Allowed,
    /// This statement forbids it, or a part of it.
    Denied(&'a Statement),
    /// It depends on conditions, or on who exactly asks, whether this statement allows or forbids it.
    Conditional(&'a Statement),
    /// No statement allows all of it.
    NotGranted,
}

impl Document {
    /// Whether `caller` may do `action` on `resource`. Without a caller, principals are not looked at: so is
    /// asked of policies that belong to somebody. Without a resource, resources are not: so is asked of trust
    /// policies. Actions are compared without case, as RAM does.
    #[must_use]
    pub fn grants(
        &self,
        action: &str,
        resource: Option<&str>,
        caller: Option<&Caller>,
    ) -> Grant<'_> {
        let action = action.to_ascii_lowercase();
        let (mut allowed, mut perhaps) = (false, None);
        for statement in self.statements() {
            match strength(statement, &action, resource, caller) {
                (_, Meant::No) => {}
                (Effect::Deny, Meant::Yes) => return Grant::Denied(statement),
                (Effect::Allow, Meant::Yes) => allowed = true,
                (effect, Meant::Maybe) => {
                    // What may forbid says more than what may allow.
                    if perhaps.is_none() || effect == Effect::Deny {
                        perhaps = Some(statement);
                    }
                }
            }
        }
        match perhaps {
            Some(statement) if !allowed || statement.meaning().effect == Effect::Deny => {
                Grant::Conditional(statement)
            }
            _ if allowed => Grant::Allowed,
            _ => Grant::NotGranted,
        }
    }

    /// The statements that forbid `caller`, or may forbid it, something of `action` on `resource`.
    pub fn denials<'a>(
        &'a self,
        action: &'a str,
        resource: Option<&'a str>,
        caller: Option<&'a Caller>,
    ) -> impl Iterator<Item = &'a Statement> {
        let action = action.to_ascii_lowercase();
        self.statements().iter().filter(move |statement| {
            let (effect, meant) = strength(statement, &action, resource, caller);
            effect == Effect::Deny && meant != Meant::No
        })
    }
}

/// How surely a statement speaks of a question.
fn strength(
    statement: &Statement,
    action: &str,
    resource: Option<&str>,
    caller: Option<&Caller>,
) -> (Effect, Meant) {
    let meaning = statement.meaning();
    // To allow, all of the question has to be meant; to forbid, any of it.
    let fits = match meaning.effect {
        Effect::Allow => covers,
        Effect::Deny => touches,
    };
    let except = match meaning.effect {
        Effect::Allow => touches,
        Effect::Deny => covers,
    };
    let action_meant = match &meaning.actions {
        Names::Only(names) => names.iter().any(|name| fits(&name.to_ascii_lowercase(), action)),
        Names::Except(names) => {
            !names.iter().any(|name| except(&name.to_ascii_lowercase(), action))
        }
    };
    let resource_meant = match (&meaning.resources, resource) {
        (None, _) | (_, None) => true,
        (Some(Names::Only(names)), Some(asked)) => {
            names.iter().any(|name| by_parts(fits, name, asked))
        }
        (Some(Names::Except(names)), Some(asked)) => {
            !names.iter().any(|name| by_parts(except, name, asked))
        }
    };
    if !action_meant || !resource_meant {
        return (meaning.effect, Meant::No);
    }
    let mut meant = match (&meaning.principals, caller) {
        (_, None) => Meant::Yes,
        // A policy that says who is asked of a document that does not.
        (None, Some(_)) => Meant::Maybe,
        (Some(Names::Only(names)), Some(caller)) => {
            names.iter().map(|name| caller.is_meant_by(name)).max().unwrap_or(Meant::No)
        }
        (Some(Names::Except(names)), Some(caller)) => {
            match names.iter().map(|name| caller.is_meant_by(name)).max() {
                Some(Meant::Yes) => Meant::No,
                Some(Meant::Maybe) => Meant::Maybe,
                Some(Meant::No) | None => Meant::Yes,
            }
        }
    };
    if !meaning.conditions.is_empty() || !meaning.others.is_empty() {
        meant = meant.min(Meant::Maybe);
    }
    (meaning.effect, meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role() -> Caller {
        Caller::Role { account: "100".into(), name: "mover".into() }
    }

    /// The answer to a question about a role and the objects of the bucket `b`.
    fn answer(statements: &str, action: &str) -> &'static str {
        let document = Document::parse(&format!(r#"{{"Version":"1","Statement":[{statements}]}}"#));
        match document.unwrap().grants(action, Some("acs:oss:*:200:b/*"), Some(&role())) {
            Grant::Allowed => "allowed",
            Grant::Denied(_) => "denied",
            Grant::Conditional(by) if by.meaning().effect == Effect::Allow => "perhaps allowed",
            Grant::Conditional(_) => "perhaps denied",
            Grant::NotGranted => "not granted",
        }
    }

    const ALLOW: &str = r#"{"Effect":"Allow","Action":["oss:Get*","oss:PutObject"],"Principal":["arn:sts::100:assumed-role/mover/*"],"Resource":["acs:oss:*:200:b","acs:oss:*:200:b/*"]}"#;

    #[test]
    fn what_a_statement_names_is_allowed_and_nothing_else() {
        assert_eq!(answer(ALLOW, "oss:GetObject"), "allowed");
        assert_eq!(answer(ALLOW, "OSS:getobjectacl"), "allowed");
        assert_eq!(answer(ALLOW, "oss:Get*"), "allowed");
        assert_eq!(answer(ALLOW, "oss:Put*"), "not granted");
        assert_eq!(answer("", "oss:GetObject"), "not granted");
        for (from, to) in [("mover", "other"), ("100:assumed", "101:assumed"), ("200:b/", "200:c/")]
        {
            assert_eq!(answer(&ALLOW.replace(from, to), "oss:GetObject"), "not granted", "{to}");
        }
        for everybody in [r#"["*"]"#, r#""*""#, r#"["arn:sts::100:*"]"#] {
            let allow = ALLOW.replace(r#"["arn:sts::100:assumed-role/mover/*"]"#, everybody);
            assert_eq!(answer(&allow, "oss:GetObject"), "allowed", "{everybody}");
        }
    }

    #[test]
    fn what_is_not_sure_is_said_to_be_conditional() {
        for doubtful in [
            ALLOW.replace("mover/*", "mover/one-session"),
            ALLOW.replace("arn:sts::100:assumed-role/mover/*", "100"),
            ALLOW.replace(
                "\"Effect\"",
                r#""Condition":{"IpAddress":{"acs:SourceIp":"1.2.3.4"}},"Effect""#,
            ),
            ALLOW.replace("\"Effect\"", r#""Unknown":1,"Effect""#),
        ] {
            assert_eq!(answer(&doubtful, "oss:GetObject"), "perhaps allowed", "{doubtful}");
            assert_eq!(answer(&format!("{doubtful},{ALLOW}"), "oss:GetObject"), "allowed");
            let deny = doubtful.replace("Allow", "Deny");
            assert_eq!(answer(&format!("{ALLOW},{deny}"), "oss:GetObject"), "perhaps denied");
            assert_eq!(answer(&format!("{deny},{ALLOW}"), "oss:GetObject"), "perhaps denied");
        }
    }

    #[test]
    fn a_denial_of_a_part_is_a_denial() {
        for deny in [
            r#"{"Effect":"Deny","Action":"oss:*","Principal":"*","Resource":"acs:oss:*:*:b/secret/*"}"#,
            r#"{"Effect":"Deny","NotAction":"oss:List*","Principal":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","NotPrincipal":["1"],"Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Principal":"*","NotResource":["acs:oss:*:*:b/public/*"]}"#,
        ] {
            assert_eq!(answer(&format!("{ALLOW},{deny}"), "oss:GetObject"), "denied", "{deny}");
        }
        for other in [
            r#"{"Effect":"Deny","Action":"oss:Delete*","Principal":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","NotAction":"oss:*","Principal":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","NotPrincipal":["arn:sts::100:*"],"Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Principal":["1"],"Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Principal":"*","Resource":"acs:oss:*:*:other/*"}"#,
        ] {
            assert_eq!(answer(&format!("{ALLOW},{other}"), "oss:GetObject"), "allowed", "{other}");
        }
    }

    #[test]
    fn services_and_ram_names_are_known() {
        let trust = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["mgw.aliyuncs.com"],"RAM":"acs:ram::100:root"}}}"#).unwrap();
        let ask = |caller: Caller| trust.grants("sts:AssumeRole", None, Some(&caller));
        assert!(matches!(ask(Caller::Service("mgw.aliyuncs.com".into())), Grant::Allowed));
        assert!(matches!(ask(Caller::Service("ecs.aliyuncs.com".into())), Grant::NotGranted));
        assert!(matches!(ask(role()), Grant::Conditional(_)));
        let key = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*","Principal":{"RAM":["acs:ram::100:*"]}}}"#).unwrap();
        assert!(matches!(key.grants("kms:Decrypt", Some("*"), Some(&role())), Grant::Allowed));
    }
}
