//! Whether what is there is what was asked for.

use super::model::Model;
use super::{Address, Job, NewAddress, NewJob};
use crate::alibaba::xml::Element;

/// A member in which two things differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member, as the service names it; those inside of others as a path.
    pub member: String,
    /// What was asked for; empty for nothing.
    pub wanted: String,
    /// What is there; empty for nothing.
    pub found: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown =
            |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        write!(f, "{} is {} and not {}", self.member, shown(&self.found), shown(&self.wanted))
    }
}

/// Members that decide which objects are read or written, so that one that was not asked for matters too.
const DECISIVE: [&str; 5] = ["Prefix", "InvPath", "InvBucket", "FilterRule", "AgentList"];

/// Where an address that is there differs from the one that is wanted. Secrets are not given back, and
/// not compared; neither is what the service fills in by itself.
#[must_use]
pub fn address_differences(wanted: &NewAddress, found: &Address) -> Vec<Difference> {
    let wanted = wanted.detail.clone().unwrap_or_default().element("AddressDetail");
    let found = found.detail.clone().unwrap_or_default().element("AddressDetail");
    let mut differences = Vec::new();
    compare("", &wanted, &found, &mut differences);
    // Older answers name the type of a list together with that of its store: `ossinv`.
    let is_list = |difference: &Difference| {
        difference.member == "AddressType"
            && difference.wanted == "inv"
            && difference.found.ends_with("inv")
    };
    differences.retain(|difference| !is_list(difference));
    differences
}

/// Where a job that is there differs from the one that is wanted.
#[must_use]
pub fn job_differences(wanted: &NewJob, found: &Job) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare("", &wanted.element("ImportJob"), &found.element("ImportJob"), &mut differences);
    differences
}

fn compare(path: &str, wanted: &Element, found: &Element, into: &mut Vec<Difference>) {
    for member in &wanted.children {
        if member.name.ends_with("Secret") {
            continue;
        }
        let theirs = found.child(&member.name);
        let name = format!("{path}{}", member.name);
        if member.children.is_empty() {
            let all = |of: &Element| {
                let texts: Vec<&str> = of.all(&member.name).map(|one| one.text.as_str()).collect();
                texts.join(", ")
            };
            let (wanted, found) = (all(wanted), all(found));
            let known = into.iter().any(|difference| difference.member == name);
            // What the service does not give back cannot be compared, but for what decides on objects.
            let comparable = theirs.is_some() || DECISIVE.contains(&member.name.as_str());
            if comparable && !known && !same(&wanted, &found) {
                into.push(Difference { member: name, wanted, found });
            }
        } else {
            let nothing = Element::new(&member.name);
            compare(&format!("{name}/"), member, theirs.unwrap_or(&nothing), into);
        }
    }
    for member in &found.children {
        let matters = DECISIVE.contains(&member.name.as_str()) && holds_something(member);
        if matters && wanted.child(&member.name).is_none() {
            let (name, found) = (format!("{path}{}", member.name), member.text.clone());
            let found = if found.is_empty() { "set".to_owned() } else { found };
            into.push(Difference { member: name, wanted: String::new(), found });
        }
    }
}

/// Booleans are written in several ways; all else is compared to the letter.
fn same(one: &str, other: &str) -> bool {
    one == other || matches!(one, "true" | "false") && one.eq_ignore_ascii_case(other)
}

fn holds_something(element: &Element) -> bool {
    !element.text.is_empty() || element.children.iter().any(holds_something)
}

#[cfg(test)]
mod tests {
    use super::super::{AddressDetail, FilterRule, ImportQos, KeyFilters, Patterns, Secret};
    use super::*;

    fn detail() -> AddressDetail {
        AddressDetail {
            address_type: Some("inv".into()),
            bucket: Some("b".into()),
            access_secret: Some(Secret::new("s")),
            inv_path: Some("p".into()),
            ..AddressDetail::default()
        }
    }

    fn told(wanted: AddressDetail, found: AddressDetail) -> String {
        let wanted = NewAddress { detail: Some(wanted), ..NewAddress::default() };
        let found = Address { detail: Some(found), ..Address::default() };
        let told = address_differences(&wanted, &found);
        told.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn the_same_is_the_same_whatever_the_service_adds_or_withholds() {
        let found = AddressDetail {
            address_type: Some("s3inv".into()),
            access_secret: None,
            domain: Some("filled.in".into()),
            ..detail()
        };
        assert_eq!(told(detail(), found), "");
    }

    #[test]
    fn what_differs_is_named() {
        let found = AddressDetail {
            bucket: Some("other".into()),
            inv_path: None,
            prefix: Some("only/".into()),
            ..detail()
        };
        assert_eq!(
            told(detail(), found),
            "Bucket is `other` and not `b`; InvPath is nothing and not `p`; Prefix is `only/` and not nothing"
        );
    }

    #[test]
    fn members_of_members_are_compared() {
        let qos = |bits| Some(ImportQos { max_bandwidth: Some(bits), ..ImportQos::default() });
        let regex = |regex: &str| {
            let includes = Some(Patterns { regex: Some(vec![regex.to_owned()]) });
            let key_filters = Some(KeyFilters { includes, excludes: None });
            Some(FilterRule { key_filters, ..FilterRule::default() })
        };
        let wanted = NewJob { import_qos: qos(1), ..NewJob::default() };
        let found = Job { import_qos: qos(2), filter_rule: regex("x"), ..Job::default() };
        let told: Vec<_> =
            job_differences(&wanted, &found).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["ImportQos/MaxBandWidth is `2` and not `1`", "FilterRule is `set` and not nothing"]
        );
    }
}
