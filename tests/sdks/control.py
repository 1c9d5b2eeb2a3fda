"""Takes a bucket, a user, its key, policies, a role and a key's policy through their lives with the official SDKs.

    control.py HOST PORT REGION ID SECRET

Calls go to HOST and PORT, whatever host the SDKs mean. In: names and documents, as `tests/control_sdk.rs` has them.
Out: a list of what was answered, as pairs of operation and answer, or the code of the refusal.
"""

import json
import sys

import alibabacloud_kms20160120.client
import alibabacloud_oss_v2 as oss
import alibabacloud_ram20150501.client
import alibabacloud_sts20150401.client
import urllib3.util.connection
from alibabacloud_kms20160120 import models as kms
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sts20150401 import models as sts
from alibabacloud_tea_openapi.utils_models import Config

HOST, PORT, REGION, KEY_ID, SECRET = sys.argv[1:]
told = []


def rpc(module, host):
    config = Config(access_key_id=KEY_ID, access_key_secret=SECRET, region_id=REGION, protocol="http")
    config.endpoint = host
    return module.client.Client(config)


def call(client, operation, *arguments):
    """Calls, and tells the answer or the refusal's code."""
    try:
        answer = getattr(client, operation)(*arguments)
    except oss.exceptions.OperationError as error:
        told.append([operation, error.unwrap().code])
        return None
    except Exception as error:
        if getattr(error, "code", None) is None:
            raise
        told.append([operation, error.code])
        return None
    told.append([operation, answer.to_map().get("body") if hasattr(answer, "to_map") else None])
    return answer


def users(client, given):
    user, policy, document = given["user"], given["policy"], given["document"]
    call(client, "get_user", ram.GetUserRequest(user_name=user))
    new = ram.CreateUserRequest(user_name=user, display_name="mover", comments="made by a test")
    call(client, "create_user", new)
    call(client, "create_user", new)
    call(client, "get_user", ram.GetUserRequest(user_name=user))
    call(client, "list_access_keys", ram.ListAccessKeysRequest(user_name=user))
    key = call(client, "create_access_key", ram.CreateAccessKeyRequest(user_name=user)).body.access_key
    call(client, "list_access_keys", ram.ListAccessKeysRequest(user_name=user))
    call(client, "get_policy", ram.GetPolicyRequest(policy_type="Custom", policy_name=policy))
    new = ram.CreatePolicyRequest(policy_name=policy, policy_document=document, description="a policy")
    call(client, "create_policy", new)
    call(client, "create_policy", new)
    call(client, "get_policy", ram.GetPolicyRequest(policy_type="Custom", policy_name=policy))
    call(client, "get_policy", ram.GetPolicyRequest(policy_type="System", policy_name="AliyunOSSFullAccess"))
    new = ram.CreatePolicyVersionRequest(policy_name=policy, policy_document=given["wider"], set_as_default=True)
    new.rotate_strategy = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
    call(client, "create_policy_version", new)
    versions = ram.ListPolicyVersionsRequest(policy_type="Custom", policy_name=policy)
    call(client, "list_policy_versions", versions)
    call(client, "delete_policy_version", ram.DeletePolicyVersionRequest(policy_name=policy, version_id="v2"))
    default = ram.SetDefaultPolicyVersionRequest(policy_name=policy, version_id="v1")
    call(client, "set_default_policy_version", default)
    call(client, "delete_policy_version", ram.DeletePolicyVersionRequest(policy_name=policy, version_id="v2"))
    for kind, name in [("System", "AliyunOSSImportFullAccess"), ("Custom", policy), ("Custom", policy)]:
        new = ram.AttachPolicyToUserRequest(policy_type=kind, policy_name=name, user_name=user)
        call(client, "attach_policy_to_user", new)
    call(client, "list_policies_for_user", ram.ListPoliciesForUserRequest(user_name=user))
    roles(client, given)
    call(client, "delete_user", ram.DeleteUserRequest(user_name=user))
    old = ram.DeleteAccessKeyRequest(user_access_key_id=key.access_key_id, user_name=user)
    call(client, "delete_access_key", old)
    call(client, "delete_access_key", old)
    call(client, "delete_user", ram.DeleteUserRequest(user_name=user))
    call(client, "delete_policy", ram.DeletePolicyRequest(policy_name=policy))
    for kind, name in [("System", "AliyunOSSImportFullAccess"), ("Custom", policy), ("Custom", policy)]:
        old = ram.DetachPolicyFromUserRequest(policy_type=kind, policy_name=name, user_name=user)
        call(client, "detach_policy_from_user", old)
    for _ in range(2):
        call(client, "delete_user", ram.DeleteUserRequest(user_name=user))
        call(client, "delete_policy", ram.DeletePolicyRequest(policy_name=policy))


