//! What a bucket answers about itself.

use super::errors::{ErrorCode, S3Error};
use super::target::{Resource, Target};
use super::xml::{TextForm, push_element};
use crate::simulator::dialect::Dialect;
use crate::simulator::settings::{BucketSettings, Payer};

/// The subresources that are answered, with the action that each takes.
const SUBRESOURCES: [(&str, &str); 6] = [
    ("policy", "s3:GetBucketPolicy"),
    ("policyStatus", "s3:GetBucketPolicyStatus"),
    ("requestPayment", "s3:GetBucketRequestPayment"),
    ("versioning", "s3:GetBucketVersioning"),
    ("encryption", "s3:GetEncryptionConfiguration"),
    ("website", "s3:GetBucketWebsite"),
];

/// Makes sure that the key may do what a request asks for.
pub(crate) fn check_allowed(
    method: &str,
    target: &Target,
    resource: &Resource,
    settings: &BucketSettings,
    agrees_to_pay: bool,
) -> Result<(), S3Error> {
    let has = |name: &str| target.parameter(name).is_some();
    let subresource = SUBRESOURCES.iter().find(|(name, _)| has(name));
    let action = match (&resource.key, subresource) {
        (Some(_), _) if method == "DELETE" => "s3:AbortMultipartUpload",
        (Some(_), _) => "s3:GetObject",
        (None, Some((_, action))) => action,
        (None, None) if has("location") => "s3:GetBucketLocation",
        (None, None) if has("versions") => "s3:ListBucketVersions",
        (None, None) if has("uploads") => "s3:ListBucketMultipartUploads",
        (None, None) => "s3:ListBucket",
    };
    let unpaid = settings.requester_pays == Some(Payer::Other) && !agrees_to_pay;
    if settings.refused.contains(action) || unpaid {
        return Err(S3Error::new(ErrorCode::AccessDenied));
    }
    match subresource.filter(|(name, _)| settings.unknown.contains(*name)) {
        Some((name, _)) => Err(S3Error::new(ErrorCode::NotImplemented).with("Header", *name)),
        None => Ok(()),
    }
}

/// The document that a subresource of the bucket holds; `None` where none is asked for.
pub(crate) fn document(
    target: &Target,
    settings: &BucketSettings,
    dialect: Dialect,
) -> Result<Option<Vec<u8>>, S3Error> {
    let Some((name, _)) = SUBRESOURCES.iter().find(|(name, _)| target.parameter(name).is_some())
    else {
        return Ok(None);
    };
    let BucketSettings { policy, requester_pays, versioning, encryption, website, .. } = settings;
    Ok(Some(match *name {
        "policy" => {
            let none = || S3Error::new(ErrorCode::NoSuchBucketPolicy);
            policy.as_ref().ok_or_else(none)?.clone().into_bytes()
        }
        "policyStatus" => {
            let none = || S3Error::new(ErrorCode::NoSuchBucketPolicy);
            let policy = policy.as_ref().ok_or_else(none)?;
            // A grant without any condition; S3 looks closer.
            let public = policy.contains("Allow") && !policy.contains("Condition");
            element("PolicyStatus", &leaf("IsPublic", if public { "TRUE" } else { "FALSE" }))
        }
        "requestPayment" => {
            let payer = if requester_pays.is_some() { "Requester" } else { "BucketOwner" };
            element("RequestPaymentConfiguration", &leaf("Payer", payer))
        }
        "versioning" => {
            let status = versioning.as_ref().map(|status| leaf("Status", status));
            element("VersioningConfiguration", &status.unwrap_or_default())
        }
        "website" if *website => {
            let index = element("IndexDocument", &leaf("Suffix", "index.html"));
            element("WebsiteConfiguration", &index)
        }
        "website" => return Err(S3Error::new(ErrorCode::NoSuchWebsiteConfiguration)),
        _ => {
            let oss = dialect == Dialect::Oss;
            let none = if oss {
                ErrorCode::NoSuchServerSideEncryptionRule
            } else {
                ErrorCode::ServerSideEncryptionConfigurationNotFoundError
            };
            let (algorithm, key) = encryption.as_ref().ok_or_else(|| S3Error::new(none))?;
            let mut rule = leaf("SSEAlgorithm", algorithm);
            rule.extend(key.as_ref().map(|key| leaf("KMSMasterKeyID", key)).unwrap_or_default());
            let rule = element("ApplyServerSideEncryptionByDefault", &rule);
            if oss {
                element("ServerSideEncryptionRule", &rule)
            } else {
                element("ServerSideEncryptionConfiguration", &element("Rule", &rule))
            }
        }
    }))
}

/// The answer to a request to abort an upload of which none has this id.
pub(crate) fn abort(target: &Target) -> S3Error {
    let id = target.parameter("uploadId").map(String::from_utf8_lossy).unwrap_or_default();
    S3Error::new(ErrorCode::NoSuchUpload).with("UploadId", id)
}

fn leaf(name: &'static str, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_element(&mut out, name, TextForm::Xml, text.as_bytes());
    out
}

fn element(name: &str, content: &[u8]) -> Vec<u8> {
    [b"<", name.as_bytes(), b">", content, b"</", name.as_bytes(), b">"].concat()
}
