//! Which objects will fail in a job, and what to do about them.

use std::collections::BTreeMap;

use super::limits::Limits;
use super::plan::Finding;
use crate::object::Object;
use crate::summary::HazardSection;
use crate::tally::{Counts, DestinationLimits, Hazard, HazardCounts, Severity, hazards_of};

/// Examples kept for each hazard.
const EXAMPLES: usize = 5;

/// Judges objects by what the destination takes, its prefix included.
#[derive(Clone, Debug)]
pub struct Judge {
    limits: DestinationLimits,
    prefix_bytes: u64,
    archives: bool,
}

impl Judge {
    /// A judge for copies under `prefix`, out of a store whose `archives` have to be restored.
    #[must_use]
    pub fn new(limits: &Limits, prefix: &str, archives: bool) -> Self {
        let usual = DestinationLimits::default();
        let prefix_bytes = prefix.len() as u64;
        let max_object_bytes = limits.object_bytes.value;
        let limits = DestinationLimits {
            max_key_bytes: limits.key_bytes.value.saturating_sub(prefix_bytes),
            max_object_bytes,
            sure_object_bytes: usual.sure_object_bytes.min(max_object_bytes),
        };
        Self { limits, prefix_bytes, archives }
    }

    /// What is wrong with one object.
    pub fn hazards(&self, object: &Object<'_>) -> impl Iterator<Item = Hazard> + use<> {
        let prefixed = self.prefix_bytes > 0;
        hazards_of(object, &self.limits, self.archives)
            .filter(move |hazard| !(prefixed && is_cured_by_prefix(*hazard)))
    }

    /// What a summary found, as findings of a plan; `longest_key` is the length of the longest key.
    #[must_use]
    pub fn of_summary(&self, sections: &[HazardSection], longest_key: u64) -> Vec<Finding> {
        let known = |code: &str| crate::tally::HAZARDS.iter().find(|info| info.code == code);
        let mut findings: Vec<Finding> = sections
            .iter()
            .filter_map(|section| Some((known(&section.code)?.hazard, section)))
            .filter(|(hazard, _)| !(self.prefix_bytes > 0 && is_cured_by_prefix(*hazard)))
            .map(|(hazard, section)| Finding {
                objects: Some(section.objects),
                bytes: Some(section.bytes),
                examples: section.examples.clone(),
                ..self.finding(hazard)
            })
            .collect();
        let code = Hazard::KeyTooLong.info().code;
        if longest_key > self.limits.max_key_bytes {
            // The scan judged without the destination prefix, so it counted too few.
            findings.retain(|finding| finding.code != code);
            findings.insert(
                0,
                Finding { objects: None, bytes: None, ..self.finding(Hazard::KeyTooLong) },
            );
        }
        findings
    }

    /// Findings out of counts, worst first.
    #[must_use]
    pub fn findings(&self, found: &Found) -> Vec<Finding> {
        let finding = |(hazard, counts): (&Hazard, &HazardCounts)| Finding {
            objects: Some(counts.counts.objects),
            bytes: Some(counts.counts.bytes),
            examples: counts.examples.clone(),
            ..self.finding(*hazard)
        };
        found.0.iter().map(finding).collect()
    }

    /// The same without examples, out of short lists.
    #[must_use]
    pub fn findings_of(&self, list: &[(Hazard, Counts)]) -> Vec<Finding> {
        let mut sorted = list.to_vec();
        sorted.sort_unstable_by_key(|(hazard, _)| *hazard);
        let finding = |(hazard, counts): (Hazard, Counts)| Finding {
            objects: Some(counts.objects),
            bytes: Some(counts.bytes),
            ..self.finding(hazard)
        };
        sorted.into_iter().map(finding).collect()
    }

    fn finding(&self, hazard: Hazard) -> Finding {
        let info = hazard.info();
        Finding {
            code: info.code.to_owned(),
            severity: info.severity,
            title: info.title.to_owned(),
            action: self.action(hazard),
            objects: None,
            bytes: None,
            examples: Vec::new(),
        }
    }

