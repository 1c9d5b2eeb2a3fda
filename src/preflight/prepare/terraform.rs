//! A wish as Terraform.
//!
//! Resources and their arguments: documentation of the provider `aliyun/alicloud`. It has none for policies of keys of
//! KMS that adds to what is there; those are told in a comment.

use std::fmt::Write as _;

use super::offline::Documents;
use super::wish::Wish;
use crate::hcl::{comment, quoted};
use crate::preflight::policy::Document;
use crate::preflight::wanted::{self, Way};

/// The configuration, ending in a line break.
#[must_use]
pub fn render(wish: &Wish, documents: &Documents, holds_existing: bool) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, wish, documents, holds_existing);
    out
}

fn write(
    out: &mut String,
    wish: &Wish,
    documents: &Documents,
    holds_existing: bool,
) -> std::fmt::Result {
    writeln!(
        out,
        "# Preparation of oss://{} for Data Online Migration, the {} way.\n",
        comment(&wish.bucket),
        wish.way.word()
    )?;
    writeln!(
        out,
        "terraform {{\n  required_providers {{\n    alicloud = {{\n      source  = \"aliyun/alicloud\"\n      version = \">= 1.252.0\"\n    }}\n  }}\n}}\n"
    )?;
    writeln!(out, "provider \"alicloud\" {{\n  region = {}\n}}", quoted(&wish.region))?;
    if wish.way == Way::CrossAccount {
        writeln!(
            out,
            "\n# The account that owns the bucket.\nprovider \"alicloud\" {{\n  alias   = \"bucket\"\n  region  = {}\n  profile = \"bucket\"\n}}",
            quoted(&wish.region)
        )?;
    } else {
        bucket(out, wish)?;
    }
    if let Some(name) = &wish.user {
        user(out, wish, name, documents)?;
    }
    if let Some(trust) = &documents.trust {
        role(out, wish, trust, documents)?;
    }
    if let Some(policy) = &documents.bucket {
        bucket_policy(out, wish, policy, holds_existing)?;
    }
    if let Some(key) = &documents.key {
        writeln!(
            out,
            "\n# Add this statement to the policy of the key {}, and keep all that is there:",
            comment(wish.kms_key.as_deref().unwrap_or_default())
        )?;
        for line in key.pretty().lines() {
            writeln!(out, "#   {}", comment(line))?;
        }
    }
    Ok(())
}

fn bucket(out: &mut String, wish: &Wish) -> std::fmt::Result {
    let name = quoted(&wish.bucket);
    writeln!(out, "\nresource \"alicloud_oss_bucket\" \"destination\" {{\n  bucket = {name}")?;
    if let Some(class) = &wish.storage_class {
        writeln!(out, "  storage_class = {}", quoted(class))?;
    }
    if let Some(redundancy) = &wish.redundancy {
        writeln!(out, "  redundancy_type = {}", quoted(redundancy))?;
    }
    writeln!(
        out,
        "  lifecycle {{\n    ignore_changes = [policy]\n  }}\n}}\n\nresource \"alicloud_oss_bucket_acl\" \"destination\" {{\n  bucket = alicloud_oss_bucket.destination.bucket\n  acl    = \"private\"\n}}"
    )
}

fn user(out: &mut String, wish: &Wish, name: &str, documents: &Documents) -> std::fmt::Result {
    writeln!(
        out,
        "\nresource \"alicloud_ram_user\" \"migration\" {{\n  name = {}\n}}",
        quoted(name)
    )?;
    for (policy, number) in wish.way.user_policies().iter().zip(1..) {
        writeln!(
            out,
            "\nresource \"alicloud_ram_user_policy_attachment\" \"system_{number}\" {{\n  policy_name = {}\n  policy_type = \"System\"\n  user_name   = alicloud_ram_user.migration.name\n}}",
            quoted(policy)
        )?;
    }
    let Some(document) = &documents.user else { return Ok(()) };
    policy(out, "user", &wish.user_policy_name(), document)?;
    writeln!(
        out,
        "\nresource \"alicloud_ram_user_policy_attachment\" \"user\" {{\n  policy_name = alicloud_ram_policy.user.policy_name\n  policy_type = \"Custom\"\n  user_name   = alicloud_ram_user.migration.name\n}}"
    )
}

fn role(
    out: &mut String,
    wish: &Wish,
    trust: &Document,
    documents: &Documents,
) -> std::fmt::Result {
    writeln!(out)?;
    if wish.service_principal == wanted::SERVICE_PRINCIPAL {
        writeln!(
            out,
            "# That the service's principal is {} is seen with third parties only: compare with a\n# role that the console makes.",
            wanted::SERVICE_PRINCIPAL
        )?;
    }
    writeln!(
        out,
        "resource \"alicloud_ram_role\" \"migration\" {{\n  role_name = {}\n  assume_role_policy_document = {}}}",
        quoted(&wish.role),
        heredoc(trust)
    )?;
    for (name, full, document) in [
        ("role", wish.role_policy_name(), &documents.role),
        ("kms", wish.kms_policy_name(), &documents.kms),
    ] {
        let Some(document) = document else { continue };
        policy(out, name, &full, document)?;
        writeln!(
            out,
            "\nresource \"alicloud_ram_role_policy_attachment\" \"{name}\" {{\n  policy_name = alicloud_ram_policy.{name}.policy_name\n  policy_type = \"Custom\"\n  role_name   = alicloud_ram_role.migration.role_name\n}}"
        )?;
    }
    if documents.kms_full_access {
        writeln!(
            out,
            "\nresource \"alicloud_ram_role_policy_attachment\" \"kms_full_access\" {{\n  policy_name = {}\n  policy_type = \"System\"\n  role_name   = alicloud_ram_role.migration.role_name\n}}",
            quoted(wanted::KMS_FULL_ACCESS)
        )?;
    }
    Ok(())
}

fn bucket_policy(
    out: &mut String,
    wish: &Wish,
    policy: &Document,
    holds_existing: bool,
) -> std::fmt::Result {
    let name = comment(&wish.bucket);
    writeln!(out, "\n# This resource replaces the whole policy of the bucket.")?;
    if holds_existing {
        writeln!(
            out,
            "# All statements of the policy that was given are in it. Import before you apply, and look at the plan:"
        )?;
    } else {
        writeln!(
            out,
            "# If the bucket has a policy, write this file again with `--bucket-policy FILE`, the policy that it has,\n# or its statements are lost. Then import before you apply, and look at the plan:"
        )?;
    }
    writeln!(out, "#   terraform import alicloud_oss_bucket_policy.destination {name}")?;
    writeln!(
        out,
        "resource \"alicloud_oss_bucket_policy\" \"destination\" {{\n  provider = alicloud.bucket\n  bucket   = {}\n  policy   = {}}}",
        quoted(&wish.bucket),
        heredoc(policy)
    )
}

fn policy(out: &mut String, label: &str, name: &str, document: &Document) -> std::fmt::Result {
    writeln!(
        out,
        "\nresource \"alicloud_ram_policy\" \"{label}\" {{\n  policy_name = {}\n  policy_document = {}}}",
        quoted(name),
        heredoc(document)
    )
}

/// A document over lines, in which nothing is a template.
fn heredoc(document: &Document) -> String {
    let text = document.pretty().replace("${", "$${").replace("%{", "%%{");
    // JSON ends in a brace, so no line of it is the end of the document here.
    format!("<<JSON\n{text}\nJSON\n")
}
