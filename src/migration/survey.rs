//! One pass over a manifest: what lies where, and what will fail.

use std::path::Path;

use thiserror::Error;

use super::duration::Speed;
use super::hazard::{Found, Judge, worst};
use super::split::{Block, Gatherer, count_hazard};
use crate::manifest::{ManifestError, Reader, Row};
use crate::object::KeyOrder;
use crate::tally::{Counts, Hazard, SetDigest, Severity};

/// What a manifest cannot be used for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// It cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A key does not come after the one before.
    #[error("row {row} of `{path}` is out of order: `{}` does not come after the key before it", key.escape_ascii(), path = path.display())]
    Unsorted {
        /// The manifest.
        path: std::path::PathBuf,
        /// The number of the row, the first being 1.
        row: u64,
        /// Its key.
        key: Vec<u8>,
    },
}

impl SurveyError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Unsorted { .. } => Some(
                "keys are cut into ranges, so they have to be sorted and unique, as `weighbridge scan --manifest` writes them",
            ),
        }
    }
}

/// How a manifest is looked at.
#[derive(Clone, Debug)]
pub struct Lens {
    /// What is wrong with objects.
    pub judge: Judge,
    /// Hazards from which on objects are left out of the jobs.
    pub exclude: Option<Severity>,
    /// The order of the store's keys.
    pub order: KeyOrder,
}

impl Lens {
    /// Calls `visit` with each object, what is wrong with it, and whether it is left out.
    ///
    /// # Errors
    /// [`SurveyError`], or what `visit` reports.
    pub fn walk<E: From<SurveyError>>(
        &self,
        path: &Path,
        mut visit: impl FnMut(&Row, &[Hazard], bool) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = Reader::open(path).map_err(SurveyError::from)?;
        let (mut row, mut previous) = (Row::default(), Vec::new());
        let mut hazards = Vec::new();
        let mut number = 0_u64;
        while reader.read(&mut row).map_err(SurveyError::from)? {
            number += 1;
            if number > 1 && !self.order.precedes(&previous, &row.key) {
                let (path, key) = (path.to_owned(), row.key.clone());
                return Err(SurveyError::Unsorted { path, row: number, key }.into());
            }
            hazards.clear();
            hazards.extend(self.judge.hazards(&row.object()));
            let out = self.exclude.is_some() && worst(&hazards) >= self.exclude;
            visit(&row, &hazards, out)?;
            previous.clone_from(&row.key);
        }
        Ok(())
    }
}

/// What a manifest holds.
#[derive(Debug)]
pub struct Survey {
    /// Everything in it.
    pub totals: Counts,
    /// Over everything in it.
    pub digest: SetDigest,
    /// What jobs are to copy, in blocks.
    pub blocks: Vec<Block>,
    /// The largest object of these.
    pub largest: u64,
    /// What is wrong with these.
    pub found: Found,
    /// What is left out.
    pub excluded: Counts,
    /// What is wrong with that.
    pub excluded_found: Found,
    /// What lies below each of the prefixes asked for, with hazards.
    pub below: Vec<(Counts, Vec<(Hazard, Counts)>)>,
}

impl Survey {
    /// Reads a manifest once, in memory that does not depend on its length.
    ///
    /// `prefixes` are those for which counts are wanted; none begins with another.
    ///
    /// # Errors
    /// [`SurveyError`].
    pub fn of(
        path: &Path,
        lens: &Lens,
        speed: Speed,
        prefixes: &[String],
    ) -> Result<Self, SurveyError> {
        let mut gatherer = Gatherer::new(speed, Gatherer::MOST);
        let mut survey = Self {
            totals: Counts::ZERO,
            digest: SetDigest::default(),
            blocks: Vec::new(),
            largest: 0,
            found: Found::default(),
            excluded: Counts::ZERO,
            excluded_found: Found::default(),
            below: vec![(Counts::ZERO, Vec::new()); prefixes.len()],
        };
        // Keys come sorted, so that the prefix of the last one is that of the next.
        let mut at = 0;
        lens.walk(path, |row, hazards, out| -> Result<(), SurveyError> {
            survey.totals.add(row.size);
            survey.digest.add(&row.key, row.size);
            if out {
                survey.excluded.add(row.size);
                survey.excluded_found.add(&row.object(), hazards);
                return Ok(());
            }
            survey.found.add(&row.object(), hazards);
            survey.largest = survey.largest.max(row.size);
            gatherer.add(&row.key, row.size, hazards.iter().copied());
            let below = |prefix: &String| row.key.starts_with(prefix.as_bytes());
            if !prefixes.get(at).is_some_and(below) {
                at = prefixes.iter().position(below).unwrap_or(prefixes.len());
            }
            if let Some((counts, list)) = survey.below.get_mut(at) {
                counts.add(row.size);
                for hazard in hazards {
                    count_hazard(list, *hazard, &Counts { objects: 1, bytes: row.size.into() });
                }
            }
            Ok(())
        })?;
        survey.blocks = gatherer.finish();
        Ok(survey)
    }
}
