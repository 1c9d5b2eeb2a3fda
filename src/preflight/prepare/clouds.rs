//! Whose keys.

use super::action::Action;
use super::error::PrepareError;
use crate::alibaba::Session;
use crate::alibaba::kms::Kms;
use crate::alibaba::oss::Bucket;
use crate::alibaba::ram::Ram;

/// An account with keys for it.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Signs and sends.
    pub session: &'a Session,
    /// Its number.
    pub number: &'a str,
}

/// The accounts that take part.
#[derive(Clone, Copy, Debug)]
pub struct Clouds<'a> {
    /// The one that migrates: user, role and policies belong to it.
    pub own: Account<'a>,
    /// The one that owns the bucket, where it is another and its keys are here.
    pub other: Option<Account<'a>>,
}

impl<'a> Clouds<'a> {
    pub(super) fn ram(&self) -> Ram<'a> {
        Ram::new(self.own.session)
    }

    /// The account with this number.
    pub(super) fn of(&self, number: &str) -> Option<Account<'a>> {
        [Some(self.own), self.other].into_iter().flatten().find(|account| account.number == number)
    }

    /// The account whose business an action is, of a bucket that belongs to `bucket_account` or to the own one.
    pub(super) fn for_action(
        &self,
        action: &Action,
        bucket_account: Option<&str>,
    ) -> Result<Account<'a>, PrepareError> {
        match bucket_account {
            Some(number) if action.is_of_bucket_owner() => {
                self.of(number).ok_or_else(|| PrepareError::NoKeys { account: number.to_owned() })
            }
            _ => Ok(self.own),
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn bucket(&self, name: &'a str, region: &'a str) -> Bucket<'a> {
        Bucket { session: self.session, name, region }
    }

    pub(super) fn kms(&self, region: &'a str) -> Kms<'a> {
        Kms::new(self.session, region)
    }
}
