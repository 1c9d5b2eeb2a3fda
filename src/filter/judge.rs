//! All filters together, and what they say of an object.

use serde::{Deserialize, Serialize};

use super::error::{FilterError, FilterName};
use super::glob::Glob;
use crate::object::{Object, Timestamp};
use crate::units::{UnitError, parse_size, parse_time};

/// Filters as typed, and as ledgers and summaries keep them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSpec {
    /// Globs of which one must match; none means all keys.
    pub include: Vec<String>,
    /// Globs of which none may match.
    pub exclude: Vec<String>,
    /// The smallest size kept, such as `1MiB`.
    pub min_size: Option<String>,
    /// The largest size kept, such as `1GiB`.
    pub max_size: Option<String>,
    /// The earliest modification kept, such as `2026-01-31` or `30d`.
    pub modified_since: Option<String>,
    /// The modification from which on objects are dropped.
    pub modified_before: Option<String>,
    /// Storage classes kept, in any case of letters; none means all.
    pub storage_classes: Vec<String>,
}

impl FilterSpec {
    /// Whether nothing is filtered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What filters say of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Keep,
    /// It does not, and this is the first reason.
    Dropped(Reason),
}

/// Why an object does not count, in the order in which reasons are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No include glob matches its key.
    NotIncluded,
    /// An exclude glob matches its key.
    Excluded,
    /// It is smaller than the smallest or larger than the largest size kept.
    Size,
    /// It was modified before or after the time kept.
    Time,
    /// Its storage class is not among those kept.
    StorageClass,
}

/// Filters ready to judge objects.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    min_size: Option<u64>,
    max_size: Option<u64>,
    modified_since: Option<Timestamp>,
    modified_before: Option<Timestamp>,
    storage_classes: Vec<Vec<u8>>,
    /// How much of each key lies before what globs see.
    root: usize,
}

impl Filters {
    /// Reads filters; ages such as `30d` count back from `now`.
    ///
    /// # Errors
    /// [`FilterError`] that names the filter and its text.
    pub fn new(spec: &FilterSpec, now: Timestamp) -> Result<Self, FilterError> {
        let size = |name, text: &Option<String>| value(name, text.as_ref(), parse_size);
        let time =
            |name, text: &Option<String>| value(name, text.as_ref(), |text| parse_time(text, now));
        let filters = Self {
            include: globs(FilterName::Include, &spec.include)?,
            exclude: globs(FilterName::Exclude, &spec.exclude)?,
            min_size: size(FilterName::MinSize, &spec.min_size)?,
            max_size: size(FilterName::MaxSize, &spec.max_size)?,
            modified_since: time(FilterName::ModifiedSince, &spec.modified_since)?,
            modified_before: time(FilterName::ModifiedBefore, &spec.modified_before)?,
            storage_classes: classes(&spec.storage_classes)?,
            root: 0,
        };
        if let (Some(low), Some(high)) = (filters.min_size, filters.max_size)
            && low > high
        {
            return Err(contradiction(
                (FilterName::MinSize, &spec.min_size),
                (FilterName::MaxSize, &spec.max_size),
            ));
        }
        if let (Some(low), Some(high)) = (filters.modified_since, filters.modified_before)
            && low >= high
        {
            return Err(contradiction(
                (FilterName::ModifiedSince, &spec.modified_since),
                (FilterName::ModifiedBefore, &spec.modified_before),
            ));
        }
        Ok(filters)
    }

    /// The same filters with globs that begin after the last `/` of `prefix`, the user's own prefix,
    /// which all keys to judge begin with.
    #[must_use]
    pub fn relative_to(mut self, prefix: &[u8]) -> Self {
        self.root = memchr::memrchr(b'/', prefix).map_or(0, |slash| slash + 1);
        self
    }

    /// Whether every object is kept, so that judging can be left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.include.is_empty()
            && self.exclude.is_empty()
            && self.storage_classes.is_empty()
            && (self.min_size, self.max_size) == (None, None)
            && (self.modified_since, self.modified_before) == (None, None)
    }

    /// Judges one object.
    #[must_use]
    pub fn judge(&self, object: &Object<'_>) -> Verdict {
        let key = object.key.get(self.root..).unwrap_or(object.key);
        if !self.include.is_empty() && !self.include.iter().any(|glob| glob.matches(key)) {
            return Verdict::Dropped(Reason::NotIncluded);
        }
        if self.exclude.iter().any(|glob| glob.matches(key)) {
            return Verdict::Dropped(Reason::Excluded);
        }
        let (size, modified) = (object.size, object.modified);
        if self.min_size.is_some_and(|least| size < least)
            || self.max_size.is_some_and(|most| size > most)
        {
            return Verdict::Dropped(Reason::Size);
        }
        if self.modified_since.is_some_and(|since| modified < since)
            || self.modified_before.is_some_and(|before| modified >= before)
        {
            return Verdict::Dropped(Reason::Time);
        }
        if !self.storage_classes.is_empty() && !self.has_class(object.storage_class) {
            return Verdict::Dropped(Reason::StorageClass);
        }
        Verdict::Keep
    }

    /// An object without a class is of the class `STANDARD`.
    fn has_class(&self, class: &[u8]) -> bool {
        let class = if class.is_empty() { b"STANDARD" } else { class };
        self.storage_classes.iter().any(|kept| kept.eq_ignore_ascii_case(class))
    }
}

