//! Connection strings, as the portal shows them.
//!
//! Source: "Configure Azure Storage connection strings". `Name=Value` pairs between semicolons; names in any
//! case; a value may hold further equals signs.

use super::key::AccountKey;
use super::sas::Sas;
use crate::store::{ErrorKind, StoreError};

/// The account, key and endpoint of the emulator, which are the same everywhere.
pub(super) const DEVELOPMENT_ACCOUNT: &str = "devstoreaccount1";
const DEVELOPMENT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const DEVELOPMENT_ENDPOINT: &str = "http://127.0.0.1:10000/devstoreaccount1";

/// What a connection string says of blobs.
#[derive(Debug)]
pub(super) struct ConnectionString {
    /// The account, where it is named.
    pub(super) account: Option<String>,
    pub(super) access: Access,
    /// Where blobs are, as a URL, where it is said.
    pub(super) endpoint: Option<String>,
}

/// What authorises requests.
#[derive(Debug)]
pub(super) enum Access {
    Key(AccountKey),
    Sas(Sas),
}

/// The names that count here, in lower case. Others belong to other services.
const NAMES: [&str; 7] = [
    "defaultendpointsprotocol",
    "accountname",
    "accountkey",
    "endpointsuffix",
    "blobendpoint",
    "sharedaccesssignature",
    "usedevelopmentstorage",
];

/// The shared access signature of a connection string, as written; `None` where it has none.
pub(super) fn signature(text: &str) -> Option<&str> {
    let pairs = text.trim().trim_matches('"').split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(NAMES[5]));
    named.next().map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