    /// What to do about a hazard.
    #[must_use]
    pub fn action(&self, hazard: Hazard) -> String {
        match hazard {
            Hazard::KeyTooLong if self.prefix_bytes > 0 => format!(
                "rename them at the source to at most {} bytes, or take a destination prefix shorter than {} bytes",
                self.limits.max_key_bytes, self.prefix_bytes
            ),
            Hazard::KeyTooLong => {
                format!("rename them at the source to at most {} bytes", self.limits.max_key_bytes)
            }
            Hazard::KeyLeadingSlash | Hazard::KeyLeadingBackslash | Hazard::KeyEmpty => {
                "give the jobs a destination prefix: `--to oss://bucket/prefix/`".to_owned()
            }
            Hazard::KeyNotUtf8 => "rename them at the source to names in UTF-8".to_owned(),
            Hazard::ObjectTooLarge => "split them at the source; OSS cannot hold them in one piece".to_owned(),
            Hazard::ObjectArchived => {
                "restore them before the jobs start, for longer than the jobs take; or leave them out with `--exclude-hazards` and run the list of them as a job later".to_owned()
            }
            Hazard::ObjectNearSizeLimit => {
                "copy one of them first; the documented 48.8 TB can be read in two ways".to_owned()
            }
            Hazard::ObjectMaybeArchived => {
                "ask for the archive status of a sample (HEAD shows it) before the jobs start".to_owned()
            }
            Hazard::KeyControlCharacter => {
                "rename them where possible; lists hold them percent-encoded, logs and reports may break".to_owned()
            }
            Hazard::KeyDotSegment => "copy one of them first, and compare; or rename them".to_owned(),
            Hazard::KeyEmptySegment => "nothing has to be done".to_owned(),
        }
    }
}

/// Whether a destination prefix takes the hazard away: the copy's key does not begin with the source's.
pub(crate) fn is_cured_by_prefix(hazard: Hazard) -> bool {
    matches!(hazard, Hazard::KeyLeadingSlash | Hazard::KeyLeadingBackslash | Hazard::KeyEmpty)
}

/// The worst of several hazards.
#[must_use]
pub fn worst(hazards: &[Hazard]) -> Option<Severity> {
    hazards.iter().map(|hazard| hazard.info().severity).max()
}

/// Hazards counted, with examples, worst first.
#[derive(Clone, Debug, Default)]
pub struct Found(BTreeMap<Hazard, HazardCounts>);

impl Found {
    /// Counts one object under each of its hazards.
    pub fn add(&mut self, object: &Object<'_>, hazards: &[Hazard]) {
        for hazard in hazards {
            self.0.entry(*hazard).or_default().add(object.key, object.size, EXAMPLES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Timestamp;

    fn codes(prefix: &str, key: &[u8], class: &[u8]) -> Vec<&'static str> {
        let judge = Judge::new(&Limits::of_region(None), prefix, true);
        let object =
            Object { key, size: 1, modified: Timestamp(0), etag: b"", storage_class: class };
        judge.hazards(&object).map(|hazard| hazard.info().code).collect()
    }

    #[test]
    fn a_destination_prefix_cures_a_leading_slash() {
        assert_eq!(codes("", b"/a", b""), ["KEY_LEADING_SLASH"]);
        assert!(codes("to/", b"/a", b"").is_empty());
        assert!(codes("to/", b"\\a", b"").is_empty());
        assert_eq!(codes("to/", b"/a", b"GLACIER"), ["OBJECT_ARCHIVED"]);
    }

    #[test]
    fn a_destination_prefix_takes_room_from_keys() {
        let key = [b'k'; 1_021];
        assert!(codes("", &key, b"").is_empty());
        assert_eq!(codes("to/", &key, b""), ["KEY_TOO_LONG"]);
    }

    #[test]
    fn a_longest_key_that_only_the_prefix_makes_too_long_is_found_in_a_summary() {
        let judge = Judge::new(&Limits::of_region(None), "to/", true);
        assert!(judge.of_summary(&[], 1_020).is_empty());
        let found = judge.of_summary(&[], 1_021);
        assert_eq!((found[0].code.as_str(), found[0].objects), ("KEY_TOO_LONG", None));
    }

    #[test]
    fn every_hazard_has_an_action() {
        let judge = Judge::new(&Limits::of_region(None), "", true);
        for info in crate::tally::HAZARDS {
            assert!(!judge.action(info.hazard).is_empty());
        }
    }
}
