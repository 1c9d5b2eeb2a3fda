//! What is wrong with a location, and the way out.

use crate::units::UnitError;

/// A location that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// It holds credentials, so it is not repeated.
    #[error("the location holds credentials and is not repeated here")]
    Credentials,
    /// Anything else.
    #[error("location `{}` {problem}", input.escape_debug())]
    Invalid {
        /// The location as typed.
        input: String,
        /// What is wrong with it.
        #[source]
        problem: LocationProblem,
    },
}

/// Why a text is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationProblem {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// It begins like a location of something else.
    #[error("has the unknown scheme `{0}`")]
    UnknownScheme(String),
    /// It is a host that is not known.
    #[error("names the unknown host `{0}`")]
    UnknownHost(String),
    /// The scheme is followed by no bucket.
    #[error("names no bucket")]
    NoBucket,
    /// The Azure account is followed by no container.
    #[error("names no container")]
    NoContainer,
    /// The Azure account is missing.
    #[error("names no storage account")]
    NoAccount,
    /// The name cannot be that of a bucket or container anywhere.
    #[error("has `{0}` where a bucket should be")]
    BadName(String),
    /// It is a path on this machine.
    #[error("is a local path")]
    LocalPath,
    /// It is a name without a scheme.
    #[error("has no scheme")]
    BareName,
    /// An ARN of something other than a bucket.
    #[error("is an ARN of something other than an S3 bucket")]
    BadArn,
    /// A `https` form with a query or fragment.
    #[error("has a query, which is not part of a location")]
    Query,
    /// A `https` form whose path is not UTF-8 once decoded.
    #[error("has an escape that is not UTF-8")]
    NotUtf8,
    /// The demonstration knows no such parameter.
    #[error("has the unknown parameter `{0}`")]
    UnknownParameter(String),
    /// A parameter of the demonstration has a wrong value.
    #[error("has a bad `{name}`: {source}")]
    BadParameter {
        /// The parameter.
        name: &'static str,
        /// What is wrong with its value.
        #[source]
        source: UnitError,
    },
    /// The shape has characters that no shape has.
    #[error("has the bad shape `{0}`")]
    BadShape(String),
}

impl LocationError {
    pub(super) fn new(input: &str, problem: LocationProblem) -> Self {
        Self::Invalid { input: input.to_owned(), problem }
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        const SCHEMES: &str =
            "s3://BUCKET/PREFIX, ks3://…, oss://…, azure://ACCOUNT/CONTAINER/PREFIX or demo:";
        let Self::Invalid { input, problem } = self else {
            return "name only bucket and prefix; credentials come from the environment, a profile or the \
                    provider's own tools"
                .to_owned();
        };
        match problem {
            LocationProblem::UnknownScheme(scheme) => {
                scheme_hint(scheme, input).unwrap_or_else(|| format!("name it as {SCHEMES}"))
            }
            LocationProblem::UnknownHost(_) => {
                "name it as s3://BUCKET/PREFIX and give the server as the endpoint, for example in \
                 AWS_ENDPOINT_URL"
                    .to_owned()
            }
            LocationProblem::BareName => format!("did you mean s3://{}", input.escape_debug()),
            LocationProblem::LocalPath => {
                "only buckets are listed; to weigh a manifest use `weighbridge tally`".to_owned()
            }
            LocationProblem::NoContainer | LocationProblem::NoAccount => {
                "name it as azure://ACCOUNT/CONTAINER/PREFIX".to_owned()
            }
            LocationProblem::BadArn => "name it as arn:aws:s3:::BUCKET/PREFIX".to_owned(),
            LocationProblem::Query => {
                "leave out what follows the `?` or `#`; as part of a key it is `%3F` or `%23`"
                    .to_owned()
            }
            LocationProblem::UnknownParameter(_) | LocationProblem::BadShape(_) => {
                "name it as demo:SHAPE?objects=1M&seed=1".to_owned()
            }
            LocationProblem::BadParameter { source, .. } => source.hint(),
            LocationProblem::NotUtf8 => "name it without escapes, as s3://BUCKET/PREFIX".to_owned(),
            _ => format!("name it as {SCHEMES}"),
        }
    }
}

/// What people mean by schemes of other tools.
fn scheme_hint(scheme: &str, input: &str) -> Option<String> {
    let rest = input.split_once("://").map_or("", |(_, rest)| rest).escape_debug();
    match scheme.to_ascii_lowercase().as_str() {
        "s3a" | "s3n" => Some(format!("did you mean s3://{rest}")),
        "az" | "abfs" | "abfss" | "wasb" | "wasbs" => {
            Some("name it as azure://ACCOUNT/CONTAINER/PREFIX".to_owned())
        }
        "http" => Some(
            "name it as s3://BUCKET/PREFIX and give the server as the endpoint, for example in \
             AWS_ENDPOINT_URL"
                .to_owned(),
        ),
        _ => None,
    }
}

/// A rule of AWS for names of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BucketRule {
    /// The length.
    #[error("a bucket name has 3 to 63 characters")]
    Length,
    /// The alphabet.
    #[error("a bucket name has only lower-case letters, digits, dots and hyphens")]
    Characters,
    /// Its ends.
    #[error("a bucket name begins and ends with a letter or digit")]
    Ends,
    /// Dots in a row.
    #[error("a bucket name has no two dots in a row")]
    Dots,
    /// An address.
    #[error("a bucket name is not formatted as an IP address")]
    Address,
}
