//! Making a plan: what was weighed, what is wanted and what the service allows, put together.

use std::path::Path;

use super::address::{Address, InventoryLocation, StoreKind, host_of};
use super::duration::{Bound, Speed, end};
use super::hazard::Judge;
use super::inventory::MANIFEST_NAME;
use super::name::Names;
use super::plan::{
    Excluded, Forecast, Inventory, Job, KeyRange, Overwrite, Plan, SCHEMA, Selection, Settings,
    Split, sum,
};
use super::prefixes::PrefixDivision;
use super::split::{Block, divide, lower_bound};
use super::survey::{Lens, Survey, SurveyError};
use super::weighed::Weighed;
use super::wish::{PlanError, Wish};
use crate::location::{Bucket, Location};
use crate::summary::Moment;
use crate::tally::{Counts, Hazard};

/// Parts in ten thousand by which a division by prefixes may be slower than the lower bound before lists
/// are preferred: 5 %. Prefixes need no list, and take in what is written after the scan.
const PREFIX_TOLERANCE: u128 = 500;

/// A plan in the making: everything is checked, and what a survey has to look for is known.
#[derive(Debug)]
pub struct Draft<'a> {
    pub(super) weighed: &'a Weighed,
    pub(super) wish: &'a Wish,
    pub(super) destination: &'a Bucket,
    pub(super) kind: StoreKind,
    pub(super) region: Option<String>,
    pub(super) speed: Speed,
    /// The division by prefixes, where it may be used.
    pub(super) by_prefix: Result<PrefixDivision, String>,
}

impl<'a> Draft<'a> {
    /// Checks what is wanted against what was weighed.
    ///
    /// # Errors
    /// [`PlanError`] with what is in the way.
    pub fn new(weighed: &'a Weighed, wish: &'a Wish) -> Result<Self, PlanError> {
        if !weighed.complete && !wish.allow_incomplete {
            return Err(PlanError::Incomplete);
        }
        if weighed.totals.objects == 0 {
            return Err(PlanError::Nothing);
        }
        let destination = oss(&wish.to, "destination")?;
        if let Some(place) = &wish.inventory_to {
            oss(place, "inventory")?;
        }
        let kind = wish
            .source_kind
            .or_else(|| StoreKind::from_api_name(weighed.location.scheme()))
            .ok_or_else(|| PlanError::UnknownSource(weighed.location.to_string()))?;
        if let Location::Azure(container) = &weighed.location
            && container.name.bytes().any(|byte| byte.is_ascii_uppercase())
        {
            return Err(PlanError::ContainerCase(container.name.clone()));
        }
        let region = wish.region.as_ref().or(destination.region.as_ref());
        let region = region.map(|region| plain_region(region)).transpose()?;
        let limits = &wish.limits;
        let speed = Speed::new(
            limits.bandwidth.value.min(wish.bandwidth.unwrap_or(u64::MAX)),
            limits.files_per_second.value.min(wish.files_per_second.unwrap_or(u64::MAX)),
        );
        let mut draft =
            Self { weighed, wish, destination, kind, region, speed, by_prefix: Err(String::new()) };
        draft.by_prefix = draft.divide_by_prefix();
        Ok(draft)
    }

    /// What a survey has to look through.
    #[must_use]
    pub fn lens(&self) -> Lens {
        Lens { judge: self.judge(), exclude: self.wish.exclude, order: self.weighed.order() }
    }

    /// Looks through the manifest of the same scan.
    ///
    /// # Errors
    /// [`SurveyError`] where it cannot be read or is not sorted.
    pub fn survey(&self, manifest: &Path) -> Result<Survey, SurveyError> {
        let parts = self.by_prefix.as_ref().map(|division| division.parts.as_slice());
        let prefixes: Vec<String> =
            parts.unwrap_or_default().iter().map(|(prefix, _)| prefix.clone()).collect();
        Survey::of(manifest, &self.lens(), self.speed, &prefixes)
    }

    fn judge(&self) -> Judge {
        Judge::new(&self.wish.limits, &self.destination.prefix)
    }

    /// Jobs at once.
    pub(super) fn jobs(&self) -> usize {
        usize::try_from(self.wish.limits.concurrent_jobs.value).unwrap_or(usize::MAX).max(1)
    }