def roles(client, given):
    role, policy = given["role"], given["policy"]
    call(client, "get_role", ram.GetRoleRequest(role_name=role))
    new = ram.CreateRoleRequest(role_name=role, assume_role_policy_document=given["trust"])
    new.description, new.max_session_duration = "data transport", 7200
    call(client, "create_role", new)
    call(client, "create_role", new)
    call(client, "get_role", ram.GetRoleRequest(role_name=role))
    call(client, "list_roles", ram.ListRolesRequest(max_items=1000))
    other = ram.UpdateRoleRequest(role_name=role, new_assume_role_policy_document=given["other_trust"])
    call(client, "update_role", other)
    call(client, "get_role", ram.GetRoleRequest(role_name=role))
    attached = dict(policy_type="Custom", policy_name=policy, role_name=role)
    call(client, "attach_policy_to_role", ram.AttachPolicyToRoleRequest(**attached))
    call(client, "list_policies_for_role", ram.ListPoliciesForRoleRequest(role_name=role))
    call(client, "delete_role", ram.DeleteRoleRequest(role_name=role))
    call(client, "detach_policy_from_role", ram.DetachPolicyFromRoleRequest(**attached))
    for _ in range(2):
        call(client, "delete_role", ram.DeleteRoleRequest(role_name=role))


def keys(client, given):
    call(client, "describe_key", kms.DescribeKeyRequest(key_id="nothing"))
    call(client, "describe_key", kms.DescribeKeyRequest(key_id="alias/boxes"))
    call(client, "describe_key", kms.DescribeKeyRequest(key_id=given["foreign_key"]))
    for key in [given["plain_key"], given["key"]]:
        call(client, "get_key_policy", kms.GetKeyPolicyRequest(key_id=key, policy_name="default"))
    new = kms.SetKeyPolicyRequest(key_id=given["key"], policy=given["key_policy"], policy_name="default")
    call(client, "set_key_policy", new)
    call(client, "get_key_policy", kms.GetKeyPolicyRequest(key_id=given["key"], policy_name="default"))


