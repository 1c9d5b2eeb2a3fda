//! What a bucket's policy says to a request that comes from the migration service.
//!
//! Each condition holds for such a request, does not, or may: a statement that denies it stands in the way, and so
//! does one that allows all others.

use super::condition::{Holds, Kind, condition_holds, kind_of, local, phrase};
use super::statement::{Condition, Statement, Who};
use crate::preflight::finding::Verdict;
use crate::preflight::word::listed;

/// A statement that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Barrier {
    pub(super) kind: Kind,
    pub(super) verdict: Verdict,
    /// The statement's name.
    pub(super) statement: String,
    pub(super) seen: String,
}

/// What stands in the way of reading what lies under `prefix` in `bucket`.
pub(super) fn barriers(statements: &[Statement], bucket: &str, prefix: &str) -> Vec<Barrier> {
    let about: Vec<&Statement> =
        statements.iter().filter(|one| one.is_about_reading(bucket, prefix)).collect();
    let part = |one: &Statement| !one.is_of_all_below(bucket, prefix);
    about.iter().filter_map(|one| barrier(one, &about).or_else(|| denial(one, part(one)))).collect()
}

/// A denial that asks for no network and no client. One of all that is there to some principals was tried, by listing
/// and reading with the key; one of a part of it may be of what was not tried.
fn denial(one: &Statement, part: bool) -> Option<Barrier> {
    const OF_PRINCIPALS: [&str; 2] = ["userid", "username"];
    if !one.denies || one.conditions.iter().any(|condition| kind_of(&condition.key).is_some()) {
        return None;
    }
    let keys: Vec<String> = one.conditions.iter().map(|condition| condition.key.clone()).collect();
    let is_of_principal = |key: &String| {
        let key = local(key);
        key.starts_with("principal") || OF_PRINCIPALS.contains(&key.as_str())
    };
    let all = one.who == Who::All && keys.is_empty();
    if !all && !part && keys.iter().all(is_of_principal) {
        return None;
    }
    let verdict = if all { Verdict::Blocker } else { Verdict::Warning };
    let of = if part { " of a part of what is there" } else { "" };
    let on = if keys.is_empty() {
        String::new()
    } else {
        format!(", on conditions on {}", listed(&keys, 4))
    };
    let name = one.name.escape_debug();
    let seen = format!("statement `{name}` denies reading{of}{}{on}", to(&one.who));
    Some(Barrier { kind: Kind::Anyone, verdict, statement: one.name.clone(), seen })
}

fn barrier(one: &Statement, all: &[&Statement]) -> Option<Barrier> {
    let asked = |condition: &&Condition| kind_of(&condition.key).is_some();
    let limits: Vec<&Condition> = one.conditions.iter().filter(asked).collect();
    let kind = limits.iter().filter_map(|condition| kind_of(&condition.key)).min()?;
    let holds = holds(one);
    let name = one.name.escape_debug();
    let phrases: Vec<String> = limits.iter().map(|condition| phrase(condition)).collect();
    let phrases = phrases.join(", and ");
    let (verdict, seen) = if one.denies {
        let verdict = match (holds, &one.who) {
            (Holds::No, _) => return None,
            (Holds::Yes, Who::All) => Verdict::Blocker,
            // Whether this key is among them is not known here.
            (Holds::Yes, Who::Some(_) | Who::AllBut(_)) | (Holds::Perhaps, _) => Verdict::Warning,
        };
        let others = one.conditions.len() - limits.len();
        let more = match others {
            0 => String::new(),
            1 => ", under one more condition".to_owned(),
            others => format!(", under {others} more conditions"),
        };
        (verdict, format!("statement `{name}` denies reading{} {phrases}{more}", to(&one.who)))
    } else {
        let open = |other: &&&Statement| {
            !other.denies
                && self::holds(other) == Holds::Yes
                && (other.who == Who::All || other.who == one.who)
        };
        if holds == Holds::Yes || all.iter().any(|other| open(&other)) {
            return None;
        }
        (
            Verdict::Warning,
            format!("statement `{name}` allows reading{} only {phrases}", to(&one.who)),
        )
    };
    Some(Barrier { kind, verdict, statement: one.name.clone(), seen })
}