    /// The division by prefixes, or why there is none.
    fn divide_by_prefix(&self) -> Result<PrefixDivision, String> {
        if self.weighed.filtered {
            return Err(
                "the scan was filtered, and a prefix would take in what the filters left out"
                    .into(),
            );
        }
        let jobs = if self.wish.split == Some(Split::Whole) { 1 } else { self.jobs() };
        let prefix = self.weighed.location.prefix();
        let division = self.weighed.prefixes.divide(prefix, self.weighed.totals, jobs, self.speed);
        let unfit = |prefix: &str| {
            !prefix.is_empty() && (!prefix.ends_with('/') || prefix.starts_with('/'))
        };
        match division.parts.iter().find(|(prefix, _)| unfit(prefix)) {
            Some((prefix, _)) => Err(format!(
                "the service takes prefixes that end in a slash and do not begin with one, not `{}`",
                prefix.escape_debug()
            )),
            None => Ok(division),
        }
    }

    /// The plan; with what is in the manifest, if there is one.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn plan(&self, survey: Option<&Survey>) -> Result<Plan, PlanError> {
        if let Some(survey) = survey {
            self.must_match(survey)?;
        }
        if self.wish.exclude.is_some() && survey.is_none() {
            return Err(PlanError::NeedsManifest("objects are to be left out".into()));
        }
        let excluded = survey.map_or(Counts::ZERO, |survey| survey.excluded);
        let totals = self.weighed.totals;
        let copied = Counts {
            objects: totals.objects.saturating_sub(excluded.objects),
            bytes: totals.bytes.saturating_sub(excluded.bytes),
        };
        if copied.objects == 0 {
            return Err(PlanError::Nothing);
        }
        let largest = survey.map_or(self.weighed.largest, |survey| survey.largest);
        let bound = lower_bound(self.speed, &copied, largest, self.jobs());
        let share = self.choose(survey, bound, largest)?;
        let names = self.names(&share)?;
        let jobs = self.make_jobs(&share, &names);
        let settings = self.settings(names.stem());
        let forecast = self.forecast(&jobs, bound);
        let judge = self.judge();
        let mut findings = match survey {
            Some(survey) => judge.findings(&survey.found),
            None => judge.of_summary(&self.weighed.hazards, self.weighed.longest_key),
        };
        findings.extend(self.missed(&forecast, &copied));
        let mut plan = Plan {
            schema: SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            source: self.weighed.location.to_string(),
            destination: self.wish.to.to_string(),
            complete: self.weighed.complete,
            objects: totals.objects,
            bytes: totals.bytes,
            digest: self.weighed.digest.clone(),
            settings,
            limits: self.wish.limits.clone(),
            split: share.split,
            jobs,
            excluded: survey.filter(|survey| survey.excluded.objects > 0).map(|survey| Excluded {
                objects: survey.excluded.objects,
                bytes: survey.excluded.bytes,
                findings: judge.findings(&survey.excluded_found),
                list: String::new(),
            }),
            findings,
            forecast,
            advice: self.advice(&copied, largest, bound, &share),
            notes: Vec::new(),
        };
        plan.notes = self.notes(&plan, &share);
        self.fits(&plan)?;
        Ok(plan)
    }

    fn must_match(&self, survey: &Survey) -> Result<(), PlanError> {
        let digest = survey.digest.to_string();
        if survey.totals == self.weighed.totals && digest == self.weighed.digest {
            return Ok(());
        }
        let words = |counts: &Counts, digest: &str| {
            format!("{} objects of {} bytes (digest {digest})", counts.objects, counts.bytes)
        };
        Err(PlanError::OtherManifest {
            manifest: words(&survey.totals, &digest),
            weighed: words(&self.weighed.totals, &self.weighed.digest),
        })
    }

    fn fits(&self, plan: &Plan) -> Result<(), PlanError> {
        let jobs = plan.jobs.len() as u64;
        let addresses = jobs + plan.destinations().len() as u64;
        let limits = &self.wish.limits;
        for (what, planned, limit) in
            [("jobs", jobs, limits.jobs.value), ("addresses", addresses, limits.addresses.value)]
        {
            if planned > limit {
                return Err(PlanError::TooMany { what, planned, limit });
            }
        }
        Ok(())
    }

    /// The simplest division that serves: prefixes where they are close to the bound, else ranges.
    fn choose(
        &self,
        survey: Option<&Survey>,
        bound: u128,
        largest: u64,
    ) -> Result<Share, PlanError> {
        let leaves_out = survey.is_some_and(|survey| survey.excluded.objects > 0);
        let by_prefix = match &self.by_prefix {
            _ if leaves_out => Err("objects are to be left out"),
            Ok(division) => Ok(division),
            Err(reason) => Err(reason.as_str()),
        };
        let blocks = survey.map_or(&self.weighed.blocks, |survey| &survey.blocks);
        let by_range = |jobs| self.share_ranges(blocks, jobs, largest);
        match (self.wish.split, by_prefix) {
            (Some(Split::Range), _) if blocks.is_empty() => {
                Err(PlanError::NeedsManifest("they are to be cut into ranges of keys".into()))
            }
            (Some(Split::Prefix | Split::Whole), Ok(division)) => {
                Ok(share_prefixes(division, survey))
            }
            (Some(Split::Whole), Err(_)) if !blocks.is_empty() => Ok(by_range(1)),
            (Some(Split::Whole), Err(reason)) => Err(PlanError::NeedsManifest(reason.into())),
            (Some(Split::Prefix), Err(reason)) => Err(PlanError::NotByPrefix(reason.into())),
            (None, Err(reason)) if blocks.is_empty() => {
                Err(PlanError::NeedsManifest(reason.into()))
            }
            (Some(Split::Range), _) | (None, Err(_)) => Ok(by_range(self.jobs())),
            (None, Ok(division)) => {
                let prefixes = share_prefixes(division, survey);
                let near = bound.saturating_add(bound.saturating_mul(PREFIX_TOLERANCE) / 10_000);
                let nanos = prefixes.nanos(self.speed);
                // Without a manifest there are no lists, and prefixes can be run.
                if nanos <= near || survey.is_none() {
                    return Ok(prefixes);
                }
                let ranges = by_range(self.jobs());
                Ok(if ranges.nanos(self.speed) < nanos { ranges } else { prefixes })
            }
        }
    }

    fn share_ranges(&self, blocks: &[Block], jobs: usize, largest: u64) -> Share {
        let division = divide(blocks, jobs, self.speed, largest);
        let piece = |ranges: &Vec<std::ops::Range<usize>>| {
            let mut hazards = Vec::new();
            let ranges: Vec<KeyRange> = ranges
                .iter()
                .filter_map(|range| {
                    let blocks = &blocks[range.clone()];
                    for (hazard, counts) in blocks.iter().flat_map(|block| &block.hazards) {
                        super::split::count_hazard(&mut hazards, *hazard, counts);
                    }
                    let counts = sum(blocks.iter().map(|block| block.counts));
                    Some(KeyRange {
                        first: blocks.first()?.first.clone(),
                        last: blocks.last()?.last.clone(),
                        objects: counts.objects,
                        bytes: counts.bytes,
                    })
                })
                .collect();
            let counts = sum(ranges.iter().map(|r| Counts { objects: r.objects, bytes: r.bytes }));
            let list = Inventory { ranges, ..Inventory::default() };
            Piece { selection: Selection::Inventory(list), counts, hazards }
        };
        Share { split: Split::Range, pieces: division.iter().map(piece).collect() }
    }

    /// Names that tell this plan from any other: the same only where every job copies the same.
    fn names(&self, share: &Share) -> Result<Names, PlanError> {
        let jobs = share.pieces.len();
        if let Some(stem) = &self.wish.name {
            return Ok(Names::given(stem, jobs)?);
        }
        let mut identity = vec![
            self.weighed.location.to_string().into_bytes(),
            self.wish.to.to_string().into_bytes(),
            self.weighed.digest.clone().into_bytes(),
        ];
        for piece in &share.pieces {
            match &piece.selection {
                Selection::Prefix(prefix) => identity.push(prefix.clone().into_bytes()),
                Selection::Inventory(list) => {
                    for range in &list.ranges {
                        identity.push(range.first.to_vec());
                        identity.push(range.objects.to_be_bytes().to_vec());
                    }
                }
            }
            // Where one job ends and the next begins.
            identity.push(piece.counts.objects.to_be_bytes().to_vec());
        }
        let identity: Vec<&[u8]> = identity.iter().map(Vec::as_slice).collect();
        Ok(Names::derived(self.weighed.location.bucket(), &identity, jobs))
    }

    fn make_jobs(&self, share: &Share, names: &Names) -> Vec<Job> {
        let judge = self.judge();
        let job = |(piece, number): (&Piece, usize)| {
            let nanos = self.speed.nanos(&piece.counts);
            Job {
                name: names.job(number),
                source: self.source(names, number, &piece.selection),
                destination: self.destination(names, number, &piece.selection),
                objects: piece.counts.objects,
                bytes: piece.counts.bytes,
                selection: piece.selection.clone(),
                bound: self.speed.bound(&piece.counts),
                seconds: whole_seconds(nanos),
                findings: judge.findings_of(&piece.hazards),
            }
        };
        share.pieces.iter().zip(1..).map(job).collect()
    }

    fn source(&self, names: &Names, number: usize, selection: &Selection) -> Address {
        let location = &self.weighed.location;
        let (prefix, inventory) = match selection {
            Selection::Prefix(prefix) => (prefix.clone(), None),
            Selection::Inventory(_) => (String::new(), Some(self.inventory(names, number))),
        };
        Address {
            name: names.source(number),
            kind: self.kind,
            bucket: location.bucket().to_owned(),
            domain: self.domain(),
            region_id: match self.kind {
                StoreKind::Oss => self.weighed.region.as_deref().map(oss_region),
                _ => None,
            },
            prefix,
            account: match location {
                Location::Azure(container) => Some(container.account.clone()),
                _ => None,
            },
            inventory,
        }
    }

    /// The host that the service asks.
    pub(super) fn domain(&self) -> Option<String> {
        if let Some(domain) = &self.wish.source_domain {
            return Some(host_of(domain).to_owned());
        }
        match (&self.weighed.location, self.kind) {
            (_, StoreKind::Oss) => None,
            (Location::Azure(container), _) => {
                let suffix = container.suffix.as_deref().unwrap_or(crate::location::AZURE_SUFFIX);
                Some(suffix.strip_prefix("blob.").unwrap_or(suffix).to_owned())
            }
            (_, kind) => {
                let host = self.weighed.endpoint.as_deref().map(host_of);
                let amazon = host.is_none_or(|host| host.contains("amazonaws.com"));
                match (kind, &self.weighed.region) {
                    (StoreKind::S3, Some(region)) if amazon => {
                        let china = if region.starts_with("cn-") { ".cn" } else { "" };
                        Some(format!("s3.{region}.amazonaws.com{china}"))
                    }
                    _ => host.map(str::to_owned),
                }
            }
        }
    }

    fn inventory(&self, names: &Names, number: usize) -> InventoryLocation {
        let (bucket, prefix) = match &self.wish.inventory_to {
            Some(place) => (place.bucket().to_owned(), place.prefix().to_owned()),
            None => (self.destination.name.clone(), format!("weighbridge/{}/", names.stem())),
        };
        InventoryLocation {
            bucket,
            region_id: self.region.as_deref().map(oss_region),
            path: format!("{prefix}{}/{MANIFEST_NAME}", names.job(number)),
        }
    }

    /// The destination of a job: the same keys whichever way the source is divided. A list's keys are
    /// put behind the destination's prefix as they are, so a job with a source prefix, which the service
    /// is assumed to take off, gets it back through a destination of its own.
    fn destination(&self, names: &Names, number: usize, selection: &Selection) -> Address {
        let own = match selection {
            Selection::Prefix(prefix) if !self.wish.prefix_is_kept => prefix.as_str(),
            _ => "",
        };
        Address {
            name: names.destination(if own.is_empty() { 1 } else { number }),
            kind: StoreKind::Oss,
            bucket: self.destination.name.clone(),
            domain: None,
            region_id: self.region.as_deref().map(oss_region),
            prefix: format!("{}{own}", self.destination.prefix),
            account: None,
            inventory: None,
        }
    }

    fn settings(&self, name: &str) -> Settings {
        let wish = self.wish;
        Settings {
            name: name.to_owned(),
            migration_type: "Full".to_owned(),
            modified_after: wish.modified_after.map(Moment),
            overwrite: wish.overwrite,
            transfer: (wish.overwrite == Overwrite::Always).then_some(wish.transfer),
            bandwidth: wish.bandwidth,
            files_per_second: wish.files_per_second,
            window: wish.window,
            storage_class: wish.storage_class.clone(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share in percent; the durations are exact")]
    fn forecast(&self, jobs: &[Job], bound: u128) -> Forecast {
        let nanos = jobs.iter().map(|job| self.speed.nanos(&job.counts())).max().unwrap_or(0);
        let above = if bound == 0 { 0.0 } else { (nanos as f64 / bound as f64 - 1.0) * 100.0 };
        let slow = jobs.iter().filter(|job| job.bound == Bound::FileRate).count();
        Forecast {
            seconds: whole_seconds(nanos),
            lower_bound_seconds: whole_seconds(bound),
            above_lower_bound_percent: above.max(0.0),
            begin: Moment(self.wish.begin),
            end: Moment(end(self.wish.window.as_ref(), self.wish.begin, nanos)),
            deadline: self.wish.deadline.map(Moment),
            jobs_bound_by_file_rate: slow as u64,
        }
    }
}

/// A division with what each part holds.
pub(super) struct Share {
    pub(super) split: Split,
    pub(super) pieces: Vec<Piece>,
}

/// What one job copies.
pub(super) struct Piece {
    pub(super) selection: Selection,
    pub(super) counts: Counts,
    hazards: Vec<(Hazard, Counts)>,
}

impl Share {
    /// Nanoseconds of the longest job.
    pub(super) fn nanos(&self, speed: Speed) -> u128 {
        self.pieces.iter().map(|piece| speed.nanos(&piece.counts)).max().unwrap_or(0)
    }
}

fn share_prefixes(division: &PrefixDivision, survey: Option<&Survey>) -> Share {
    let hazards = |at: usize| {
        let below = survey.and_then(|survey| survey.below.get(at));
        below.map(|(_, hazards)| hazards.clone()).unwrap_or_default()
    };
    let piece = |((prefix, counts), at): (&(String, Counts), usize)| Piece {
        selection: Selection::Prefix(prefix.clone()),
        counts: *counts,
        hazards: hazards(at),
    };
    let pieces: Vec<Piece> = division.parts.iter().zip(0..).map(piece).collect();
    Share { split: if pieces.len() > 1 { Split::Prefix } else { Split::Whole }, pieces }
}

/// The bucket of an OSS location whose prefix the service takes.
fn oss<'a>(location: &'a Location, which: &'static str) -> Result<&'a Bucket, PlanError> {
    let Location::Oss(bucket) = location else {
        return Err(PlanError::NotOss(location.to_string()));
    };
    if !super::name::is_valid(&bucket.name) {
        return Err(PlanError::BucketName(bucket.name.clone()));
    }
    let prefix = &bucket.prefix;
    let problem = if prefix.starts_with(['/', '\\']) {
        "begins with a slash"
    } else if !prefix.is_empty() && !prefix.ends_with('/') {
        "does not end in a slash"
    } else {
        return Ok(bucket);
    };
    Err(PlanError::Prefix { which, prefix: prefix.clone(), problem })
}

/// `cn-hangzhou` of `cn-hangzhou` and `oss-cn-hangzhou`.
fn plain_region(region: &str) -> Result<String, PlanError> {
    let plain = region.strip_prefix("oss-").unwrap_or(region);
    let fits = plain.contains('-')
        && plain
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(plain.to_owned()) } else { Err(PlanError::Region(region.to_owned())) }
}

fn oss_region(region: &str) -> String {
    format!("oss-{}", region.strip_prefix("oss-").unwrap_or(region))
}

fn whole_seconds(nanos: u128) -> u64 {
    u64::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
}
