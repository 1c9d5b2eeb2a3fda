//! OSS's signature on list requests.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::{HeaderValue, InvalidHeaderValue};

use crate::alibaba::Credentials;
use crate::alibaba::sign::oss4;
use crate::store::s3::keys::Keys;
use crate::store::s3::sign::{Sign, Unsigned, sensitive};
use crate::store::text::percent;

const PAYER: &str = "x-oss-request-payer";

/// Signs by `OSS4-HMAC-SHA256`.
#[derive(Debug)]
pub(super) struct Oss4 {
    signer: oss4::Signer,
    /// The keys used last, as the signer knows keys: it tells by their place in memory whether they are
    /// the ones that it derived from.
    known: Mutex<Option<(Arc<Keys>, Arc<Credentials>)>>,
}

impl Oss4 {
    pub(super) fn new() -> Self {
        Self { signer: oss4::Signer::new(oss4::OSS), known: Mutex::default() }
    }

    fn credentials(&self, keys: &Arc<Keys>) -> Arc<Credentials> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, credentials)) = &*known
            && Arc::ptr_eq(of, keys)
        {
            return Arc::clone(credentials);
        }
        let token = keys.token.as_ref().map(|token| token.to_string());
        let credentials = Arc::new(Credentials::new(&*keys.id, keys.secret.as_str(), token));
        *known = Some((Arc::clone(keys), Arc::clone(&credentials)));
        credentials
    }
}

impl Sign for Oss4 {
    fn sign(
        &self,
        request: &Unsigned<'_>,
        keys: &Arc<Keys>,
        region: &str,
        now: i64,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue> {
        let mut resource = "/".to_owned();
        percent::encode(request.bucket.as_bytes(), &mut resource);
        resource.push('/');
        resource.push_str(request.key);
        let payer = request.request_payer.then_some((PAYER, "requester"));
        let unsigned = oss4::Unsigned {
            method: request.method,
            resource: &resource,
            query: request.query,
            headers: payer.as_slice(),
        };
        let signed = self.signer.sign(&unsigned, &self.credentials(keys), region, now);
        for (name, value) in signed.headers() {
            headers.insert(name, sensitive(value)?);
        }
        if let Some((name, value)) = payer {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::text::date;

    fn signed(query: &str, token: Option<&str>, request_payer: bool) -> HeaderMap {
        let (id, secret) = ("LTAIexampleAccessKey", "exampleSecretKey0123456789");
        let keys = Arc::new(Keys::new(id, secret, token.map(str::to_owned)));
        let host = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
        let request = Unsigned {
            method: "GET",
            bucket: "examplebucket",
            key: "",
            host,
            path: "/",
            query,
            request_payer,
        };
        let now = date::parse_http("Fri, 02 Jan 2026 03:04:05 GMT").unwrap();
        let mut headers = HeaderMap::new();
        Oss4::new().sign(&request, &keys, "cn-hangzhou", now, &mut headers).unwrap();
        headers
    }

    #[test]
    fn listings_are_signed_as_the_sdk_signs_them() {
        // The same parameters as in the vector; their order is not part of what is signed.
        let headers =
            signed("encoding-type=url&list-type=2&max-keys=1000&prefix=a%2Fb%20c", None, false);
        assert_eq!(headers["x-oss-date"], "20260102T030405Z");
        assert_eq!(headers["x-oss-content-sha256"], "UNSIGNED-PAYLOAD");
        assert_eq!(
            headers["authorization"],
            "OSS4-HMAC-SHA256 Credential=LTAIexampleAccessKey/20260102/cn-hangzhou/oss/aliyun_v4_request,\
             Signature=01460f48b7db4c785a56c3e9e36b5d1ef1c3fa3e2597e077104e468f81d1156e"
        );
        assert!(headers["authorization"].is_sensitive());
    }

    #[test]
    fn tokens_and_the_will_to_pay_are_signed_along() {
        let plain = signed("list-type=2", None, false);
        let token = signed("list-type=2", Some("STS"), false);
        let payer = signed("list-type=2", None, true);
        assert_eq!(token["x-oss-security-token"], "STS");
        assert_eq!(payer[PAYER], "requester");
        assert_ne!(plain["authorization"], token["authorization"]);
        assert_ne!(plain["authorization"], payer["authorization"]);
    }

    #[test]
    fn keys_are_taken_over_once() {
        let signer = Oss4::new();
        let keys = Arc::new(Keys::new("id", "SECRET", None));
        let first = signer.credentials(&keys);
        assert!(Arc::ptr_eq(&first, &signer.credentials(&keys)));
        let others = Arc::new(Keys::new("id", "other", None));
        assert_eq!(signer.credentials(&others).secret.as_str(), "other");
        assert!(!format!("{signer:?}").contains("SECRET"));
    }
}
