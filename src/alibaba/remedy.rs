//! What to do about a refusal.

use super::error::Refusal;

impl Refusal {
    /// The way out, where there is one.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        if self.is_throttle() {
            return Some(
                "the service asks to slow down: wait a minute and repeat the call, which goes on where it stopped",
            );
        }
        let known = REMEDIES.iter().find(|(codes, _)| {
            codes.split(' ').any(|code| match code.strip_suffix('*') {
                Some(start) => self.code.starts_with(start),
                None => self.code == code,
            })
        });
        if let Some((_, remedy)) = known {
            return Some(remedy);
        }
        match self.status {
            401 | 403 => Some(PERMISSION),
            408 | 500.. => {
                Some("the service failed: repeat the call, which goes on where it stopped")
            }
            _ => None,
        }
    }
}

const PERMISSION: &str = "the key's RAM user lacks a permission: attach AliyunOSSImportFullAccess for migration jobs, \
    AliyunOSSFullAccess for buckets and AliyunRAMFullAccess for users and roles, or use another key";

/// What to do, by code; a star stands for whatever follows.
///
/// Sources: "Common causes of a migration failure" and the error codes of the classic console, Data Online
/// Migration documentation; error codes of the OSS, RAM, STS and KMS API references.
const REMEDIES: &[(&str, &str)] = &[
    (
        "NoSuchImportAddress",
        "the data address is not there: create it first, by repeating the submission",
    ),
    (
        "NoSuchImportJob",
        "the job is not there: submit the plan first, or check the name and the region",
    ),
    (
        "ExceedMaxObjectSize",
        "the amount of data is above what one job may have: plan more and smaller jobs with `--max-jobs`, or open a ticket",
    ),
    (
        "FileCountExceedMaxCount",
        "the number of files is above what one job may have: plan more and smaller jobs with `--max-jobs`, or contact the service's support",
    ),
    (
        "JobCountExceedMaxCount",
        "the region has as many jobs as it may have (500): delete finished ones, or open a ticket",
    ),
    (
        "InvalidJobName InvalidAddressName",
        "names have 3 to 63 characters out of a-z, 0-9 and -, and begin and end with a letter or digit",
    ),
    (
        "RetryExceedMaxCount",
        "the job was retried as often as it may be: create a new one from its list of failed objects",
    ),
    (
        "UnsupportedArchiveBucket",
        "archived objects have to be restored before the job begins, and to stay so while it runs",
    ),
    (
        "SourceAddrHasUnsupportedChar",
        "the source's bucket or prefix holds characters that the service does not take: use a list of objects instead of the prefix",
    ),
    ("NoPermission NoPermission.*", PERMISSION),
    (
        "AzureSourceConnStrAccountInvalid",
        "check the storage account's name, its key, and the endpoint suffix, such as core.windows.net",
    ),
    (
        "AzureSourceAddrContainerInvalid",
        "check the container's name: it is case-sensitive, and has to exist",
    ),
    (
        "SourceAddrEndpointOrSkInvalid",
        "check the KS3 endpoint, which has to be that of the bucket's region and no domain of your own, and the secret key",
    ),
    (
        "SourceAddrAccessKeyOrPermissionInvalid",
        "check the KS3 access key, and that it may list and read the bucket",
    ),
    (
        "SourceAddrBadHttpListFormat",
        "every line of the list is a URL, a tab and the object's name, and ends in a line feed",
    ),
    (
        "SourceAddr*",
        "check the source's bucket, endpoint and prefix, and that its key may list and read it",
    ),
    (
        "DestAddr*",
        "check the destination's bucket, region and prefix, and that the role or key may write to it",
    ),
    (
        "BucketAlreadyExists",
        "the name is taken, and names are unique over all accounts: look whether the bucket is yours, or choose another",
    ),
    ("TooManyBuckets", "the account has 100 buckets in the region: delete one, or ask for more"),
    (
        "InvalidBucketName",
        "bucket names have 3 to 63 characters out of a-z, 0-9 and -, and begin and end with a letter or digit",
    ),
    (
        "NoSuchBucketPolicy NoSuchServerSideEncryptionRule NoSuchLifecycle NoSuchWORMConfiguration",
        "the bucket has no policy, no encryption, no lifecycle or no retention of its own: there is nothing to read or to delete",
    ),
    (
        "BucketNotEmpty",
        "delete what is in the bucket first, with all versions and unfinished uploads",
    ),
    (
        "InvalidPolicyDocument",
        "the bucket's policy is not accepted as it is: check its JSON, that its version is the text 1, and that it has 16 KB at most",
    ),
    ("NoSuchBucket", "check the bucket's name, and that it is in the region that was asked"),
    (
        "SecondLevelDomainForbidden",
        "OSS wants the bucket in the host name: name the region's own endpoint",
    ),
    (
        "AccessDenied",
        "check that the bucket belongs to the key's account and that its RAM user may do this",
    ),
    (
        "InvalidAccessKeyId InvalidAccessKeyId.*",
        "the key id is unknown: check it, and that it is a key of Alibaba Cloud and enabled",
    ),
    (
        "SignatureDoesNotMatch IncompleteSignature",
        "the secret does not belong to the key id: check both",
    ),
    (
        "SecurityTokenExpired InvalidSecurityToken* ExpiredToken",
        "the temporary key has expired: get a new one",
    ),
    (
        "RequestTimeTooSkewed InvalidTimeStamp.Expired IllegalTimestamp",
        "set this machine's clock: signatures are valid for 15 minutes",
    ),
    (
        "BadRequest",
        "the service does not understand the request: check this machine's clock, the endpoint, and proxies in between",
    ),
    (
        "EntityNotExist.*",
        "what the call is about does not exist in this account: check its name, or create it first",
    ),
    (
        "EntityAlreadyExist*",
        "it exists already, with other properties than those asked for: compare them",
    ),
    (
        "DeleteConflict.*",
        "something hangs on it still: detach its policies, delete its access keys or its other versions first",
    ),
    (
        "LimitExceeded.User.AccessKey",
        "a RAM user has two access keys at most: delete one that nobody uses",
    ),
    (
        "LimitExceeded.Policy.Version",
        "a policy has five versions at most: delete one that is not the default",
    ),
    (
        "LimitExceeded.*",
        "the account has as many of these as it may have: delete unused ones, or ask for a higher quota",
    ),
    (
        "MalformedPolicyDocument",
        "the policy is not accepted as it is: check its JSON, its actions and its principals",
    ),
    (
        "Forbidden.KeyNotFound Forbidden.AliasNotFound",
        "check the KMS key's id and region; a key of another account is named by its ARN, acs:kms:<region>:<account>:key/<id>",
    ),
    (
        "Forbidden.NoPermission",
        "attach AliyunKMSFullAccess to the key's RAM user; of a key of another account, its policy has to name you, too",
    ),
    (
        "KeyDisabled KeyPendingDeletion KeyUnavailable KeyNotFound",
        "the KMS key that the bucket is encrypted by cannot be used: enable it, cancel its deletion, or encrypt by another one",
    ),
    (
        "FileImmutable",
        "the bucket keeps what is in it for a time, and lets nobody change it: use another bucket, or wait",
    ),
    ("Rejected.*", "the KMS key's state does not allow this: enable it, or cancel its deletion"),
    (
        "UnsupportedOperation UnsupportedOperation.*",
        "the KMS key cannot do this: only keys in KMS instances have a policy",
    ),
    (
        "InvalidAction.* InvalidVersion*",
        "the host is not that of the service, or a gateway in between changes requests: check the endpoint",
    ),
    ("Inactive", "the service is not activated for this account: activate it in the console"),
    (
        "InvalidParameter* InvalidArgument MissingParameter*",
        "a value is not as the service wants it: its message names which",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alibaba::CallError;

    #[test]
    fn every_documented_code_has_a_way_out() {
        let documented = [
            // The classic console, and failed verifications.
            (400, "ExceedMaxObjectSize", "--max-jobs"),
            (400, "FileCountExceedMaxCount", "--max-jobs"),
            (400, "JobCountExceedMaxCount", "delete finished ones"),
            (400, "InvalidJobName", "3 to 63 characters"),
            (400, "RetryExceedMaxCount", "create a new one"),
            (400, "UnsupportedArchiveBucket", "restored"),
            (400, "SourceAddrHasUnsupportedChar", "list of objects"),
            (400, "NoPermission", "attach AliyunOSSImportFullAccess"),
            (400, "AzureSourceConnStrAccountInvalid", "storage account"),
            (400, "AzureSourceAddrContainerInvalid", "case-sensitive"),
            (400, "SourceAddrEndpointOrSkInvalid", "KS3 endpoint"),
            (400, "SourceAddrAccessKeyOrPermissionInvalid", "KS3 access key"),
            (400, "SourceAddrBadHttpListFormat", "every line"),
            (400, "DestAddrBucketInvalid", "destination's bucket"),
            // The migration service.
            (404, "NoSuchImportAddress", "create it first"),
            (404, "NoSuchImportJob", "submit the plan first"),
            // OSS.
            (400, "InvalidBucketName", "3 to 63 characters"),
            (400, "TooManyBuckets", "delete one"),
            (403, "AccessDenied", "RAM user"),
            (409, "BucketAlreadyExists", "choose another"),
            (404, "NoSuchBucket", "region that was asked"),
            (400, "NoSuchServerSideEncryptionRule", "no encryption"),
            (404, "NoSuchBucketPolicy", "no policy"),
            (404, "NoSuchLifecycle", "no lifecycle"),
            (404, "NoSuchWORMConfiguration", "no retention"),
            (409, "BucketNotEmpty", "unfinished uploads"),
            (409, "KeyDisabled", "enable it"),
            (409, "KeyPendingDeletion", "cancel its deletion"),
            (409, "FileImmutable", "another bucket"),
            (400, "InvalidPolicyDocument", "16 KB"),
            (400, "InvalidArgument", "names which"),
            (403, "SecondLevelDomainForbidden", "host name"),
            (403, "RequestTimeTooSkewed", "clock"),
            (400, "BadRequest", "clock"),
            // RAM and STS.
            (409, "EntityAlreadyExists.User", "compare them"),
            (409, "EntityAlreadyExists.Role", "compare them"),
            (409, "EntityAlreadyExists.Policy", "compare them"),
            (409, "EntityAlreadyExists.User.Policy", "compare them"),
            (409, "EntityAlreadyExists.Role.Policy", "compare them"),
            (409, "EntityAlreadyExists.User.LoginProfile", "compare them"),
            (409, "LimitExceeded.User", "higher quota"),
            (409, "LimitExceeded.User.AccessKey", "two access keys"),
            (409, "LimitExceeded.Role", "higher quota"),
            (409, "LimitExceeded.Role.Policy", "higher quota"),
            (409, "LimitExceeded.Policy", "higher quota"),
            (409, "LimitExceeded.Policy.Version", "five versions"),
            (409, "DeleteConflict.User.AccessKey", "hangs on it"),
            (409, "DeleteConflict.Role.Policy", "hangs on it"),
            (409, "LimitExceeded.User.Policy", "higher quota"),
            (404, "EntityNotExist.User", "check its name"),
            (404, "EntityNotExist.Role", "check its name"),
            (404, "EntityNotExist.Policy", "check its name"),
            (403, "NoPermission", "attach AliyunOSSImportFullAccess"),
            (403, "Inactive", "activate it"),
            (400, "InvalidParameter.RoleName", "names which"),
            (400, "MalformedPolicyDocument", "JSON"),
            // KMS.
            (404, "Forbidden.KeyNotFound", "ARN"),
            (404, "Forbidden.AliasNotFound", "ARN"),
            (403, "Forbidden.NoPermission", "AliyunKMSFullAccess"),
            (409, "Rejected.Disabled", "enable it"),
            (429, "Rejected.Throttling", "wait a minute"),
            (400, "UnsupportedOperation", "KMS instances"),
            (400, "Throttling.User", "wait a minute"),
            (500, "InternalError", "repeat the call"),
            // What the official SDK repeats by its status alone.
            (401, "", "lacks a permission"),
            (408, "", "repeat the call"),
            (429, "", "wait a minute"),
            (503, "", "repeat the call"),
        ];
        for (status, code, words) in documented {
            let refusal = Refusal { status, code: code.to_owned(), ..Refusal::default() };
            let text = CallError::Refused { doing: "do it".to_owned(), refusal }.to_string();
            let hint = text.split_once("\nhint: ").map(|(_, hint)| hint).unwrap_or_default();
            assert!(hint.contains(words), "{status} {code}: {text}");
        }
        let unknown =
            Refusal { status: 400, code: "SomethingNew".to_owned(), ..Refusal::default() };
        assert_eq!(unknown.remedy(), None);
    }
}
