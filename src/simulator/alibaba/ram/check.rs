//! What names and documents have to be like.

use serde_json::Value;

use crate::simulator::alibaba::answer::{Refused, refused};

/// A name of 1 to `most` letters, digits and characters of `more`.
pub(super) fn name(
    parameter: &'static str,
    name: &str,
    most: usize,
    more: &str,
) -> Result<(), Refused> {
    let (length, chars) = match parameter {
        "UserName" => {
            ("InvalidParameter.UserName.Length", "InvalidParameter.UserName.InvalidChars")
        }
        "RoleName" => {
            ("InvalidParameter.RoleName.Length", "InvalidParameter.RoleName.InvalidChars")
        }
        _ => ("InvalidParameter.PolicyName.Length", "InvalidParameter.PolicyName.InvalidChars"),
    };
    if name.is_empty() || name.chars().count() > most {
        return Err(refused(
            400,
            length,
            format!("The length of {parameter} is beyond the limit."),
        ));
    }
    if !name.chars().all(|character| character.is_ascii_alphanumeric() || more.contains(character))
    {
        return Err(refused(
            400,
            chars,
            format!("{parameter} has characters that are not allowed."),
        ));
    }
    Ok(())
}

/// The longest document, in characters.
const LONGEST: usize = 6144;

/// A document that allows or denies actions on resources.
pub(super) fn policy(document: &str) -> Result<(), Refused> {
    if document.is_empty() || document.chars().count() > LONGEST {
        let message = "The length of PolicyDocument is beyond the limit.";
        return Err(refused(400, "InvalidParameter.PolicyDocument.Length", message));
    }
    statements(document, |statement| {
        statement["Action"].is_string() && statement["Resource"].is_string()
            || is_list(&statement["Action"]) && !statement["Resource"].is_null()
            || statement["Action"].is_string() && is_list(&statement["Resource"])
    })
}

/// A document that says who may take a role on.
pub(super) fn trust(document: &str) -> Result<(), Refused> {
    statements(document, |statement| {
        let who = statement["Principal"].as_object();
        let known = |name: &String| ["RAM", "Service", "Federated"].contains(&name.as_str());
        who.is_some_and(|who| !who.is_empty() && who.keys().all(known))
            && matches!(statement["Action"].as_str(), Some("sts:AssumeRole"))
    })
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
}

fn statements(document: &str, is_good: impl Fn(&Value) -> bool) -> Result<(), Refused> {
    let malformed = |what: &str| refused(400, "MalformedPolicyDocument", what);
    let document: Value =
        serde_json::from_str(document).map_err(|_| malformed("The document is not JSON."))?;
    if document["Version"] != "1" {
        return Err(malformed("The version of the document is not 1."));
    }
    let statements = document["Statement"].as_array().filter(|list| !list.is_empty());
    for statement in statements.ok_or_else(|| malformed("The document has no statement."))? {
        if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny")) || !is_good(statement) {
            return Err(malformed("A statement is not as the reference says."));
        }
    }
    Ok(())
}
