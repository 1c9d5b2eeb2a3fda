//! A plan as Terraform, for what its provider covers.
//!
//! The provider `aliyun/alicloud` has no resource for data addresses or migration jobs; those are created
//! by the console or the API. It covers what they need: the role that the service takes on to read lists
//! and write copies, its policy (that of the preparations page), and the lists themselves as objects.

use std::fmt::Write as _;

use super::plan::{Plan, Selection};
use crate::hcl::{comment, quoted};

/// The configuration, ending in a line break.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_configuration(&mut out, plan);
    out
}

fn write_configuration(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let region = plan.jobs.first().and_then(|job| job.destination.region_id.clone());
    let region = region.map(|region| region.trim_start_matches("oss-").to_owned());
    writeln!(
        out,
        "# Migration of {} to {}.\n# The provider has no resources for data addresses and migration jobs: create these with the\n# console or the API, with the role below.\n",
        comment(&plan.source),
        comment(&plan.destination)
    )?;
    writeln!(
        out,
        "terraform {{\n  required_providers {{\n    alicloud = {{\n      source  = \"aliyun/alicloud\"\n      version = \">= 1.252.0\"\n    }}\n  }}\n}}\n"
    )?;
    writeln!(out, "provider \"alicloud\" {{")?;
    if let Some(region) = region {
        writeln!(out, "  region = {}", quoted(&region))?;
    }
    writeln!(out, "}}\n")?;
    role(out, plan)?;
    lists(out, plan)
}

fn role(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let name = quoted(&plan.settings.name);
    let mut buckets: Vec<&str> = Vec::new();
    for job in &plan.jobs {
        let list = job.source.inventory.iter().map(|list| list.bucket.as_str());
        for bucket in list.chain([job.destination.bucket.as_str()]) {
            if !buckets.contains(&bucket) {
                buckets.push(bucket);
            }
        }
    }
    writeln!(
        out,
        "resource \"alicloud_ram_role\" \"migration\" {{\n  role_name   = {name}\n  description = \"Data Online Migration writes copies as this role\"\n  # That the service's principal is mgw.aliyuncs.com is seen with third parties only: compare with a\n  # role that the console makes.\n  assume_role_policy_document = jsonencode({{\n    Version = \"1\"\n    Statement = [{{\n      Effect    = \"Allow\"\n      Action    = \"sts:AssumeRole\"\n      Principal = {{ Service = [\"mgw.aliyuncs.com\"] }}\n    }}]\n  }})\n}}\n"
    )?;
    writeln!(
        out,
        "resource \"alicloud_ram_policy\" \"migration\" {{\n  policy_name = {name}\n  policy_document = jsonencode({{\n    Version = \"1\"\n    Statement = [{{\n      Effect = \"Allow\"\n      Action = [\"oss:List*\", \"oss:Get*\", \"oss:Put*\", \"oss:AbortMultipartUpload\"]\n      Resource = ["
    )?;
    for bucket in buckets {
        let (whole, inside) = (format!("acs:oss:*:*:{bucket}"), format!("acs:oss:*:*:{bucket}/*"));
        writeln!(out, "        {},\n        {},", quoted(&whole), quoted(&inside))?;
    }
    writeln!(out, "      ]\n    }}]\n  }})\n}}\n")?;
    writeln!(
        out,
        "resource \"alicloud_ram_role_policy_attachment\" \"migration\" {{\n  role_name   = alicloud_ram_role.migration.role_name\n  policy_name = alicloud_ram_policy.migration.policy_name\n  policy_type = alicloud_ram_policy.migration.type\n}}"
    )
}

fn lists(out: &mut String, plan: &Plan) -> std::fmt::Result {
    for (job, number) in plan.jobs.iter().zip(1..) {
        let (Selection::Inventory(list), Some(place)) = (&job.selection, &job.source.inventory)
        else {
            continue;
        };
        if list.manifest.is_empty() {
            continue;
        }
        let parts = list.files.iter().map(|file| (file.path.as_str(), file.key.as_str()));
        let described = (list.manifest.as_str(), place.path.as_str());
        writeln!(
            out,
            "\nresource \"alicloud_oss_bucket_object\" \"list_{number}\" {{\n  for_each = {{"
        )?;
        for (path, key) in parts.chain([described]) {
            writeln!(out, "    {} = {}", quoted(key), quoted(path))?;
        }
        writeln!(
            out,
            "  }}\n  bucket = {}\n  key    = each.key\n  source = each.value\n}}",
            quoted(&place.bucket)
        )?;
    }
    Ok(())
}
