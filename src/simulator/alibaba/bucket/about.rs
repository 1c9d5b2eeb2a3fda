//! A bucket itself: creating, deleting, what it is; the account's buckets, the regions.

use crate::alibaba::Element;
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::alibaba::seed::AlibabaBucket;
use crate::simulator::alibaba::state::StoredBucket;

/// The regions that there are.
pub(super) const REGIONS: [&str; 5] =
    ["cn-beijing", "cn-hangzhou", "cn-shanghai", "eu-central-1", "us-east-1"];

const CLASSES: [&str; 5] = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"];

pub(super) fn create(name: &str, region: &str, call: &mut Call<'_>) -> Result<Answer, Refused> {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(3..=63).contains(&name.len())
        || !name.bytes().all(valid)
        || name.starts_with('-')
        || name.ends_with('-')
    {
        return Err(refused(400, "InvalidBucketName", "The bucket's name is not valid."));
    }
    if call.state.buckets.contains_key(name) {
        return create_again(name, region, call);
    }
    let account = &call.caller.account;
    let own = |bucket: &&StoredBucket| bucket.owner == *account && bucket.region == region;
    if call.state.buckets.values().filter(own).count() >= call.config.limits.buckets {
        return Err(refused(400, "TooManyBuckets", "The account has too many buckets."));
    }
    let Wish { storage_class, redundancy, acl } = wish(call)?;
    let about = AlibabaBucket { storage_class, redundancy, acl, ..AlibabaBucket::default() };
    let (owner, region, created) = (account.clone(), region.to_owned(), call.time());
    let bucket = StoredBucket { owner, region, created, about };
    call.state.buckets.insert(name.to_owned(), bucket);
    Ok(Answer::Empty)
}

/// What a bucket is to be like.
struct Wish {
    storage_class: String,
    redundancy: String,
    acl: String,
}

fn wish(call: &Call<'_>) -> Result<Wish, Refused> {
    let document = if call.body.is_empty() {
        Element::new("CreateBucketConfiguration")
    } else {
        call.document("CreateBucketConfiguration")?
    };
    let storage_class = document.text_of("StorageClass").unwrap_or("Standard");
    let redundancy = document.text_of("DataRedundancyType").unwrap_or("LRS");
    if !CLASSES.contains(&storage_class) || !["LRS", "ZRS"].contains(&redundancy) {
        return Err(refused(400, "InvalidArgument", "The storage class or redundancy is unknown."));
    }
    let acl = call.headers.get("x-oss-acl").and_then(|acl| acl.to_str().ok()).unwrap_or("private");
    if !["private", "public-read", "public-read-write"].contains(&acl) {
        return Err(refused(400, "InvalidArgument", "no such bucket access control exists"));
    }
    let (storage_class, redundancy) = (storage_class.to_owned(), redundancy.to_owned());
    Ok(Wish { storage_class, redundancy, acl: acl.to_owned() })
}

/// Creates a bucket whose name is taken. One's own can be created again as it is, which sets who may reach
/// it; so the messages of `BucketAlreadyExists` in the reference have it.
fn create_again(name: &str, region: &str, call: &mut Call<'_>) -> Result<Answer, Refused> {
    let Wish { storage_class, redundancy, acl } = wish(call)?;
    let bucket = call.state.buckets.get_mut(name).ok_or_else(super::missing)?;
    let message = if bucket.owner != call.caller.account {
        "The requested bucket name is not available."
    } else if bucket.region != region {
        "Bucket already exists can't modify location."
    } else if bucket.about.storage_class != storage_class {
        "Cannot modify existing bucket's storage class."
    } else if bucket.about.redundancy != redundancy {
        "Bucket already exists can't modify data redundancy type."
    } else {
        bucket.about.acl = acl;
        return Ok(Answer::Empty);
    };
    Err(refused(409, "BucketAlreadyExists", message).with_ec("0015-00000104"))
}

pub(super) fn delete(name: &str, call: &mut Call<'_>) -> Result<Answer, Refused> {
    if call.state.objects.keys().any(|(bucket, _)| bucket == name) {
        return Err(refused(409, "BucketNotEmpty", "The bucket you tried to delete is not empty."));
    }
    call.state.buckets.remove(name);
    Ok(Answer::Gone)
}

/// What is read of a bucket, in XML.
pub(super) fn look(name: &str, bucket: &StoredBucket, call: &Call<'_>) -> Result<Answer, Refused> {
    let about = &bucket.about;
    let owner = Element::new("Owner")
        .with(Element::leaf("ID", &bucket.owner))
        .with(Element::leaf("DisplayName", &bucket.owner));
    let acl = Element::new("AccessControlList").with(Element::leaf("Grant", &about.acl));
    Ok(Answer::Xml(match call.operation {
        "GetBucketAcl" => Element::new("AccessControlPolicy").with(owner).with(acl),
        "GetBucketVersioning" => {
            Element::new("VersioningConfiguration").with_some("Status", about.versioning.as_ref())
        }
        "GetBucketStat" => stat(name, bucket, call),
        "GetBucketWorm" => {
            let Some((state, days)) = &about.worm else {
                let message = "The WORM configuration does not exist.";
                return Err(refused(404, "NoSuchWORMConfiguration", message));
            };
            Element::new("WormConfiguration")
                .with(Element::leaf("WormId", "SIMULATED"))
                .with(Element::leaf("State", state))
                .with(Element::leaf("RetentionPeriodInDays", days))
                .with(Element::leaf("CreationDate", "2024-05-01T12:00:00"))
        }
        _ => Element::new("BucketInfo").with(info(name, bucket).with(owner).with(acl)),
    }))
}

