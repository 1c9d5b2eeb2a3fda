//! Rules by which objects are moved and deleted.

use crate::alibaba::xml::Element;

/// A rule of a bucket's lifecycle.
///
/// What it does to an object, and when, goes by the object's time, which a migration keeps: an object
/// that is older than the rule's days is struck on the day it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Whether it is carried out.
    pub is_enabled: bool,
    /// The keys that it is about begin with this; all, where it is empty.
    pub prefix: String,
    /// The tags that objects must have, by name and value.
    pub tags: Vec<(String, String)>,
    /// Whether further conditions (sizes, exceptions) take objects out.
    pub has_filter: bool,
    /// When objects are deleted.
    pub expiration: Option<When>,
    /// Whether delete markers are deleted that stand alone.
    pub expires_delete_markers: bool,
    /// When objects are moved to another storage class.
    pub transitions: Vec<Transition>,
    /// After how many days versions that are not the latest are deleted.
    pub noncurrent_expiration: Option<u64>,
    /// After how many days versions that are not the latest are moved to which storage class.
    pub noncurrent_transitions: Vec<(u64, String)>,
    /// When parts of unfinished uploads are deleted.
    pub abort_uploads: Option<When>,
}

/// When a rule strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// So many days after an object was changed, or, by [`Transition::by_access`], last read.
    Days(u64),
    /// Objects that were changed before this date, such as `2026-01-01T00:00:00.000Z`.
    ChangedBefore(String),
    /// On this date, whatever their age.
    On(String),
}

/// A move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub when: When,
    /// To which class, such as `IA`.
    pub storage_class: String,
    /// Whether the time of the last access counts rather than that of the last change.
    pub by_access: bool,
}

impl Rule {
    /// Whether keys that begin with `prefix` may be among those that the rule is about.
    #[must_use]
    pub fn touches(&self, prefix: &str) -> bool {
        self.prefix.starts_with(prefix) || prefix.starts_with(&self.prefix)
    }

    /// Reads a `LifecycleConfiguration`; the name of what cannot be read.
    pub(super) fn read_all(document: &[u8]) -> Result<Vec<Self>, &'static str> {
        let document = Element::parse(document)
            .filter(|document| document.name == "LifecycleConfiguration")
            .ok_or("LifecycleConfiguration")?;
        document.all("Rule").map(Self::read).collect()
    }

    fn read(rule: &Element) -> Result<Self, &'static str> {
        let expiration = rule.child("Expiration");
        let marker = expiration.and_then(|part| part.text_of("ExpiredObjectDeleteMarker"));
        let text = |element: &Element, name| element.text_of(name).unwrap_or_default().to_owned();
        let transitions = rule.all("Transition").map(|part| {
            Ok(Transition {
                when: When::read(part)?.ok_or("Transition")?,
                storage_class: part.text_of("StorageClass").ok_or("StorageClass")?.to_owned(),
                by_access: flag(part, "IsAccessTime")?.unwrap_or(false),
            })
        });
        let noncurrent = rule.all("NoncurrentVersionTransition").map(|part| {
            let days = number(part, "NoncurrentDays")?.ok_or("NoncurrentDays")?;
            Ok((days, part.text_of("StorageClass").ok_or("StorageClass")?.to_owned()))
        });
        Ok(Self {
            id: text(rule, "ID"),
            is_enabled: match rule.text_of("Status") {
                Some("Enabled") => true,
                Some("Disabled") => false,
                _ => return Err("Status"),
            },
            prefix: rule.whole_text_of("Prefix").to_owned(),
            tags: rule.all("Tag").map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect(),
            has_filter: rule.child("Filter").is_some_and(|filter| !filter.children.is_empty()),
            expiration: expiration.map(When::read).transpose()?.flatten(),
            expires_delete_markers: marker == Some("true"),
            transitions: transitions.collect::<Result<_, &'static str>>()?,
            noncurrent_expiration: match rule.child("NoncurrentVersionExpiration") {
                Some(part) => number(part, "NoncurrentDays")?,
                None => None,
            },
            noncurrent_transitions: noncurrent.collect::<Result<_, &'static str>>()?,
            abort_uploads: match rule.child("AbortMultipartUpload") {
                Some(part) => When::read(part)?,
                None => None,
            },
        })
    }
}

