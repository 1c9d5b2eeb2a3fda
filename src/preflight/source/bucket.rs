//! Checks of a bucket of S3, KS3 or OSS.

use futures::future::{BoxFuture, FutureExt as _, join};
use futures::join;

use super::archives::Way;
use super::sample::Sample;
use super::tongue::Tongue;
use super::{Source, access, objects, place, settings};
use crate::preflight::finding::Finding;
use crate::store::s3::{ObjectState, Restore, S3Store};
use crate::store::{ErrorKind, Store as _, StoreError};
use crate::tally::hazard_of_class;

/// Runs all checks of a bucket.
pub(super) async fn check(source: &Source<'_>, store: &S3Store) -> Vec<Finding> {
    let listed = Sample::take(source, store).await;
    // The listing may have found the bucket elsewhere.
    let origin = store.origin();
    let tongue = Tongue::new(source.location, &origin.endpoint);
    let mut findings = place::forms(source);
    findings.push(place::endpoint(source, &origin));
    findings.extend(place::border(source, &origin));
    let key = store.key_in_use();
    let unit = listed.as_ref().map(|_| ());
    findings.extend(access::credentials(key.as_ref(), unit, tongue.keys()));
    findings.extend(access::lasting(key.as_ref(), tongue.keys()));
    findings.extend(access::listing(source, &tongue, listed.as_ref()));
    if let Err(error) = &listed
        && !answers(error)
    {
        return findings;
    }
    let sample = listed.as_ref().ok();
    let way = |key: Vec<u8>| -> BoxFuture<'_, Result<Way, StoreError>> {
        async move { store.state(&key).await.map(|state| way_of(&state, store.quirks().archives)) }
            .boxed()
    };
    let about_settings = async {
        join!(
            settings::policy(source, &tongue, store),
            settings::payer(source, &tongue, store, sample.is_some()),
            settings::versioning(source, &tongue, store),
            settings::encryption(&tongue, store),
            settings::website(&tongue, store),
            place::region(source, &tongue, store, &origin),
        )
    };
    let about_objects = async {
        let objects = async {
            match sample {
                Some(_) => objects::check(source, store, sample, &way).await,
                None => Vec::new(),
            }
        };
        join!(
            access::reading(&tongue, store, sample),
            access::writing(source, &tongue, store),
            objects,
        )
    };
    let ((policy, payer, versioning, encryption, website, region), (reading, writing, objects)) =
        join(about_settings, about_objects).await;
    findings.extend(policy);
    let writing = access::doubted(writing, sample.is_some(), &reading);
    findings.extend([payer, versioning, encryption, region, reading, writing]);
    findings.extend(website);
    findings.extend(objects);
    findings
}

/// Whether a store that refused the listing can be asked more.
fn answers(error: &StoreError) -> bool {
    error.kind == ErrorKind::AccessDenied && access::is_of_store(error)
}

/// What the head of an object tells of its way out of an archive.
fn way_of(state: &ObjectState, archives: bool) -> Way {
    match state.restore {
        Some(Restore::Ongoing) => Way::Ongoing,
        Some(Restore::Until(until)) => Way::Restored(until),
        None if state.archive_status.is_some() => Way::Archived,
        None if archives && is_archive(&state.class) => Way::Archived,
        None => Way::Awake,
    }
}

fn is_archive(class: &str) -> bool {
    hazard_of_class(class.as_bytes()) == Some(crate::tally::Hazard::ObjectArchived)
}