impl ConnectionString {
    /// Reads a connection string; `source` is where it came from, in words, `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what is missing or contradicts itself, and the errors of keys and
    /// signatures. Values are not repeated.
    pub(super) fn parse(text: &str, source: &str, now: i64) -> Result<Self, StoreError> {
        let fault = |what: &str| {
            let message = format!(
                "the connection string in {source} {what}\nhint: copy it again from the portal, under \"Access \
                 keys\" or \"Shared access signature\""
            );
            StoreError::new(ErrorKind::Setup, message)
        };
        let mut values: [Option<&str>; NAMES.len()] = [None; NAMES.len()];
        let text = text.trim().trim_matches('"');
        for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| fault("has a part without `=`"))?;
            let name = name.trim().to_ascii_lowercase();
            let Some(place) = NAMES.iter().position(|known| *known == name) else { continue };
            if values[place].replace(value.trim()).is_some() {
                return Err(fault(&format!(
                    "gives `{}` twice",
                    pair.split('=').next().unwrap_or_default()
                )));
            }
        }
        let [protocol, account, key, suffix, endpoint, sas, development] =
            values.map(|value| value.filter(|value| !value.is_empty()));
        if development.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            if account.or(key).or(endpoint).or(sas).is_some() {
                return Err(fault(
                    "means the emulator (`UseDevelopmentStorage`) and names an account beside it",
                ));
            }
            return Ok(Self {
                account: Some(DEVELOPMENT_ACCOUNT.to_owned()),
                access: Access::Key(AccountKey::parse(DEVELOPMENT_KEY, source)?),
                endpoint: Some(DEVELOPMENT_ENDPOINT.to_owned()),
            });
        }
        let protocol = match protocol.map(str::to_ascii_lowercase).as_deref() {
            None | Some("https") => "https",
            Some("http") => "http",
            Some(_) => {
                return Err(fault(
                    "has a `DefaultEndpointsProtocol` other than `https` and `http`",
                ));
            }
        };
        let access = match (key, sas) {
            (Some(_), Some(_)) => {
                return Err(fault("holds both an `AccountKey` and a `SharedAccessSignature`"));
            }
            (None, None) => {
                return Err(fault("holds neither an `AccountKey` nor a `SharedAccessSignature`"));
            }
            (Some(_), None) if account.is_none() => {
                return Err(fault("holds an `AccountKey` without an `AccountName`"));
            }
            (Some(key), None) => Access::Key(AccountKey::parse(key, source)?),
            (None, Some(sas)) => Access::Sas(Sas::parse(sas, source, now)?),
        };
        let endpoint = match (endpoint, account) {
            (Some(endpoint), _) => Some(endpoint.to_owned()),
            (None, Some(account)) => {
                let suffix = suffix.unwrap_or("core.windows.net");
                Some(format!("{protocol}://{account}.blob.{suffix}"))
            }
            (None, None) => None,
        };
        Ok(Self { account: account.map(str::to_owned), access, endpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQ=";
    const SAS: &str = "sv=2024-11-04&ss=b&srt=co&sp=rl&sig=SIGNATURE%3D";

    fn read(text: &str) -> Result<ConnectionString, StoreError> {
        ConnectionString::parse(text, "a file", 0)
    }

    #[test]
    fn a_signature_is_found_in_any_case_and_a_key_is_none() {
        let found = signature("BlobEndpoint=https://a; sharedAccessSignature=sv=1&sig=x=;");
        assert_eq!(found, Some("sv=1&sig=x="));
        assert_eq!(signature("AccountName=a;AccountKey=AAAA"), None);
        assert_eq!(signature("SharedAccessSignature="), None);
    }

    #[test]
    fn the_portals_string_names_account_key_and_host() {
        let portal = format!(
            "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={KEY};EndpointSuffix=core.chinacloudapi.cn\n"
        );
        let found = read(&portal).unwrap();
        assert_eq!(found.account.as_deref(), Some("acct"));
        assert_eq!(found.endpoint.as_deref(), Some("https://acct.blob.core.chinacloudapi.cn"));
        assert!(matches!(&found.access, Access::Key(key) if key.bytes() == [0, 1, 2, 3, 4]));
        assert!(!format!("{found:?}").contains(KEY));
    }

    #[test]
    fn names_are_taken_in_any_case_and_order_and_others_passed_over() {
        let found = read(&format!(
            "\"accountkey={KEY};QueueEndpoint=https://q;;BLOBENDPOINT=http://127.0.0.1:1/a;AccountName=a;\""
        ));
        assert_eq!(found.unwrap().endpoint.as_deref(), Some("http://127.0.0.1:1/a"));
    }

    #[test]
    fn a_signature_may_take_the_place_of_the_key() {
        let found = read(&format!("BlobEndpoint=https://h/;SharedAccessSignature={SAS}")).unwrap();
        assert!(matches!(&found.access, Access::Sas(sas) if sas.token() == SAS));
        assert_eq!(found.account, None);
    }

    #[test]
    fn the_emulator_has_an_account_of_its_own() {
        let found = read("UseDevelopmentStorage=true").unwrap();
        assert_eq!(found.account.as_deref(), Some("devstoreaccount1"));
        assert_eq!(found.endpoint.as_deref(), Some("http://127.0.0.1:10000/devstoreaccount1"));
    }

    #[test]
    fn what_is_missing_or_contradicts_itself_is_named_and_nothing_secret_repeated() {
        for (text, told) in [
            ("AccountName=a".to_owned(), "neither"),
            (String::new(), "neither"),
            (format!("AccountKey={KEY}"), "without an `AccountName`"),
            (format!("AccountName=a;AccountKey={KEY};SharedAccessSignature={SAS}"), "both"),
            (format!("AccountName=a;AccountKey={KEY};AccountKey={KEY}"), "`AccountKey` twice"),
            (format!("AccountName=a;{}", KEY.trim_end_matches('=')), "without `=`"),
            ("AccountName=a;AccountKey=SIGNATURE".to_owned(), "not base64"),
            (
                format!("AccountName=a;AccountKey={KEY};DefaultEndpointsProtocol=ftp"),
                "`DefaultEndpointsProtocol`",
            ),
            (format!("UseDevelopmentStorage=true;AccountKey={KEY}"), "emulator"),
            (format!("AccountName=a;SharedAccessSignature={}", SAS.replace("rl", "r")), "no `l`"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.message.contains(told) && error.message.contains("\nhint: "), "{error}");
            assert!(
                !error.message.contains("AAEC") && !error.message.contains("SIGNATURE"),
                "{error}"
            );
        }
    }
}