impl When {
    fn read(part: &Element) -> Result<Option<Self>, &'static str> {
        let date = |name| part.text_of(name).map(str::to_owned);
        Ok(number(part, "Days")?
            .map(Self::Days)
            .or_else(|| date("CreatedBeforeDate").map(Self::ChangedBefore))
            .or_else(|| date("Date").map(Self::On)))
    }
}

fn number(part: &Element, name: &'static str) -> Result<Option<u64>, &'static str> {
    part.text_of(name).map(str::parse).transpose().map_err(|_| name)
}

fn flag(part: &Element, name: &'static str) -> Result<Option<bool>, &'static str> {
    match part.text_of(name) {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "<?xml version=\"1.0\"?><LifecycleConfiguration>\
        <Rule><ID>old</ID><Prefix>logs/</Prefix><Status>Enabled</Status>\
        <Tag><Key>kind</Key><Value>log</Value></Tag><Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></Filter>\
        <Transition><Days>30</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime></Transition>\
        <Expiration><Days>365</Days></Expiration><AbortMultipartUpload><Days>7</Days></AbortMultipartUpload></Rule>\
        <Rule><ID>versions</ID><Prefix/><Status>Disabled</Status>\
        <Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
        <NoncurrentVersionTransition><NoncurrentDays>5</NoncurrentDays><StorageClass>Archive</StorageClass></NoncurrentVersionTransition>\
        <NoncurrentVersionExpiration><NoncurrentDays>10</NoncurrentDays></NoncurrentVersionExpiration></Rule>\
        <Rule><ID>date</ID><Prefix>a</Prefix><Status>Enabled</Status>\
        <Expiration><CreatedBeforeDate>2026-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration></Rule>\
        </LifecycleConfiguration>";

    #[test]
    fn rules_are_read_with_all_that_they_do() {
        let rules = Rule::read_all(RULES.as_bytes()).unwrap();
        let [old, versions, date] = &rules[..] else { panic!("{rules:?}") };
        assert!(old.is_enabled && old.has_filter && old.touches("logs/2026/"));
        assert!(old.touches("") && !old.touches("photos/"));
        assert_eq!(old.tags, [("kind".to_owned(), "log".to_owned())]);
        assert_eq!(
            (&old.expiration, &old.abort_uploads),
            (&Some(When::Days(365)), &Some(When::Days(7)))
        );
        let ia = Transition { when: When::Days(30), storage_class: "IA".into(), by_access: true };
        assert_eq!(old.transitions, [ia]);
        assert!(!versions.is_enabled && versions.expires_delete_markers);
        assert_eq!(versions.expiration, None);
        assert_eq!(versions.noncurrent_expiration, Some(10));
        assert_eq!(versions.noncurrent_transitions, [(5, "Archive".to_owned())]);
        let before = When::ChangedBefore("2026-01-01T00:00:00.000Z".into());
        assert_eq!(date.expiration, Some(before));
        let odd = RULES.replace("<Prefix>a</Prefix>", "<Prefix> a </Prefix>");
        assert_eq!(Rule::read_all(odd.as_bytes()).unwrap()[2].prefix, " a ");
    }

    #[test]
    fn what_cannot_be_read_is_no_rule_that_does_nothing() {
        for (from, to, what) in [
            ("<Days>365</Days>", "<Days>soon</Days>", "Days"),
            ("<Status>Disabled</Status>", "", "Status"),
            ("<StorageClass>IA</StorageClass>", "", "StorageClass"),
            (
                "<NoncurrentDays>10</NoncurrentDays>",
                "<NoncurrentDays>x</NoncurrentDays>",
                "NoncurrentDays",
            ),
            ("LifecycleConfiguration", "Other", "LifecycleConfiguration"),
        ] {
            let text = RULES.replace(from, to);
            assert_eq!(Rule::read_all(text.as_bytes()), Err(what), "{from}");
        }
    }
}