def buckets(client, given):
    bucket, seeded = given["bucket"], given["seeded"]
    call(client, "get_bucket_info", oss.GetBucketInfoRequest(bucket=bucket))
    about = oss.CreateBucketConfiguration(storage_class="IA", data_redundancy_type="ZRS")
    new = oss.PutBucketRequest(bucket=bucket, acl="private", create_bucket_configuration=about)
    call(client, "put_bucket", new)
    call(client, "put_bucket", new)
    about.storage_class = "Archive"
    call(client, "put_bucket", new)
    info = call(client, "get_bucket_info", oss.GetBucketInfoRequest(bucket=bucket)).bucket_info
    told[-1][1] = [info.location, info.storage_class, info.data_redundancy_type, info.acl, info.owner.id]
    told[-1][1].append(info.block_public_access)
    acl = call(client, "get_bucket_acl", oss.GetBucketAclRequest(bucket=bucket))
    told[-1][1] = acl.acl
    stat = call(client, "get_bucket_stat", oss.GetBucketStatRequest(bucket=seeded))
    told[-1][1] = [stat.storage, stat.object_count, stat.multi_part_upload_count]
    for name in [bucket, seeded]:
        versioning = call(client, "get_bucket_versioning", oss.GetBucketVersioningRequest(bucket=name))
        told[-1][1] = versioning.version_status
    for name in [bucket, seeded]:
        worm = call(client, "get_bucket_worm", oss.GetBucketWormRequest(bucket=name))
        if worm:
            worm = worm.worm_configuration
            told[-1][1] = [worm.worm_id, worm.state, worm.retention_period_in_days]
    default = oss.ApplyServerSideEncryptionByDefault(sse_algorithm="KMS", kms_master_key_id=given["key"])
    rule = oss.ServerSideEncryptionRule(apply_server_side_encryption_by_default=default)
    new = oss.PutBucketEncryptionRequest(bucket=bucket, server_side_encryption_rule=rule)
    call(client, "put_bucket_encryption", new)
    rule = call(client, "get_bucket_encryption", oss.GetBucketEncryptionRequest(bucket=bucket))
    rule = rule.server_side_encryption_rule.apply_server_side_encryption_by_default
    told[-1][1] = [rule.sse_algorithm, rule.kms_master_key_id]
    call(client, "delete_bucket_encryption", oss.DeleteBucketEncryptionRequest(bucket=bucket))
    call(client, "get_bucket_encryption", oss.GetBucketEncryptionRequest(bucket=bucket))
    call(client, "get_bucket_lifecycle", oss.GetBucketLifecycleRequest(bucket=bucket))
    rules = call(client, "get_bucket_lifecycle", oss.GetBucketLifecycleRequest(bucket=seeded))
    told[-1][1] = [[r.id, r.status, r.prefix, r.expiration.days] for r in rules.lifecycle_configuration.rules]
    referer = call(client, "get_bucket_referer", oss.GetBucketRefererRequest(bucket=seeded))
    told[-1][1] = referer.referer_configuration.allow_empty_referer
    call(client, "put_bucket_policy", oss.PutBucketPolicyRequest(bucket=bucket, body=given["bucket_policy"]))
    policy = call(client, "get_bucket_policy", oss.GetBucketPolicyRequest(bucket=bucket))
    told[-1][1] = policy.body if isinstance(policy.body, str) else policy.body.decode()
    call(client, "delete_bucket_policy", oss.DeleteBucketPolicyRequest(bucket=bucket))
    call(client, "get_bucket_info", oss.GetBucketInfoRequest(bucket=given["foreign"]))
    listed = call(client, "list_buckets", oss.ListBucketsRequest(max_keys=1000, prefix="b"))
    told[-1][1] = [[one.name, one.location, one.storage_class] for one in listed.buckets]
    regions = call(client, "describe_regions", oss.DescribeRegionsRequest())
    told[-1][1] = [one.region for one in regions.region_info]
    call(client, "delete_bucket", oss.DeleteBucketRequest(bucket=seeded))
    for _ in range(2):
        call(client, "delete_bucket", oss.DeleteBucketRequest(bucket=bucket))


def main():
    connect = urllib3.util.connection.create_connection
    urllib3.util.connection.create_connection = lambda _, *args, **more: connect((HOST, int(PORT)), *args, **more)
    given = json.load(sys.stdin)
    client = rpc(alibabacloud_sts20150401, "sts.aliyuncs.com")
    call(client, "get_caller_identity")
    role = sts.AssumeRoleRequest(role_arn=given["assumed"], role_session_name="weigh", duration_seconds=900)
    call(client, "assume_role", role)
    users(rpc(alibabacloud_ram20150501, "ram.aliyuncs.com"), given)
    keys(rpc(alibabacloud_kms20160120, f"kms.{REGION}.aliyuncs.com"), given)
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY_ID, SECRET)
    config.region, config.endpoint = REGION, f"http://oss-{REGION}.aliyuncs.com"
    buckets(oss.Client(config), given)
    json.dump(told, sys.stdout)


main()