fn info(name: &str, bucket: &StoredBucket) -> Element {
    let about = &bucket.about;
    let document = about.settings.get("encryption");
    let rule = document.and_then(|document| Element::parse(document.as_bytes()));
    let rule = rule.and_then(|rule| rule.child("ApplyServerSideEncryptionByDefault").cloned());
    let some = |name| rule.as_ref().and_then(|rule| rule.text_of(name));
    let encryption = Element::new("ServerSideEncryptionRule")
        .with(Element::leaf("SSEAlgorithm", some("SSEAlgorithm").unwrap_or("None")))
        .with_some("KMSMasterKeyID", some("KMSMasterKeyID"));
    let able = |is: bool| if is { "Enabled" } else { "Disabled" };
    let log = Element::new("BucketPolicy").with_some("LogBucket", about.log_bucket.as_ref());
    let (region, network) = (&bucket.region, "-internal");
    Element::new("Bucket")
        .with(Element::leaf("Name", name))
        .with(Element::leaf("Location", format!("oss-{region}")))
        .with(Element::leaf("CreationDate", &bucket.created))
        .with(Element::leaf("ExtranetEndpoint", format!("oss-{region}.aliyuncs.com")))
        .with(Element::leaf("IntranetEndpoint", format!("oss-{region}{network}.aliyuncs.com")))
        .with(Element::leaf("StorageClass", &about.storage_class))
        .with(Element::leaf("DataRedundancyType", &about.redundancy))
        .with(Element::leaf("BlockPublicAccess", about.blocks_public_access))
        .with(Element::leaf("CrossRegionReplication", able(about.is_replicated)))
        .with(Element::leaf("HierarchicalNamespace", able(about.is_hierarchical)))
        .with_some("Versioning", about.versioning.as_ref())
        .with(encryption)
        .with(log)
}

fn stat(name: &str, bucket: &StoredBucket, call: &Call<'_>) -> Element {
    let objects = call.state.objects.iter().filter(|((place, _), _)| place == name);
    let (count, bytes) =
        objects.fold((0, 0), |(count, bytes), (_, object)| (count + 1, bytes + object.len()));
    let standard = bucket.about.storage_class == "Standard";
    Element::new("BucketStat")
        .with(Element::leaf("Storage", bytes))
        .with(Element::leaf("ObjectCount", count))
        .with(Element::leaf("MultipartUploadCount", 0))
        .with(Element::leaf("LiveChannelCount", 0))
        .with(Element::leaf("LastModifiedTime", call.now))
        .with(Element::leaf("StandardStorage", if standard { bytes } else { 0 }))
        .with(Element::leaf("StandardObjectCount", if standard { count } else { 0 }))
        .with(Element::leaf("DeleteMarkerCount", 0))
}

/// The caller's buckets in all regions.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let parameter = |name| call.parameter(name).unwrap_or_default();
    let (prefix, marker) = (parameter("prefix"), parameter("marker"));
    let most = parameter("max-keys").parse().unwrap_or(100_usize).clamp(1, call.config.limits.page);
    let account = &call.caller.account;
    let own = call.state.buckets.iter().filter(|(name, bucket)| {
        bucket.owner == *account && name.starts_with(prefix) && name.as_str() > marker
    });
    let mut page: Vec<_> = own.take(most + 1).collect();
    let more = page.len() > most;
    page.truncate(most);
    let next = page.last().filter(|_| more).map(|(name, _)| (*name).clone());
    let buckets = page.into_iter().fold(Element::new("Buckets"), |list, (name, bucket)| {
        list.with(
            Element::new("Bucket")
                .with(Element::leaf("Name", name))
                .with(Element::leaf("Location", format!("oss-{}", bucket.region)))
                .with(Element::leaf("Region", &bucket.region))
                .with(Element::leaf("CreationDate", &bucket.created))
                .with(Element::leaf("StorageClass", &bucket.about.storage_class)),
        )
    });
    let owner = Element::new("Owner")
        .with(Element::leaf("ID", account))
        .with(Element::leaf("DisplayName", account));
    let list = Element::new("ListAllMyBucketsResult")
        .with(Element::leaf("Prefix", prefix))
        .with(Element::leaf("Marker", marker))
        .with(Element::leaf("MaxKeys", most))
        .with(Element::leaf("IsTruncated", more))
        .with_some("NextMarker", next);
    Answer::Xml(list.with(owner).with(buckets))
}

/// The regions.
pub(super) fn regions() -> Answer {
    let list = REGIONS.iter().fold(Element::new("RegionInfoList"), |list, region| {
        list.with(
            Element::new("RegionInfo")
                .with(Element::leaf("Region", format!("oss-{region}")))
                .with(Element::leaf("InternetEndpoint", format!("oss-{region}.aliyuncs.com")))
                .with(Element::leaf(
                    "InternalEndpoint",
                    format!("oss-{region}-internal.aliyuncs.com"),
                ))
                .with(Element::leaf("AccelerateEndpoint", "oss-accelerate.aliyuncs.com")),
        )
    });
    Answer::Xml(list)
}
