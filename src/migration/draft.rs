//! Making a plan: what was weighed, what is wanted and what the service allows, put together.

use std::path::Path;

use super::address::StoreKind;
use super::duration::{Bound, Speed, end};
use super::hazard::Judge;
use super::name::Names;
use super::plan::{Excluded, Forecast, Job, Overwrite, Plan, SCHEMA, Selection, Settings};
use super::prefixes::PrefixDivision;
use super::share::{Piece, Share};
use super::split::lower_bound;
use super::survey::{Lens, Survey, SurveyError};
use super::weighed::Weighed;
use super::wish::{PlanError, Wish};
use crate::location::{Bucket, Location};
use crate::summary::Moment;
use crate::tally::Counts;

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
        Judge::new(&self.wish.limits, &self.destination.prefix, self.weighed.archives)
    }

    /// Jobs at once.
    pub(super) fn jobs(&self) -> usize {
        usize::try_from(self.wish.limits.concurrent_jobs.value).unwrap_or(usize::MAX).max(1)
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

fn whole_seconds(nanos: u128) -> u64 {
    u64::try_from(nanos.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
}
