//! Whether a condition of a policy holds for a request that comes from the migration service.
//!
//! The service asks from addresses of Alibaba Cloud, by no network of the source's provider, and without a
//! referer. Addresses in a whitelist are taken not to be the service's; whoever had them from its support may know
//! better.
//!
//! Sources: "IAM JSON policy elements: Condition operators" (set qualifiers, `IfExists`, `Null`, absent
//! keys), "AWS global condition context keys". Keys are compared without regard to case, and by what follows
//! the provider's own `aws:`, `acs:` or `ksc:`.

use std::net::IpAddr;

use super::statement::Condition;
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

/// Whether a condition holds for a request of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    No,
    Perhaps,
    Yes,
}

/// The part of a condition's key that providers agree on.
pub(super) fn local(key: &str) -> String {
    key.rsplit_once(':').map_or(key, |(_, name)| name).to_ascii_lowercase()
}

pub(super) fn kind_of(key: &str) -> Option<Kind> {
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

pub(super) fn condition_holds(condition: &Condition, denies: bool) -> Holds {
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
pub(super) fn phrase(condition: &Condition) -> String {
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
