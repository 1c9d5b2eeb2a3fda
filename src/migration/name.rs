//! Names of jobs and addresses: valid everywhere, the same for the same plan, different for any other.

use thiserror::Error;

/// Longest name. (API reference of `CreateJob`, and the classic console alike: 3 to 63 characters.)
const LONGEST: usize = 63;

/// What follows the stem: `-src-500`, and the hyphen and eight digits of the hash.
const ROOM: usize = 8 + 9;

/// A name that breaks a rule of the service.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the name `{0}` is not valid for a job")]
pub struct InvalidName(pub String);

impl InvalidName {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "use 3 to 46 lowercase letters, digits and hyphens, with a letter or digit at both ends"
    }
}

/// Whether both generations of the service take this name: `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`, which is
/// what the rules of the classic console and of the API have in common.
#[must_use]
pub fn is_valid(name: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=LONGEST).contains(&bytes.len())
        && bytes.iter().all(|byte| letter(byte) || *byte == b'-')
        && bytes.first().is_some_and(letter)
        && bytes.last().is_some_and(letter)
}

/// The names of one plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    stem: String,
    digits: usize,
}

impl Names {
    /// Names that begin with what is left of `bucket`, and differ where `identity` differs: everything
    /// that makes two plans different jobs. `jobs` is how many there will be.
    #[must_use]
    pub fn derived(bucket: &str, identity: &[&[u8]], jobs: usize) -> Self {
        let mut hashed = Vec::new();
        for part in identity {
            // With its length, so that parts cannot flow into each other.
            hashed.extend_from_slice(&(part.len() as u64).to_be_bytes());
            hashed.extend_from_slice(part);
        }
        let hash = xxhash_rust::xxh3::xxh3_64(&hashed) & 0xFFFF_FFFF;
        let mut stem = slug(bucket, LONGEST - ROOM);
        if !stem.is_empty() {
            stem.push('-');
        }
        Self { stem: format!("{stem}{hash:08x}"), digits: digits(jobs) }
    }

    /// Names that begin with what the user says.
    ///
    /// # Errors
    /// [`InvalidName`] if the service would refuse names made from it.
    pub fn given(stem: &str, jobs: usize) -> Result<Self, InvalidName> {
        if !is_valid(stem) || stem.len() > LONGEST - ROOM {
            return Err(InvalidName(stem.to_owned()));
        }
        Ok(Self { stem: stem.to_owned(), digits: digits(jobs) })
    }

    /// What all the names begin with.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// The job with this number, the first being 1.
    #[must_use]
    pub fn job(&self, number: usize) -> String {
        self.numbered("", number)
    }

    /// Its source address.
    #[must_use]
    pub fn source(&self, number: usize) -> String {
        self.numbered("src-", number)
    }

    /// Its destination address.
    #[must_use]
    pub fn destination(&self, number: usize) -> String {
        self.numbered("dst-", number)
    }

    fn numbered(&self, kind: &str, number: usize) -> String {
        format!("{}-{kind}{number:0width$}", self.stem, width = self.digits)
    }
}

fn digits(jobs: usize) -> usize {
    jobs.max(1).ilog10() as usize + 1
}

/// Letters and digits in lower case with single hyphens between, at most so many.
fn slug(text: &str, longest: usize) -> String {
    let mut slug = String::new();
    for character in text.chars().map(|character| character.to_ascii_lowercase()) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(longest);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_what_both_generations_take() {
        for good in ["abc", "a-b", "0a0", &"a".repeat(63)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["ab", "-ab", "ab-", "a_b", "Abc", "a.b", "", "äbc", &"a".repeat(64)] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn a_given_stem_is_used_or_refused() {
        assert_eq!(Names::given("photos", 10).unwrap().source(3), "photos-src-03");
        for bad in ["Photos", "a", "photos-", &"a".repeat(47)] {
            assert_eq!(Names::given(bad, 1), Err(InvalidName(bad.to_owned())));
        }
    }

    proptest::proptest! {
        #[test]
        fn names_are_valid_unique_and_the_same_again(bucket in ".{0,80}", salt: Vec<u8>, jobs in 1_usize..500) {
            let names = Names::derived(&bucket, &[&salt], jobs);
            proptest::prop_assert_eq!(&names, &Names::derived(&bucket, &[&salt], jobs));
            let mut all = std::collections::BTreeSet::new();
            for number in 1..=jobs {
                for name in [names.job(number), names.source(number), names.destination(number)] {
                    proptest::prop_assert!(is_valid(&name), "{}", name);
                    proptest::prop_assert!(all.insert(name));
                }
            }
        }

        #[test]
        fn another_plan_has_other_names(left: Vec<u8>, right: Vec<u8>) {
            let of = |salt: &[u8]| Names::derived("b", &[salt, b"x"], 1);
            proptest::prop_assert_eq!(of(&left) == of(&right), left == right);
        }
    }
}
