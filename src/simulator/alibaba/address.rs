//! Data addresses.
//!
//! Verification is asynchronous, as in the service: the first question starts it and is answered without
//! a status, the next tells how it ended. The words for a failure are not documented; the code and the
//! message are what a client has to go by.

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use super::config::AlibabaConfig;
use super::state::State;
use super::{destination, totals};
use crate::alibaba::Element;

/// An address that was created.
pub(super) struct StoredAddress {
    /// As it was sent.
    pub(super) document: Element,
    version: String,
    created: String,
    /// How often its verification was asked for.
    asked: u32,
    verified: Option<String>,
}

impl StoredAddress {
    /// A member of what it names.
    pub(super) fn detail(&self, name: &str) -> &str {
        let detail = self.document.child("AddressDetail");
        detail.and_then(|detail| detail.text_of(name)).unwrap_or_default()
    }
}

pub(super) fn carry_out(mut call: Call<'_>) -> Result<Answer, Refused> {
    match call.operation {
        "CreateAddress" => create(&mut call),
        "ListAddress" => Ok(list(&call)),
        _ => {
            if !call.state.addresses.contains_key(&call.name) {
                return Err(missing(&call.name));
            }
            match call.operation {
                "VerifyAddress" => verify(&mut call),
                "DeleteAddress" => delete(&mut call),
                "GetAddress" => match call.state.addresses.get(&call.name) {
                    Some(address) => Ok(Answer::Xml(shown(address, call.config))),
                    None => Err(missing(&call.name)),
                },
                // Agents stand behind leased lines, which are not simulated.
                _ => Err(refused(501, "NotImplemented", "Agents are not simulated.")),
            }
        }
    }
}

pub(super) fn missing(name: &str) -> Refused {
    refused(
        404,
        "NoSuchImportAddress",
        format!("The specified import address {name} does not exist."),
    )
}

/// Whether the service takes this as a name of an address or a job.
pub(super) fn is_name(name: &str) -> bool {
    let valid =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte);
    (3..=63).contains(&name.len())
        && name.as_bytes().iter().all(valid)
        && !name.starts_with(['-', '_'])
}

fn create(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let document = call.document("ImportAddress")?;
    let name = document.text_of("Name").unwrap_or_default().to_owned();
    if !is_name(&name) {
        return Err(refused(400, "InvalidAddressName", "The name of the address is invalid."));
    }
    let detail = document.child("AddressDetail");
    let kind = detail.and_then(|detail| detail.text_of("AddressType"));
    if kind.is_none() || detail.and_then(|detail| detail.text_of("Bucket")).is_none() {
        return Err(refused(400, "InvalidArgument", "AddressType and Bucket are required."));
    }
    if call.state.addresses.contains_key(&name) {
        return Err(refused(409, "ImportAddressAlreadyExist", format!("{name} already exists.")));
    }
    let version = format!("address-{}", call.state.addresses.len() + 1);
    let created = call.time();
    let stored = StoredAddress { document, version, created, asked: 0, verified: None };
    call.state.addresses.insert(name, stored);
    Ok(Answer::Empty)
}

fn verify(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let fault = match call.state.addresses.get(&call.name) {
        Some(address) => fault(address, call.state, call.config),
        None => return Err(missing(&call.name)),
    };
    let time = call.time();
    let mut answer = Element::new("VerifyAddressResponse");
    if let Some(address) = call.state.addresses.get_mut(&call.name) {
        address.asked += 1;
        if address.asked > 1 {
            answer = answer.with(Element::leaf("VerifyTime", &time));
            address.verified = fault.is_none().then_some(time);
            if !address.detail("Role").is_empty() {
                call.state.unaware = call.state.unaware.saturating_sub(1);
            }
            answer = match fault {
                None => answer.with(Element::leaf("Status", "available")),
                Some((code, message)) => answer
                    .with(Element::leaf("Status", "unavailable"))
                    .with(Element::leaf("ErrorCode", code))
                    .with(Element::leaf("ErrorMessage", message)),
            };
        }
    }
    Ok(Answer::Xml(answer))
}

/// What is wrong with what an address names.
fn fault(
    address: &StoredAddress,
    state: &State,
    config: &AlibabaConfig,
) -> Option<(&'static str, String)> {
    let detail = |name| address.detail(name);
    let kind = detail("AddressType");
    let listed = kind == "inv";
    if !detail("InvRole").is_empty() {
        let documents = destination::role_documents(detail("InvRole"), state, &config.home.number);
        if let Err(fault) = documents {
            return Some(fault);
        }
    }
    if listed && let Err(message) = totals::of_list(address, state) {
        return Some(("SourceAddrBadInventory", message));
    }
    match if listed { detail("DataType") } else { kind } {
        "oss" => destination::fault(address, state, config),
        _ if detail("AccessId").is_empty() || detail("AccessSecret").is_empty() => Some((
            "SourceAddrAccessKeyOrPermissionInvalid",
            "The key of the source is missing.".to_owned(),
        )),
        "azure" if !config.sources.contains_key(detail("Bucket")) => {
            Some(("AzureSourceAddrContainerInvalid", "The container does not exist.".to_owned()))
        }
        _ if !config.sources.contains_key(detail("Bucket")) => {
            Some(("SourceAddrBucketNotExist", "The bucket does not exist.".to_owned()))
        }
        _ => None,
    }
}

fn delete(call: &mut Call<'_>) -> Result<Answer, Refused> {
    let used = call.state.jobs.values().any(|job| job.uses(&call.name));
    if used {
        return Err(refused(409, "ImportAddressInUse", "A job uses the address."));
    }
    call.state.addresses.remove(&call.name);
    Ok(Answer::Empty)
}

fn list(call: &Call<'_>) -> Answer {
    let (names, next) = page(call, call.state.addresses.keys());
    let mut list = Element::new("ImportAddressList");
    for address in names.iter().filter_map(|name| call.state.addresses.get(name)) {
        list = list.with(shown(address, call.config));
    }
    Answer::Xml(ended(list, next))
}

/// The names after the marker that fit on a page, and where the next page begins.
pub(super) fn page<'a>(
    call: &Call<'_>,
    names: impl Iterator<Item = &'a String>,
) -> (Vec<String>, Option<String>) {
    let marker = call.parameter("marker").unwrap_or_default();
    let count = call.parameter("count").and_then(|count| count.parse().ok()).unwrap_or(1000_usize);
    let mut names: Vec<String> =
        names.filter(|name| name.as_str() > marker).take(count + 1).cloned().collect();
    let more = names.len() > count;
    names.truncate(count);
    (names.clone(), names.last().filter(|_| more).cloned())
}

/// A list with its end.
pub(super) fn ended(list: Element, next: Option<String>) -> Element {
    list.with(Element::leaf("Truncated", next.is_some())).with_some("NextMarker", next)
}

/// An address as the service gives it back: without secrets.
fn shown(address: &StoredAddress, config: &AlibabaConfig) -> Element {
    let mut shown = address.document.clone();
    for child in &mut shown.children {
        child.children.retain(|member| !member.name.ends_with("Secret"));
    }
    let status = if address.verified.is_some() { "available" } else { "notVerify" };
    shown
        .with(Element::leaf("Version", &address.version))
        .with(Element::leaf("CreateTime", &address.created))
        .with(Element::leaf("ModifyTime", &address.created))
        .with(Element::leaf("Owner", &config.home.number))
        .with(Element::leaf("Status", status))
        .with_some("VerifyTime", address.verified.as_ref())
}
