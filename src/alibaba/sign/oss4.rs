//! `OSS4-HMAC-SHA256`, the signature of OSS and of the migration service.
//!
//! Source: "Include a V4 signature", OSS developer reference; the vectors below come from the official
//! SDKs. Bodies are not signed. The resource names the bucket even where the host does, and a query name
//! without a value is signed without `=` even where it is sent with one. The key derived for a day and
//! region is kept: with it a signature costs a few microseconds.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::alibaba::Credentials;
use crate::store::text::hmac::hex;
use crate::store::text::{date, hmac};

/// Starts the `authorization` header.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// Stands in place of the hash of the body.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The product in the scope of OSS's and the migration service's signatures.
pub const OSS: &str = "oss";

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// In capitals.
    pub method: &'a str,
    /// `/bucket/key`, `/bucket/` or `/`, percent-encoded with `/` left as it is. For services without
    /// buckets the path.
    pub resource: &'a str,
    /// The query as sent, percent-encoded, without `?`.
    pub query: &'a str,
    /// Headers that are sent, names in small letters. Those that count are signed: `x-oss-…`,
    /// `content-type`, `content-md5`. What the signature itself sends is added.
    pub headers: &'a [(&'a str, &'a str)],
}

/// The headers that make a request signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// `authorization`.
    pub authorization: String,
    /// `x-oss-date`.
    pub date: String,
    /// `x-oss-security-token`, of temporary keys.
    pub token: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signed").field("date", &self.date).finish_non_exhaustive()
    }
}

impl Signed {
    /// Every header to send along, by name.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let token = self.token.as_ref().map(|token| ("x-oss-security-token", token.as_str()));
        [
            ("x-oss-date", self.date.as_str()),
            ("x-oss-content-sha256", UNSIGNED_PAYLOAD),
            ("authorization", &self.authorization),
        ]
        .into_iter()
        .chain(token)
    }
}

/// Signs requests to one product.
#[derive(Debug)]
pub struct Signer {
    product: &'static str,
    derived: Mutex<Option<Arc<Derived>>>,
}

/// The key of a day and region.
struct Derived {
    credentials: Arc<Credentials>,
    day: String,
    region: String,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { credentials, day, region, key: _ } = self;
        formatter
            .debug_struct("Derived")
            .field("credentials", credentials)
            .field("day", day)
            .field("region", region)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// For requests to `product`, which is [`OSS`] for buckets and for the migration service.
    #[must_use]
    pub fn new(product: &'static str) -> Self {
        Self { product, derived: Mutex::new(None) }
    }

    /// Signs `request` as of `now`, in seconds since 1970, for a region such as `cn-hangzhou`.
    #[must_use]
    pub fn sign(
        &self,
        request: &Unsigned<'_>,
        credentials: &Arc<Credentials>,
        region: &str,
        now: i64,
    ) -> Signed {
        let date = date::compact(now);
        let token = credentials.token.as_ref().map(|token| token.trim());
        let mut headers = vec![("x-oss-content-sha256", UNSIGNED_PAYLOAD), ("x-oss-date", &*date)];
        headers.extend(token.map(|token| ("x-oss-security-token", token)));
        headers.extend(request.headers.iter().filter(|(name, _)| is_signed(name)));
        headers.sort_unstable();
        let canonical = canonical(request, &headers);
        let authorization = self.authorize(&canonical, credentials, region, &date);
        let token = token.map(|token| Zeroizing::new(token.to_owned()));
        Signed { authorization, date, token }
    }

    fn authorize(
        &self,
        canonical: &str,
        credentials: &Arc<Credentials>,
        region: &str,
        date: &str,
    ) -> String {
        let scope = self.scope(date, region);
        let signature = self.signature(canonical, credentials, region, date);
        format!("{ALGORITHM} Credential={}/{scope},Signature={signature}", credentials.id)
    }

    fn signature(
        &self,
        canonical: &str,
        credentials: &Arc<Credentials>,
        region: &str,
        date: &str,
    ) -> String {
        let hash = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!("{ALGORITHM}\n{date}\n{}\n{hash}", self.scope(date, region));
        let derived = self.derive(credentials, day(date), region);
        hex(&hmac::sha256(derived.key.as_slice(), text.as_bytes()))
    }

    fn scope(&self, date: &str, region: &str) -> String {
        format!("{}/{region}/{}/aliyun_v4_request", day(date), self.product)
    }

