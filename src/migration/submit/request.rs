//! From a plan's addresses and jobs to those of the service.
//!
//! What is sent are the documents that `--requests` writes, with the marks for what only the user has
//! filled in.

use super::SubmitError;
use crate::alibaba::mgw::{NewAddress, NewJob, Secret};
use crate::migration::address::{ACCESS_ID, ACCESS_SECRET, DOMAIN, REGION_ID, ROLE};
use crate::migration::requests::{import_address, import_job};
use crate::migration::{Address, Job, Settings};

/// What the service is to use at the source and the destination.
#[derive(Clone, Debug, Default)]
pub struct SourceKeys {
    /// The key id for the source.
    pub access_id: Option<String>,
    /// The secret that belongs to it; of Azure the account key.
    pub access_secret: Option<Secret>,
    /// The name of the role with which the service reads and writes OSS buckets of the account.
    pub role: Option<String>,
}

const GIVE_KEYS: &str = "set WEIGHBRIDGE_SOURCE_ACCESS_ID and WEIGHBRIDGE_SOURCE_ACCESS_SECRET to a key that may only list and \
    read the source; the service keeps it for as long as the address is there";
const GIVE_ROLE: &str = "name a role that Data Transport may take on with `--role`";
const GIVE_REGION: &str = "name the destination's region with `--region`";
const GIVE_DOMAIN: &str = "plan again with `--source-domain HOST`";

/// The address to create. A region that the plan does not know is `region`.
pub(super) fn address(
    address: &Address,
    keys: &SourceKeys,
    region: &str,
) -> Result<NewAddress, SubmitError> {
    let needs = |what, remedy| SubmitError::Needs { address: address.name.clone(), what, remedy };
    let mut fields = address.api_fields();
    for field in &mut fields {
        field.value = match field.value.as_str() {
            ACCESS_ID => {
                keys.access_id.clone().ok_or_else(|| needs("a key id for the source", GIVE_KEYS))?
            }
            ACCESS_SECRET => {
                let secret = keys.access_secret.as_ref();
                let secret = secret.ok_or_else(|| needs("a secret for the source", GIVE_KEYS))?;
                secret.0.to_string()
            }
            ROLE => keys.role.clone().ok_or_else(|| needs("a role", GIVE_ROLE))?,
            REGION_ID if region.is_empty() => return Err(needs("a region", GIVE_REGION)),
            REGION_ID => format!("oss-{region}"),
            DOMAIN => return Err(needs("the endpoint of the source", GIVE_DOMAIN)),
            _ => continue,
        };
    }
    let element = import_address(&address.name, fields);
    let name = || address.name.clone();
    NewAddress::from_element(&element).map_err(|what| SubmitError::Field { name: name(), what })
}

/// The job to create.
pub(super) fn job(settings: &Settings, job: &Job) -> Result<NewJob, SubmitError> {
    let name = || job.name.clone();
    NewJob::from_element(&import_job(settings, job))
        .map_err(|what| SubmitError::Field { name: name(), what })
}