fn to(who: &Who) -> String {
    match who {
        Who::All => String::new(),
        Who::Some(names) => format!(" to `{}`", names.escape_debug()),
        Who::AllBut(names) => format!(" to all but `{}`", names.escape_debug()),
    }
}

/// Whether all conditions of a statement hold.
fn holds(one: &Statement) -> Holds {
    one.conditions
        .iter()
        .map(|condition| condition_holds(condition, one.denies))
        .min()
        .unwrap_or(Holds::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::source::statement::read;

    const READ: &str = r#""Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#;

    fn judged(effect: &str, who: &str, condition: &str) -> Option<(Kind, Verdict, String)> {
        let policy = format!(
            r#"{{"Statement":[{{"Sid":"S","Effect":"{effect}",{who},{READ},"Condition":{condition}}}]}}"#
        );
        let found = barriers(&read(&policy).unwrap(), "b", "");
        assert!(found.len() <= 1);
        found.into_iter().next().map(|barrier| (barrier.kind, barrier.verdict, barrier.seen))
    }

    use Kind::{Address, Agent, Anyone, Network, Referer, Tls};
    use Verdict::{Blocker, Warning};

    /// Effect and condition of a statement on reading, and what it comes to.
    type Case = (&'static str, &'static str, Option<(Kind, Verdict)>);

    const CASES: &[Case] = &[
        ("Deny", r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, Some((Address, Blocker))),
        (
            "Deny",
            r#"{"NotIpAddress":{"AWS:sourceip":["203.0.113.7","2001:db8::/32"]}}"#,
            Some((Address, Blocker)),
        ),
        (
            "Deny",
            r#"{"NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            Some((Address, Blocker)),
        ),
        (
            "Deny",
            r#"{"ForAllValues:NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
            Some((Address, Blocker)),
        ),
        (
            "Deny",
            r#"{"NotIpAddress":{"acs:SourceIp":["203.0.113.0/24"]}}"#,
            Some((Address, Blocker)),
        ),
        ("Deny", r#"{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, None),
        ("Deny", r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, Some((Address, Blocker))),
        ("Deny", r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, None),
        ("Deny", r#"{"IpAddress":{"aws:SourceIp":"47.0.0.0/8"}}"#, Some((Address, Warning))),
        ("Deny", r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, Some((Address, Blocker))),
        ("Deny", r#"{"Null":{"aws:SourceIp":"true"}}"#, None),
        ("Allow", r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, Some((Address, Warning))),
        ("Allow", r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, None),
        (
            "Allow",
            r#"{"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
            Some((Address, Warning)),
        ),
        (
            "Deny",
            r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#,
            Some((Network, Blocker)),
        ),
        (
            "Deny",
            r#"{"StringNotEquals":{"aws:sourceVpc":["vpc-1","vpc-2"]}}"#,
            Some((Network, Blocker)),
        ),
        ("Deny", r#"{"StringNotLike":{"aws:SourceVpce":"vpce-*"}}"#, Some((Network, Blocker))),
        (
            "Deny",
            r#"{"StringNotEqualsIgnoreCase":{"aws:SourceVpc":"vpc-1"}}"#,
            Some((Network, Blocker)),
        ),
        (
            "Deny",
            r#"{"ArnNotEquals":{"aws:SourceVpcArn":"arn:aws:ec2:x:1:vpc/vpc-1"}}"#,
            Some((Network, Blocker)),
        ),
        (
            "Deny",
            r#"{"ForAllValues:StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            Some((Network, Blocker)),
        ),
        (
            "Deny",
            r#"{"StringNotEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#,
            Some((Network, Blocker)),
        ),
        ("Deny", r#"{"ForAnyValue:StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#, None),
        ("Deny", r#"{"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#, None),
        (
            "Deny",
            r#"{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}"#,
            Some((Network, Blocker)),
        ),
        ("Deny", r#"{"NotIpAddress":{"aws:VpcSourceIp":"10.1.0.0/16"}}"#, Some((Network, Blocker))),
        ("Deny", r#"{"Null":{"aws:SourceVpce":"true"}}"#, Some((Network, Blocker))),
        ("Deny", r#"{"Null":{"aws:SourceVpce":true}}"#, Some((Network, Blocker))),
        ("Deny", r#"{"Null":{"aws:SourceVpce":"false"}}"#, None),
        ("Deny", r#"{"Bool":{"aws:ViaAWSService":"false"}}"#, Some((Network, Blocker))),
        ("Deny", r#"{"BoolIfExists":{"aws:ViaAWSService":false}}"#, Some((Network, Blocker))),
        ("Deny", r#"{"Bool":{"aws:ViaAWSService":"true"}}"#, None),
        ("Allow", r#"{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#, Some((Network, Warning))),
        ("Allow", r#"{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#, None),
        (
            "Deny",
            r#"{"StringNotLike":{"aws:Referer":["https://a.example/*"]}}"#,
            Some((Referer, Blocker)),
        ),
        (
            "Allow",
            r#"{"StringLike":{"aws:Referer":"https://a.example/*"}}"#,
            Some((Referer, Warning)),
        ),
        ("Deny", r#"{"StringLike":{"aws:Referer":"https://bad.example/*"}}"#, None),
        ("Deny", r#"{"Bool":{"aws:SecureTransport":"false"}}"#, Some((Tls, Warning))),
        ("Deny", r#"{"NumericLessThan":{"s3:TlsVersion":"1.2"}}"#, Some((Tls, Warning))),
        ("Deny", r#"{"StringNotEquals":{"aws:UserAgent":"xyz"}}"#, Some((Agent, Warning))),
        // What the key itself is was tried.
        ("Deny", r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#, None),
        ("Deny", "{}", Some((Anyone, Blocker))),
        (
            "Deny",
            r#"{"StringEquals":{"s3:ExistingObjectTag/secret":"yes"}}"#,
            Some((Anyone, Warning)),
        ),
        ("Allow", r#"{"StringEquals":{"s3:ExistingObjectTag/secret":"no"}}"#, None),
        // Both have to hold: addresses, or the service of the provider.
        (
            "Deny",
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:ViaAWSService":"false"}}"#,
            Some((Address, Blocker)),
        ),
        (
            "Deny",
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            Some((Address, Blocker)),
        ),
        (
            "Deny",
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"StringEquals":{"aws:SourceVpce":"vpce-1"}}"#,
            None,
        ),
        (
            "Deny",
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"ArnNotEquals":{"aws:PrincipalArn":"arn:x"}}"#,
            Some((Address, Warning)),
        ),
    ];

    #[test]
    fn every_form_of_a_whitelist_is_seen() {
        for (effect, condition, expected) in CASES {
            let found = judged(effect, r#""Principal":"*""#, condition);
            let seen = found.as_ref().map(|(kind, verdict, _)| (*kind, *verdict));
            assert_eq!(seen, *expected, "{effect} {condition}: {found:?}");
        }
    }

    #[test]
    fn who_is_kept_out_decides_what_is_known() {
        let deny = |who: &str| {
            judged("Deny", who, r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#).unwrap()
        };
        assert_eq!(deny(r#""Principal":{"AWS":"*"}"#).1, Verdict::Blocker);
        let (_, verdict, seen) = deny(r#""Principal":{"AWS":["arn:aws:iam::1:user/u"]}"#);
        assert_eq!(verdict, Verdict::Warning);
        assert!(seen.contains("user/u") && seen.contains("203.0.113.0/24"), "{seen}");
        let (_, verdict, seen) = deny(r#""NotPrincipal":{"AWS":"arn:aws:iam::1:root"}"#);
        assert_eq!(verdict, Verdict::Warning);
        assert!(seen.contains("all but"), "{seen}");
    }

    #[test]
    fn a_denial_of_a_part_is_seen_whomever_it_is_for() {
        let part = r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::b/docs/secret/*""#;
        let found = |who: &str, prefix: &str| {
            let policy = format!(r#"{{"Statement":[{{"Sid":"S","Effect":"Deny",{who},{part}}}]}}"#);
            barriers(&read(&policy).unwrap(), "b", prefix).pop()
        };
        let all = found(r#""Principal":"*""#, "docs/").unwrap();
        assert_eq!((all.kind, all.verdict), (Anyone, Blocker));
        assert!(all.seen.contains("a part of what is there"), "{}", all.seen);
        let some = r#""Principal":{"AWS":"arn:aws:iam::1:user/u"}"#;
        assert_eq!(found(some, "docs/").unwrap().verdict, Warning);
        assert_eq!(found(some, "docs/secret/deep/"), None, "that was tried with the key");
        assert_eq!(found(r#""Principal":"*""#, "other/"), None);
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        for key in ["aws:Referer", "aws:UserAgent"] {
            let condition = format!(r#"{{"StringNotEquals":{{"{key}":"s3cret-referer"}}}}"#);
            let (_, _, seen) = judged("Deny", r#""Principal":"*""#, &condition).unwrap();
            assert!(!seen.contains("s3cret"), "{seen}");
        }
    }

    #[test]
    fn a_whitelist_beside_an_open_door_is_none() {
        let policy = format!(
            r#"{{"Statement":[
                {{"Effect":"Allow","Principal":"*",{READ},"Condition":{{"IpAddress":{{"aws:SourceIp":"203.0.113.0/24"}}}}}},
                {{"Effect":"Allow","Principal":"*",{READ}}}]}}"#
        );
        assert_eq!(barriers(&read(&policy).unwrap(), "b", ""), []);
    }

    proptest::proptest! {
        #[test]
        fn any_policy_is_judged_and_no_grant_alone_is_a_blocker(
            denies: bool,
            qualifier in proptest::sample::select(vec!["", "ForAnyValue:", "ForAllValues:"]),
            operator in proptest::sample::select(vec![
                "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "IpAddress", "NotIpAddress",
                "ArnLike", "ArnNotLike", "Bool", "Null", "NumericLessThan", "DateGreaterThan", "Nonsense",
            ]),
            if_exists in proptest::sample::select(vec!["", "IfExists"]),
            key in proptest::sample::select(vec![
                "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:Referer",
                "aws:UserAgent", "aws:ViaAWSService", "aws:SecureTransport", "aws:PrincipalOrgID", "SourceIp", "",
            ]),
            values in proptest::collection::vec("[0-9a-f:./*]{0,20}|true|false|s3cret", 0..3),
        ) {
            let effect = if denies { "Deny" } else { "Allow" };
            let policy = serde_json::json!({ "Statement": [{
                "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*",
                "Condition": { format!("{qualifier}{operator}{if_exists}"): { key: values } },
            }] });
            let found = barriers(&read(&policy.to_string()).unwrap(), "b", "");
            for barrier in &found {
                proptest::prop_assert!(denies || barrier.verdict != Verdict::Blocker);
                let private = matches!(barrier.kind, Kind::Referer | Kind::Agent | Kind::Anyone);
                proptest::prop_assert!(!(private && barrier.seen.contains("s3cret")), "{}", barrier.seen);
            }
            let about = kind_of(key).is_some();
            let plain = found.iter().all(|barrier| {
                barrier.kind == Kind::Anyone && barrier.verdict == Verdict::Warning
            });
            proptest::prop_assert!(about || plain);
        }

        #[test]
        fn no_text_breaks_the_reader(text: String, json in "[\\[\\]{}\":,A-Za-z]{0,60}") {
            for text in [text, json] {
                let _ = read(&text);
            }
        }
    }
}