    fn derive(&self, credentials: &Arc<Credentials>, day: &str, region: &str) -> Arc<Derived> {
        // What a panicking thread left here is whole: it is replaced in one piece.
        let mut cached = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(derived) = &*cached
            && Arc::ptr_eq(&derived.credentials, credentials)
            && derived.day == day
            && derived.region == region
        {
            return Arc::clone(derived);
        }
        let secret =
            Zeroizing::new([b"aliyun_v4".as_slice(), credentials.secret.as_bytes()].concat());
        let mut key = Zeroizing::new(hmac::sha256(&secret, day.as_bytes()));
        for part in [region, self.product, "aliyun_v4_request"] {
            key = Zeroizing::new(hmac::sha256(key.as_slice(), part.as_bytes()));
        }
        let derived = Arc::new(Derived {
            credentials: Arc::clone(credentials),
            day: day.to_owned(),
            region: region.to_owned(),
            key,
        });
        *cached = Some(Arc::clone(&derived));
        derived
    }
}

/// The day of a compact date.
fn day(date: &str) -> &str {
    date.get(..8).unwrap_or_default()
}

fn is_signed(name: &str) -> bool {
    name.starts_with("x-oss-") || matches!(name, "content-type" | "content-md5")
}

/// The canonical request; `headers` are those that are signed, in order.
fn canonical(request: &Unsigned<'_>, headers: &[(&str, &str)]) -> Zeroizing<String> {
    let query = canonical_query(request.query);
    let mut text = Zeroizing::new(String::with_capacity(512 + query.len()));
    for part in [request.method, request.resource, &query] {
        text.push_str(part);
        text.push('\n');
    }
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim());
        text.push('\n');
    }
    // No further headers are signed, so their names are an empty line.
    text.push_str("\n\n");
    text.push_str(UNSIGNED_PAYLOAD);
    text
}

