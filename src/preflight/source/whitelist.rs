//! What a bucket's policy says to a request that comes from the migration service.
//!
//! The service asks from addresses of Alibaba Cloud, by no network of the source's provider, and without a
//! referer. Each condition holds for such a request, does not, or may: a statement that denies it stands in
//! the way, and so does one that allows all others. Addresses in a whitelist are taken not to be the
//! service's; whoever had them from its support may know better.
//!
//! Sources: "IAM JSON policy elements: Condition operators" (set qualifiers, `IfExists`, `Null`, absent
//! keys), "AWS global condition context keys". Keys are compared without regard to case, and by what follows
//! the provider's own `aws:`, `acs:` or `ksc:`.

use std::net::IpAddr;

use super::statement::{Condition, Statement, Who};
use crate::preflight::finding::Verdict;
use crate::preflight::word::listed;

/// What a statement asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Where a request comes from.
    Address,
    /// Which private network it comes by.
    Network,
    /// Which page it says to come from.
    Referer,
    /// Whether it comes by TLS.
    Tls,
    /// What it says of its client.
    Agent,
    /// Nothing of these: it keeps out whoever asks, or some, or from a part of what is there.
    Anyone,
}

/// A statement that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Barrier {
    pub(super) kind: Kind,
    pub(super) verdict: Verdict,
    /// The statement's name.
    pub(super) statement: String,
    pub(super) seen: String,
}

/// Whether a condition holds for a request of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Perhaps,
    Yes,
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

/// The part of a condition's key that providers agree on.
fn local(key: &str) -> String {
    key.rsplit_once(':').map_or(key, |(_, name)| name).to_ascii_lowercase()
}

fn kind_of(key: &str) -> Option<Kind> {
    Some(match local(key).as_str() {
        "sourceip" => Kind::Address,
        "vpcsourceip"
        | "sourcevpc"
        | "sourcevpce"
        | "sourcevpcarn"
        | "sourcevpceaccount"
        | "sourcevpceorgid"
        | "sourcevpceorgpaths"
        | "viaawsservice"
        | "calledvia"
        | "calledviafirst"
        | "calledvialast"
        | "principalisawsservice" => Kind::Network,
        "referer" => Kind::Referer,
        "securetransport" | "tlsversion" => Kind::Tls,
        "useragent" => Kind::Agent,
        _ => return None,
    })
}

fn condition_holds(condition: &Condition, denies: bool) -> Holds {
    let (qualifier, operator) = match condition.operator.split_once(':') {
        Some((qualifier, operator)) => (qualifier.to_ascii_lowercase(), operator),
        None => (String::new(), condition.operator.as_str()),
    };
    let operator = operator.to_ascii_lowercase();
    let (operator, if_exists) = match operator.strip_suffix("ifexists") {
        Some(operator) => (operator, true),
        None => (operator.as_str(), false),
    };
    let negated = operator.contains("not");
    let value =
        |wanted: &str| condition.values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
    let truth = |truth: bool| if truth { Holds::Yes } else { Holds::No };
    let key = local(&condition.key);
    match key.as_str() {
        "sourceip" if operator == "null" => truth(value("false")),
        "sourceip" => address_holds(condition, negated, denies),
        // Answers no of a request that some service of the provider does not make for its user.
        "viaawsservice" | "principalisawsservice" if operator == "bool" => truth(value("false")),
        "securetransport" if operator == "bool" => {
            // The classic console names sources by `http://`; whether the service keeps to that is not known.
            if value("true") && !denies { Holds::Yes } else { Holds::Perhaps }
        }
        _ => match kind_of(&condition.key) {
            // What is not there.
            Some(Kind::Network | Kind::Referer) => match operator {
                "null" => truth(value("true")),
                _ if if_exists || qualifier == "forallvalues" => Holds::Yes,
                _ if qualifier == "foranyvalue" => Holds::No,
                _ => truth(negated),
            },
            Some(Kind::Tls | Kind::Agent | Kind::Address | Kind::Anyone) | None => Holds::Perhaps,
        },
    }
}

/// Whether the service's address, which is not known, is inside (or, negated, outside) of those listed.
fn address_holds(condition: &Condition, negated: bool, denies: bool) -> Holds {
    let anywhere = condition.values.iter().any(|value| is_everywhere(value));
    if anywhere {
        return if negated { Holds::No } else { Holds::Yes };
    }
    if condition.values.iter().all(|value| is_private(value)) {
        return if negated { Holds::Yes } else { Holds::No };
    }
    match (negated, denies) {
        // A whitelist: the service is taken not to be on it.
        (true, true) => Holds::Yes,
        (false, false) => Holds::No,
        // A blacklist may have it.
        (false, true) | (true, false) => Holds::Perhaps,
    }
}

/// Whether a range of addresses is all of IPv4, by which the stores are asked unless told otherwise.
fn is_everywhere(range: &str) -> bool {
    range == "*"
        || range.split_once('/').is_some_and(|(base, length)| {
            length == "0" && base.parse::<IpAddr>().is_ok_and(|base| base.is_ipv4())
        })
}

/// Whether a range is of addresses that nothing on the internet has.
fn is_private(range: &str) -> bool {
    let (base, length) = range.split_once('/').unwrap_or((range, "128"));
    let Ok(length) = length.parse::<u8>() else { return false };
    match base.parse() {
        Ok(IpAddr::V4(base)) => {
            let [first, second, ..] = base.octets();
            match (first, second) {
                (10 | 127, _) => length >= 8,
                (172, 16..=31) => length >= 12,
                (192, 168) | (169, 254) => length >= 16,
                (100, 64..=127) => length >= 10,
                _ => false,
            }
        }
        Ok(IpAddr::V6(base)) => base.is_loopback() || base.is_unique_local() && length >= 7,
        Err(_) => false,
    }
}

/// A condition in words. Referers and clients' names are not shown: people use them as passwords.
fn phrase(condition: &Condition) -> String {
    const SHOWN: usize = 4;
    let values = listed(&condition.values, SHOWN);
    let operator = condition.operator.to_ascii_lowercase();
    let negated = operator.contains("not");
    let rule = format!("({} {})", condition.operator.escape_debug(), condition.key.escape_debug());
    let key = local(&condition.key);
    match (kind_of(&condition.key), key.as_str()) {
        _ if operator.ends_with("null") => {
            let absent = condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            let how = if absent { "without" } else { "with" };
            format!("to requests {how} `{}` {rule}", condition.key.escape_debug())
        }
        (Some(Kind::Address), _) if negated => format!("from everywhere but {values} {rule}"),
        (Some(Kind::Address), _) => format!("from {values} {rule}"),
        (_, "viaawsservice" | "principalisawsservice") => {
            format!("where that a service of the provider asks is {values} {rule}")
        }
        (Some(Kind::Network), _) if negated => format!("by every way but {values} {rule}"),
        (Some(Kind::Network), _) => format!("by {values} {rule}"),
        (Some(Kind::Tls), _) => {
            format!("where `{}` is {values} {rule}", condition.key.escape_debug())
        }
        (kind, _) => {
            let what = if kind == Some(Kind::Referer) { "referers" } else { "clients" };
            let number = condition.values.len();
            let but = if negated { "to all but" } else { "to" };
            format!("{but} {number} {what} that are not repeated here {rule}")
        }
    }
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
