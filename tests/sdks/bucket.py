"""Asks for what is kept with a bucket by OSS's official SDK.

    bucket.py HOST PORT REGION BUCKET ID SECRET

Calls go to HOST and PORT, whatever host the SDK means. In: {"policy", "key"}: a policy to put, a key of KMS to encrypt
with. Out: what the bucket was before and after.
"""

import json
import sys

import alibabacloud_oss_v2 as oss
import urllib3.util.connection


def code(call):
    try:
        call()
    except oss.exceptions.OperationError as error:
        return error.unwrap().code


def main():
    host, port, region, bucket, key_id, secret = sys.argv[1:]
    connect = urllib3.util.connection.create_connection
    urllib3.util.connection.create_connection = lambda _, *args, **more: connect((host, int(port)), *args, **more)
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret)
    config.region, config.endpoint = region, f"http://oss-{region}.aliyuncs.com"
    client = oss.Client(config)
    given = json.load(sys.stdin)
    none = [
        code(lambda: client.get_bucket_policy(oss.GetBucketPolicyRequest(bucket=bucket))),
        code(lambda: client.get_bucket_encryption(oss.GetBucketEncryptionRequest(bucket=bucket))),
    ]
    client.put_bucket_policy(oss.PutBucketPolicyRequest(bucket=bucket, body=given["policy"]))
    default = oss.ApplyServerSideEncryptionByDefault(sse_algorithm="KMS", kms_master_key_id=given["key"])
    rule = oss.ServerSideEncryptionRule(apply_server_side_encryption_by_default=default)
    request = oss.PutBucketEncryptionRequest(bucket=bucket, server_side_encryption_rule=rule)
    client.put_bucket_encryption(request)
    policy = client.get_bucket_policy(oss.GetBucketPolicyRequest(bucket=bucket))
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=bucket)).bucket_info
    told = {
        "none": none,
        "policy": policy.body if isinstance(policy.body, str) else policy.body.decode(),
        "location": info.location,
        "owner": info.owner.id,
        "algorithm": info.sse_rule.sse_algorithm,
        "key": info.sse_rule.kms_master_key_id,
    }
    json.dump(told, sys.stdout)


main()