/// The query by ascending names, without `=` where there is no value.
fn canonical_query(query: &str) -> Cow<'_, str> {
    let name = |pair: &str| pair.split('=').next().map(str::len).unwrap_or_default();
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let sorted = pairs.is_sorted_by(|one, two| one[..name(one)] <= two[..name(two)]);
    if sorted && !pairs.iter().any(|pair| pair.ends_with('=')) {
        return Cow::Borrowed(query);
    }
    pairs.sort_by_key(|pair| &pair[..name(pair)]);
    let pairs: Vec<&str> =
        pairs.into_iter().map(|pair| pair.strip_suffix('=').unwrap_or(pair)).collect();
    Cow::Owned(pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "20260102T030405Z";

    fn credentials(token: Option<&str>) -> Arc<Credentials> {
        let (id, secret) = ("LTAIexampleAccessKey", "exampleSecretKey0123456789");
        Arc::new(Credentials::new(id, secret, token.map(str::to_owned)))
    }

    fn seconds(date: &str) -> i64 {
        date.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    /// The signature of a request to `examplebucket`, as of the vectors' time.
    fn signature(request: &Unsigned<'_>, token: Option<&str>) -> String {
        let now = seconds("2026-01-02T03:04:05Z");
        let signed = Signer::new(OSS).sign(request, &credentials(token), "cn-hangzhou", now);
        assert_eq!(signed.date, DATE);
        let scope = "LTAIexampleAccessKey/20260102/cn-hangzhou/oss/aliyun_v4_request";
        let start = format!("OSS4-HMAC-SHA256 Credential={scope},Signature=");
        signed.authorization.strip_prefix(&start).unwrap().to_owned()
    }

    #[test]
    fn requests_to_buckets_are_signed_as_the_sdk_signs_them() {
        let get = |resource, query| Unsigned { method: "GET", resource, query, headers: &[] };
        let list = "list-type=2&encoding-type=url&max-keys=1000&prefix=a%2Fb%20c";
        assert_eq!(
            signature(&get("/examplebucket/", list), None),
            "01460f48b7db4c785a56c3e9e36b5d1ef1c3fa3e2597e077104e468f81d1156e"
        );
        let headers = [
            ("x-oss-acl", "private"),
            ("content-type", "application/xml"),
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("user-agent", "not signed"),
        ];
        let put =
            Unsigned { method: "PUT", resource: "/examplebucket/", query: "", headers: &headers };
        assert_eq!(
            signature(&put, None),
            "9f65ef51195deaf5f19604d0930902003b2f4ee2d2e8530a36000b8da9ed6013"
        );
        assert_eq!(
            signature(&get("/examplebucket/", "policy"), Some("STStokenExample")),
            "be71d434e19b5222f5fd15ff92abdd575d54126395ff1ddc18100c8662fee3bf"
        );
        let resource = "/examplebucket/dir/%E4%B8%AD%20%2B.txt";
        let head = Unsigned { method: "HEAD", resource, query: "", headers: &[] };
        assert_eq!(
            signature(&head, None),
            "7023bb22d05c96aa97676df284eca42c38856164c3ff74d9535362734dbb97ac"
        );
        assert_eq!(
            signature(&get("/", ""), None),
            "75dfbbd36a16565c9a884853c5a10a91aa22a0b2e012677552ef7859cdfdc40f"
        );
    }

    #[test]
    fn the_sdks_presigned_url_has_the_same_canonical_request_and_key() {
        let query = "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20260102T030405Z&x-oss-expires=900\
            &x-oss-credential=LTAIexampleAccessKey%2F20260102%2Fcn-hangzhou%2Foss%2Faliyun_v4_request";
        let get = Unsigned { method: "GET", resource: "/examplebucket/a.txt", query, headers: &[] };
        let canonical = canonical(&get, &[]);
        let signed =
            Signer::new(OSS).signature(&canonical, &credentials(None), "cn-hangzhou", DATE);
        assert_eq!(signed, "e9d0389c98b608d507e7dbcd4aba83430e30efe5173213135b3dcdb0326b7463");
    }

    #[test]
    fn requests_to_the_migration_service_are_signed_as_its_sdk_signs_them() {
        let now = seconds("2026-11-21T21:10:48Z");
        let signer = Signer::new(OSS);
        for (method, resource, query, md5, expected) in [
            (
                "POST",
                "/address",
                "",
                Some("cdZlDr9e09vIqW1aGx6+EQ=="),
                "f432382e17f9ae66d7b726a90b472ba9dc96809795b043899e4fb9df7d4f9036",
            ),
            (
                "GET",
                "/address/src-s3",
                "verify=",
                None,
                "a221722f873aae99be6fba46eb7e6d568a3a63b3a08e97b5df3b817acf9e6de8",
            ),
            (
                "POST",
                "/job",
                "",
                Some("m7B48PPWplGu8gEa6xRPww=="),
                "d95cc5bd0a63336709bbe5b6a733a6a473b8ed910aa284349b930d82540c0728",
            ),
            (
                "PUT",
                "/job/job1",
                "",
                Some("mXZdIak1qC4u3QeNw/+6gQ=="),
                "d1b1bba50a0c0cf311fbec924bd751f51b23bd3f5fb89e481f39c529e9c061fa",
            ),
            (
                "GET",
                "/joblist",
                "count=10&marker=",
                None,
                "dee1afe1e0116a3d978add37f9d882c4778d94143a60ab532215902c7c590a5b",
            ),
            (
                "DELETE",
                "/job/job1",
                "forceDelete=True",
                None,
                "225584bd9f76f5d0c435561bffe09beb2a46d5812705af8ec4c5b6a693b3037e",
            ),
        ] {
            let headers: Vec<_> = md5
                .map(|md5| [("content-type", "application/xml"), ("content-md5", md5)])
                .into_iter()
                .flatten()
                .collect();
            let request = Unsigned { method, resource, query, headers: &headers };
            let ours = signer.sign(&request, &credentials(None), "cn-beijing", now);
            assert_eq!(ours.authorization.rsplit('=').next().unwrap(), expected, "{resource}");
        }
    }

    #[test]
    fn names_are_ordered_by_themselves_and_not_with_what_follows_them() {
        assert_eq!(canonical_query("a-b=1&a=2"), "a=2&a-b=1");
        assert_eq!(canonical_query("b&a=="), "a=&b");
        assert_eq!(canonical_query(""), "");
    }

    #[test]
    fn a_derived_key_is_used_again_and_never_for_other_keys_days_or_regions() {
        let signer = Signer::new(OSS);
        let (one, other) = (credentials(None), credentials(Some("token")));
        let first = signer.derive(&one, "20261121", "cn-beijing");
        assert!(Arc::ptr_eq(&first, &signer.derive(&one, "20261121", "cn-beijing")));
        for (keys, day, region) in [
            (&one, "20261122", "cn-beijing"),
            (&one, "20261121", "cn-hangzhou"),
            (&other, "20261121", "cn-beijing"),
        ] {
            let derived = signer.derive(keys, day, region);
            assert!(!Arc::ptr_eq(&first, &derived) && Arc::ptr_eq(&derived.credentials, keys));
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let signer = Signer::new(OSS);
        let get = Unsigned { method: "GET", resource: "/", query: "", headers: &[] };
        let ours = signer.sign(&get, &credentials(Some("STStokenExample")), "cn-beijing", 0);
        let shown = format!("{signer:?} {ours:?}");
        assert!(shown.contains("LTAIexampleAccessKey"), "{shown}");
        assert!(!shown.contains("exampleSecret") && !shown.contains("STStoken"), "{shown}");
    }
}
