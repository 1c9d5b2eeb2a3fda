//! What jobs did.

use super::model::{Secret, models};

models! {
    /// What a job has counted and copied. A negative number stands for one that is not known yet.
    JobResult {
        /// The service's id of the job.
        version: String = "Version",
        /// Objects found at the source.
        total_object_count: i64 = "TotalObjectCount",
        /// Their bytes.
        total_object_size: i64 = "TotalObjectSize",
        /// Objects dealt with, those that were skipped among them.
        copied_object_count: i64 = "CopiedObjectCount",
        /// Their bytes.
        copied_object_size: i64 = "CopiedObjectSize",
        /// Objects that were at the destination already.
        skipped_object_count: i64 = "SkippedObjectCount",
        /// Their bytes.
        skipped_object_size: i64 = "SkippedObjectSize",
        /// Objects that failed.
        failed_object_count: i64 = "FailedObjectCount",
        /// Whether failed objects can be retried: `NoNeed`, `Ready`, `NotReady`.
        ready_retry: String = "ReadyRetry",
        /// For the address of a retry: its type.
        address_type: String = "AddressType",
        /// For the address of a retry: where the list of failed objects is.
        inv_location: String = "InvLocation",
        /// The list's bucket.
        inv_bucket: String = "InvBucket",
        /// The endpoint of that bucket.
        inv_domain: String = "InvDomain",
        /// The region of that bucket.
        inv_region_id: String = "InvRegionId",
        /// The key of the list's `manifest.json`.
        inv_path: String = "InvPath",
        /// The key id to read it with.
        inv_access_id: String = "InvAccessId",
        /// The secret to read it with.
        inv_access_secret: Secret = "InvAccessSecret",
    }

    /// A step in the life of a job, with its counts at that time.
    JobHistory {
        /// Its id.
        commit_id: String = "CommitId",
        /// The job's name.
        name: String = "Name",
        /// The service's id of the job.
        job_version: String = "JobVersion",
        /// Which run of the job.
        runtime_id: String = "RuntimeId",
        /// `IMPORT_JOB_…`.
        status: String = "Status",
        /// When it began, as `2024-05-01 12:00:00` or in RFC 3339.
        start_time: String = "StartTime",
        /// When it ended.
        end_time: String = "EndTime",
        /// Whether the source has been listed to its end: `Listing` or `Finished`.
        list_status: String = "ListStatus",
        /// `Normal` or `Interrupt`.
        runtime_state: String = "RuntimeState",
        /// What went wrong.
        message: String = "Message",
        /// Who did it: `user` or `system`.
        operator: String = "Operator",
        /// Objects found at the source.
        total_count: i64 = "TotalCount",
        /// Their bytes.
        total_size: i64 = "TotalSize",
        /// Objects dealt with, those that were skipped among them.
        copied_count: i64 = "CopiedCount",
        /// Their bytes.
        copied_size: i64 = "CopiedSize",
        /// Objects that failed.
        failed_count: i64 = "FailedCount",
        /// Objects that were at the destination already.
        skipped_count: i64 = "SkippedCount",
        /// Their bytes.
        skipped_size: i64 = "SkippedSize",
    }

    /// A report to be written.
    NewReport {
        /// The job's name.
        job_name: String = "JobName",
        /// The service's id of the job.
        version: String = "Version",
        /// Which run of the job.
        runtime_id: i64 = "RuntimeId",
    }

    /// How a report stands, and where its lists are.
    Report {
        /// `Running`, `NotExist`, `Finished` or `Failed`.
        status: String = "Status",
        /// What went wrong with it.
        error_message: String = "ErrorMessage",
        /// Objects in all.
        total_count: i64 = "TotalCount",
        /// Objects that were copied.
        copied_count: i64 = "CopiedCount",
        /// Objects that failed.
        failed_count: i64 = "FailedCount",
        /// Objects that were at the destination already.
        skipped_count: i64 = "SkippedCount",
        /// What keys of the list of all objects begin with.
        total_list_prefix: String = "TotalListPrefix",
        /// What keys of the list of failed objects begin with.
        failed_list_prefix: String = "FailedListPrefix",
        /// What keys of the list of skipped objects begin with.
        skipped_list_prefix: String = "SkippedListPrefix",
        /// When the job ended.
        job_end_time: String = "JobEndTime",
    }
}

impl JobHistory {
    /// Whether the source has been listed to its end, so that its totals are final.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.list_status.as_deref() == Some("Finished")
    }
}

/// A count that is known: not missing and not negative.
#[must_use]
pub fn known(count: Option<i64>) -> Option<u64> {
    count.and_then(|count| u64::try_from(count).ok())
}
