//! What the Data Online Migration service allows, as data: each figure with its source and how sure it is.

use serde::{Deserialize, Serialize};

/// How sure a fact about the service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Read in Alibaba Cloud's own documentation or seen in its own SDK.
    Documented,
    /// Seen in somebody else's code or text only.
    ThirdParty,
    /// Inferred or remembered, and not verified.
    Assumed,
    /// Said by the user.
    Given,
}

impl Certainty {
    /// What is put behind a figure that is not certain; nothing behind one that is.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Documented | Self::Given => None,
            Self::ThirdParty => Some("seen with third parties only"),
            Self::Assumed => Some("assumed, not verified"),
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The figure, in the unit that its field says.
    pub value: u64,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where it was found, in words.
    pub source: String,
}

impl Limit {
    fn new(value: u64, certainty: Certainty, source: &str) -> Self {
        Self { value, certainty, source: source.to_owned() }
    }

    /// The figure that a user gives in place of this one.
    pub fn give(&mut self, value: Option<u64>, flag: &str) {
        if let Some(value) = value {
            *self = Self::new(value, Certainty::Given, flag);
        }
    }
}

/// The limits of the service in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Jobs that run at the same time.
    pub concurrent_jobs: Limit,
    /// Jobs that can exist in a region.
    pub jobs: Limit,
    /// Data addresses that can exist in a region.
    pub addresses: Limit,
    /// Bits per second of one job.
    pub bandwidth: Limit,
    /// Objects per second of one job.
    pub files_per_second: Limit,
    /// Largest object in bytes.
    pub object_bytes: Limit,
    /// Longest key in bytes, destination prefix included.
    pub key_bytes: Limit,
    /// Largest part of an inventory list in bytes, compressed.
    pub inventory_part_bytes: Limit,
}

const LIMITS_PAGE: &str = "alibabacloud.com/help/en/data-online-migration/latest/domrestrict";
const NAMING_PAGE: &str = "alibabacloud.com/help/en/oss/user-guide/object-naming-conventions";
const INVENTORY_PAGE: &str = "alibabacloud.com/help/en/data-online-migration/user-guide/preparations-for-migration-from-common-inventory-to-oss: 100 MB a part, 25 MB in its oldest version";

/// Regions with 10 jobs at once.
const TEN_AT_ONCE: [&str; 7] = [
    "cn-hangzhou",
    "cn-shanghai",
    "cn-beijing",
    "cn-wulanchabu",
    "cn-shenzhen",
    "cn-chengdu",
    "cn-hongkong",
];

/// Regions with 5 jobs at once.
const FIVE_AT_ONCE: [&str; 4] = ["ap-northeast-1", "ap-southeast-1", "eu-central-1", "us-east-1"];

const GIGABIT: u64 = 1_000_000_000;

impl Limits {
    /// The documented limits of a region (`cn-hangzhou`). Where the region is not named, or none that
    /// the page lists, the smallest figures of the page are assumed.
    #[must_use]
    pub fn of_region(region: Option<&str>) -> Self {
        let at = |list: &[&str]| region.is_some_and(|region| list.contains(&region));
        let (jobs, bandwidth, known) = if at(&TEN_AT_ONCE) {
            (10, 2 * GIGABIT, true)
        } else if at(&FIVE_AT_ONCE) {
            (5, GIGABIT, true)
        } else {
            (5, GIGABIT, false)
        };
        let (certainty, source) = match (known, region) {
            (true, _) => (Certainty::Documented, LIMITS_PAGE.to_owned()),
            (false, Some(region)) => (
                Certainty::Assumed,
                format!("{LIMITS_PAGE} does not list {region}: the smallest of its figures"),
            ),
            (false, None) => (
                Certainty::Assumed,
                format!("{LIMITS_PAGE}, the smallest of its figures, since no region was named"),
            ),
        };
        let documented = Certainty::Documented;
        Self {
            concurrent_jobs: Limit::new(jobs, certainty, &source),
            jobs: Limit::new(500, documented, LIMITS_PAGE),
            addresses: Limit::new(1_000, documented, LIMITS_PAGE),
            bandwidth: Limit::new(bandwidth, certainty, &source),
            files_per_second: Limit::new(2_000, documented, LIMITS_PAGE),
            object_bytes: Limit::new(
                10_000 * 5 * (1 << 30),
                Certainty::Assumed,
                "documented as 48.8 TB; read as 10,000 parts of 5 GiB",
            ),
            key_bytes: Limit::new(1_023, documented, NAMING_PAGE),
            inventory_part_bytes: Limit::new(24 << 20, documented, INVENTORY_PAGE),
        }
    }

    /// Each limit with what it is, in words and with its unit.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Limit); 8] {
        [
            ("jobs at once", &self.concurrent_jobs),
            ("jobs in a region", &self.jobs),
            ("data addresses in a region", &self.addresses),
            ("bit/s of a job", &self.bandwidth),
            ("objects per second of a job", &self.files_per_second),
            ("bytes in an object", &self.object_bytes),
            ("bytes in a key", &self.key_bytes),
            ("bytes in a part of a list", &self.inventory_part_bytes),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_their_documented_limits_and_unknown_ones_the_smallest() {
        let of = |region| {
            let limits = Limits::of_region(region);
            let jobs = limits.concurrent_jobs;
            (jobs.value, limits.bandwidth.value, jobs.certainty)
        };
        assert_eq!(of(Some("cn-hangzhou")), (10, 2 * GIGABIT, Certainty::Documented));
        assert_eq!(of(Some("eu-central-1")), (5, GIGABIT, Certainty::Documented));
        assert_eq!(of(Some("us-west-1")), (5, GIGABIT, Certainty::Assumed));
        assert_eq!(of(None), (5, GIGABIT, Certainty::Assumed));
    }

    #[test]
    fn what_a_user_gives_says_so() {
        let mut limits = Limits::of_region(Some("cn-beijing"));
        limits.bandwidth.give(Some(7), "--bandwidth");
        limits.files_per_second.give(None, "--qps");
        assert_eq!(limits.bandwidth, Limit::new(7, Certainty::Given, "--bandwidth"));
        assert_eq!(limits.files_per_second.certainty, Certainty::Documented);
        assert!(limits.named().iter().all(|(_, limit)| !limit.source.is_empty()));
    }
}