fn globs(name: FilterName, texts: &[String]) -> Result<Vec<Glob>, FilterError> {
    texts
        .iter()
        .map(|text| {
            Glob::new(text).map_err(|problem| FilterError::Glob {
                name,
                text: text.clone(),
                problem,
            })
        })
        .collect()
}

fn value<T>(
    name: FilterName,
    text: Option<&String>,
    parse: impl FnOnce(&str) -> Result<T, UnitError>,
) -> Result<Option<T>, FilterError> {
    text.map(|text| parse(text)).transpose().map_err(|source| FilterError::Value { name, source })
}

fn classes(names: &[String]) -> Result<Vec<Vec<u8>>, FilterError> {
    names
        .iter()
        .map(|name| match name.trim() {
            "" => Err(FilterError::EmptyClass),
            name => Ok(name.as_bytes().to_vec()),
        })
        .collect()
}

fn contradiction(
    (low, low_text): (FilterName, &Option<String>),
    (high, high_text): (FilterName, &Option<String>),
) -> FilterError {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    FilterError::Contradiction { low, low_text: text(low_text), high, high_text: text(high_text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn object(key: &str) -> Object<'_> {
        Object {
            key: key.as_bytes(),
            size: 1000,
            modified: Timestamp(NOW.0 - 1),
            etag: b"",
            storage_class: b"",
        }
    }

    fn filters(change: impl FnOnce(&mut FilterSpec)) -> Filters {
        let mut spec = FilterSpec::default();
        change(&mut spec);
        Filters::new(&spec, NOW).unwrap()
    }

    #[test]
    fn no_filters_keep_everything() {
        let filters = filters(|_| {});
        assert!(filters.is_empty());
        assert_eq!(filters.judge(&object("a")), Verdict::Keep);
    }

    #[test]
    fn the_first_reason_in_the_documented_order_counts() {
        let all = filters(|spec| {
            spec.include = vec!["*.jpg".into(), "*.png".into()];
            spec.exclude = vec!["tmp/*".into()];
            spec.min_size = Some("10".into());
            spec.max_size = Some("1k".into());
            spec.modified_since = Some("30d".into());
            spec.modified_before = Some("0".into());
            spec.storage_classes = vec!["standard".into()];
        });
        let keep = object("a.png");
        assert_eq!(all.judge(&keep), Verdict::Keep);
        let ancient = Timestamp(0);
        let steps = [
            (Object { storage_class: b"GLACIER", ..keep }, Reason::StorageClass),
            (Object { storage_class: b"GLACIER", modified: ancient, ..keep }, Reason::Time),
            (Object { modified: NOW, ..keep }, Reason::Time),
            (Object { size: 9, modified: ancient, ..keep }, Reason::Size),
            (Object { size: 1001, ..keep }, Reason::Size),
            (Object { key: b"tmp/a.jpg", size: 9, ..keep }, Reason::Excluded),
            (Object { key: b"tmp/a.gif", size: 9, ..keep }, Reason::NotIncluded),
        ];
        for (object, reason) in steps {
            assert_eq!(all.judge(&object), Verdict::Dropped(reason));
        }
    }

    #[test]
    fn globs_begin_at_the_folder_of_the_prefix() {
        let pattern = |spec: &mut FilterSpec| spec.include = vec!["2024-*".into()];
        for prefix in ["logs/", "logs/2024-", "logs/2"] {
            let filters = filters(pattern).relative_to(prefix.as_bytes());
            assert_eq!(filters.judge(&object("logs/2024-05")), Verdict::Keep, "{prefix}");
        }
        let whole = filters(pattern).relative_to(b"2024");
        assert_eq!(whole.judge(&object("2024-05")), Verdict::Keep);
    }

    #[test]
    fn an_object_without_a_class_is_standard() {
        let cold = filters(|spec| spec.storage_classes = vec!["Glacier".into()]);
        assert_eq!(cold.judge(&object("a")), Verdict::Dropped(Reason::StorageClass));
        let glacier = Object { storage_class: b"GLACIER", ..object("a") };
        assert_eq!(cold.judge(&glacier), Verdict::Keep);
    }

    #[test]
    fn errors_name_the_filter_and_its_text() {
        let error = |change: fn(&mut FilterSpec)| {
            let mut spec = FilterSpec::default();
            change(&mut spec);
            Filters::new(&spec, NOW).unwrap_err().to_string()
        };
        assert_eq!(
            error(|spec| spec.exclude = vec!["[a".into()]),
            "exclude `[a` has a `[` without its `]`"
        );
        assert_eq!(
            error(|spec| spec.min_size = Some("big".into())),
            "min-size: size `big` is not a number"
        );
        assert_eq!(error(|spec| spec.storage_classes = vec![" ".into()]), "storage-class is empty");
        assert_eq!(
            error(|spec| {
                spec.min_size = Some("2k".into());
                spec.max_size = Some("1k".into());
            }),
            "min-size `2k` leaves nothing below max-size `1k`"
        );
    }
}
