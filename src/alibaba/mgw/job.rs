//! Jobs and how they stand.

use std::fmt;
use std::str::FromStr;

use super::model::models;

models! {
    /// A job to be created. It copies nothing until it is launched.
    NewJob {
        /// 3 to 63 characters out of `a-z 0-9 - _`, beginning with a letter or digit.
        name: String = "Name",
        /// The address it reads from.
        src_address: String = "SrcAddress",
        /// The address it writes to.
        dest_address: String = "DestAddress",
        /// `always` or `never`.
        overwrite_mode: String = "OverwriteMode",
        /// `all` or `lastmodified`; nothing with `never`.
        transfer_mode: String = "TransferMode",
        /// Which objects it takes; all, without it.
        filter_rule: FilterRule = "FilterRule",
        /// How fast it may be.
        import_qos: ImportQos = "ImportQos",
        /// When it runs by itself.
        schedule_rule: ScheduleRule = "ScheduleRule",
        /// Whether the service writes lists of what it did.
        create_report: bool = "CreateReport",
        /// Whether copies keep the time of last modification; they do unless told otherwise.
        with_last_modify_time: bool = "WithLastModifyTime",
        /// The storage class of the copies; the destination has to be OSS.
        target_storage_class: String = "TargetStorageClass",
        /// For retries: the job whose failed objects these are.
        parent_version: String = "ParentVersion",
        /// `key:value`, up to 1024 characters.
        tags: String = "Tags",
    }

    /// A job as the service knows it.
    Job {
        /// Its name.
        name: String = "Name",
        /// The service's id of it, which reports and retries ask for.
        version: String = "Version",
        /// `IMPORT_JOB_…`, see [`JobStatus`].
        status: String = "Status",
        /// The address it reads from.
        src_address: String = "SrcAddress",
        /// The address it writes to.
        dest_address: String = "DestAddress",
        /// `always` or `never`.
        overwrite_mode: String = "OverwriteMode",
        /// `all` or `lastmodified`.
        transfer_mode: String = "TransferMode",
        /// Which objects it takes.
        filter_rule: FilterRule = "FilterRule",
        /// How fast it may be.
        import_qos: ImportQos = "ImportQos",
        /// When it runs by itself.
        schedule_rule: ScheduleRule = "ScheduleRule",
        /// Whether the service writes lists of what it did.
        create_report: bool = "CreateReport",
        /// The storage class of the copies.
        target_storage_class: String = "TargetStorageClass",
        /// When it was created.
        create_time: String = "CreateTime",
        /// When it last changed.
        modify_time: String = "ModifyTime",
        /// Whose it is.
        owner: String = "Owner",
        /// `key:value`.
        tags: String = "Tags",
    }

    /// A change to a job.
    JobUpdate {
        /// `IMPORT_JOB_LAUNCHING`, `IMPORT_JOB_SUSPEND` or `IMPORT_JOB_CLOSING`.
        status: String = "Status",
        /// A new limit.
        import_qos: ImportQos = "ImportQos",
    }

    /// How fast a job may be.
    ImportQos {
        /// Bits per second.
        max_bandwidth: i64 = "MaxBandWidth",
        /// Objects per second.
        max_import_task_qps: i64 = "MaxImportTaskQps",
    }

    /// Which objects a job takes.
    FilterRule {
        /// By key.
        key_filters: KeyFilters = "KeyFilters",
        /// By time of last modification.
        last_modified_filters: LastModifiedFilters = "LastModifiedFilters",
        /// By kind.
        file_type_filters: FileTypeFilters = "FileTypeFilters",
    }

    /// Keys that are taken and left out.
    KeyFilters {
        /// Taken.
        includes: Patterns = "Includes",
        /// Left out.
        excludes: Patterns = "Excludes",
    }

    /// Regular expressions.
    Patterns {
        /// The expressions.
        regex: Vec<String> = "Regex",
    }

    /// Times that are taken and left out.
    LastModifiedFilters {
        /// Taken.
        includes: TimeFilters = "Includes",
        /// Left out.
        excludes: TimeFilters = "Excludes",
    }

    /// A span of time.
    TimeFilters {
        /// From when until when.
        time_filter: TimeFilter = "TimeFilter",
    }

    /// A span of time, both ends like `2024-05-01T12:00:00.000Z`.
    TimeFilter {
        /// The first moment.
        start_time: String = "StartTime",
        /// The last moment.
        end_time: String = "EndTime",
    }

    /// Kinds of objects that are left out.
    FileTypeFilters {
        /// Symbolic links.
        exclude_symlink: bool = "ExcludeSymlink",
        /// Directories.
        exclude_dir: bool = "ExcludeDir",
    }

    /// When a job runs by itself, as expressions of cron with seconds; at least an hour apart.
    ScheduleRule {
        /// When it starts.
        start: String = "StartCronExpression",
        /// When it pauses.
        suspend: String = "SuspendCronExpression",
        /// How often it runs by itself at most.
        max_schedule_count: i64 = "MaxScheduleCount",
    }
}

/// Where a job is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// Created, and not launched yet.
    Begin,
    /// Being launched.
    Launching,
    /// Preparing.
    Preparing,
    /// Copying.
    Doing,
    /// Paused.
    Suspend,
    /// Being stopped.
    Closing,
    /// Done.
    Finished,
    /// Broken off by a fault.
    Interrupted,
    /// Done, and confirmed by the user.
    Confirmed,
    /// Being deleted.
    Deleting,
    /// A status that is not documented.
    Other(String),
}

const STATUSES: [(&str, &str, JobStatus); 10] = [
    ("IMPORT_JOB_BEGIN", "created", JobStatus::Begin),
    ("IMPORT_JOB_LAUNCHING", "launching", JobStatus::Launching),
    ("IMPORT_JOB_PREPARING", "preparing", JobStatus::Preparing),
    ("IMPORT_JOB_DOING", "running", JobStatus::Doing),
    ("IMPORT_JOB_SUSPEND", "paused", JobStatus::Suspend),
    ("IMPORT_JOB_CLOSING", "stopping", JobStatus::Closing),
    ("IMPORT_JOB_FINISHED", "finished", JobStatus::Finished),
    ("IMPORT_JOB_INTERRUPTED", "interrupted", JobStatus::Interrupted),
    ("IMPORT_JOB_CONFIRMED", "confirmed", JobStatus::Confirmed),
    ("IMPORT_JOB_DELETING", "deleting", JobStatus::Deleting),
];

impl JobStatus {
    /// As the API spells it.
    #[must_use]
    pub fn api_name(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => STATUSES.iter().find(|(_, _, status)| status == known).map_or("", |row| row.0),
        }
    }

    /// Whether nothing further happens by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Finished | Self::Interrupted | Self::Confirmed | Self::Deleting)
    }
}

impl FromStr for JobStatus {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = STATUSES.into_iter().find(|(name, _, _)| *name == text);
        Ok(known.map_or_else(|| Self::Other(text.to_owned()), |(_, _, status)| status))
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = STATUSES.iter().find(|(_, _, status)| status == self);
        f.pad(known.map_or_else(|| self.api_name(), |(_, word, _)| word))
    }
}

impl Job {
    /// Where it is in its life.
    #[must_use]
    pub fn status(&self) -> JobStatus {
        // Cannot fail: what is not known is kept as it is.
        let Ok(status) = self.status.as_deref().unwrap_or_default().parse();
        status
    }
}
