//! The data addresses of a draft's jobs.

use super::address::{Address, InventoryLocation, StoreKind, host_of};
use super::draft::Draft;
use super::inventory::MANIFEST_NAME;
use super::name::Names;
use super::plan::Selection;
use crate::location::Location;

impl Draft<'_> {
    pub(super) fn source(&self, names: &Names, number: usize, selection: &Selection) -> Address {
        let location = &self.weighed.location;
        let (prefix, inventory) = match selection {
            Selection::Prefix(prefix) => (prefix.clone(), None),
            Selection::Inventory(_) => (String::new(), Some(self.inventory(names, number))),
        };
        Address {
            name: names.source(number),
            kind: self.kind,
            bucket: location.bucket().to_owned(),
            domain: self.domain(),
            region_id: match self.kind {
                StoreKind::Oss => self.weighed.region.as_deref().map(oss_region),
                _ => None,
            },
            prefix,
            account: match location {
                Location::Azure(container) => Some(container.account.clone()),
                _ => None,
            },
            inventory,
        }
    }

    /// The host that the service asks.
    pub(super) fn domain(&self) -> Option<String> {
        if let Some(domain) = &self.wish.source_domain {
            return Some(host_of(domain).to_owned());
        }
        match (&self.weighed.location, self.kind) {
            (_, StoreKind::Oss) => None,
            (Location::Azure(container), _) => {
                let suffix = container.suffix.as_deref().unwrap_or(crate::location::AZURE_SUFFIX);
                Some(suffix.strip_prefix("blob.").unwrap_or(suffix).to_owned())
            }
            (_, kind) => {
                let host = self.weighed.endpoint.as_deref().map(host_of);
                let amazon = host.is_none_or(|host| host.contains("amazonaws.com"));
                match (kind, &self.weighed.region) {
                    (StoreKind::S3, Some(region)) if amazon => {
                        let china = if region.starts_with("cn-") { ".cn" } else { "" };
                        Some(format!("s3.{region}.amazonaws.com{china}"))
                    }
                    _ => host.map(str::to_owned),
                }
            }
        }
    }

    fn inventory(&self, names: &Names, number: usize) -> InventoryLocation {
        let (bucket, prefix) = match &self.wish.inventory_to {
            Some(place) => (place.bucket().to_owned(), place.prefix().to_owned()),
            None => (self.destination.name.clone(), format!("weighbridge/{}/", names.stem())),
        };
        InventoryLocation {
            bucket,
            region_id: self.region.as_deref().map(oss_region),
            path: format!("{prefix}{}/{MANIFEST_NAME}", names.job(number)),
        }
    }

    /// The destination of a job: the same keys whichever way the source is divided. A list's keys are
    /// put behind the destination's prefix as they are, so a job with a source prefix, which the service
    /// is assumed to take off, gets it back through a destination of its own.
    pub(super) fn destination(
        &self,
        names: &Names,
        number: usize,
        selection: &Selection,
    ) -> Address {
        let own = match selection {
            Selection::Prefix(prefix) if !self.wish.prefix_is_kept => prefix.as_str(),
            _ => "",
        };
        Address {
            name: names.destination(if own.is_empty() { 1 } else { number }),
            kind: StoreKind::Oss,
            bucket: self.destination.name.clone(),
            domain: None,
            region_id: self.region.as_deref().map(oss_region),
            prefix: format!("{}{own}", self.destination.prefix),
            account: None,
            inventory: None,
        }
    }
}

fn oss_region(region: &str) -> String {
    format!("oss-{}", region.strip_prefix("oss-").unwrap_or(region))
}
