"""Takes an address and a job of Data Online Migration through their whole lives with the service's official SDK.

    migrate.py HOST PORT ACCOUNT REGION ID SECRET

Calls go to HOST and PORT, whatever host the SDK means. In: {"source", "destination", "job"}, what is to be created, in
the SDK's own names. Out: a list of what was answered, as pairs of operation and answer.
"""

import json
import sys

import urllib3.util.connection
from alibabacloud_hcs_mgw20240626.client import Client
from alibabacloud_hcs_mgw20240626 import models
from alibabacloud_tea_openapi.utils_models import Config


def main():
    host, port, account, region, key_id, secret = sys.argv[1:]
    connect = urllib3.util.connection.create_connection
    urllib3.util.connection.create_connection = lambda _, *args, **more: connect((host, int(port)), *args, **more)
    config = Config(access_key_id=key_id, access_key_secret=secret, region_id=region, protocol="http")
    config.endpoint = f"{region}.mgw.aliyuncs.com"
    client = Client(config)
    given = json.load(sys.stdin)
    source, job = given["source"]["Name"], given["job"]["Name"]
    told = []

    def call(operation, *arguments):
        try:
            answer = getattr(client, operation)(*arguments)
            told.append([operation, answer.to_map().get("body")])
            return getattr(answer, "body", None)
        except Exception as error:
            code = getattr(error, "code", None)
            if code is None:
                raise
            told.append([operation, {"Error": code}])

    def create_address(address):
        info = models.CreateAddressInfo().from_map(address)
        call("create_address", account, models.CreateAddressRequest(import_address=info))

    def update(status):
        info = models.UpdateJobInfo(status=status)
        call("update_job", account, job, models.UpdateJobRequest(import_job=info))

    call("get_address", account, source)
    create_address(given["source"])
    create_address(given["source"])
    create_address(given["destination"])
    for _ in range(2):
        call("verify_address", account, source)
    call("get_address", account, source)
    call("list_address", account, models.ListAddressRequest(count=1, marker=""))
    info = models.CreateJobInfo().from_map(given["job"])
    call("create_job", account, models.CreateJobRequest(import_job=info))
    update("IMPORT_JOB_LAUNCHING")
    call("get_job", account, job, models.GetJobRequest())
    call("get_job_result", account, job, models.GetJobResultRequest(runtime_id=1))
    update("IMPORT_JOB_SUSPEND")
    update("IMPORT_JOB_LAUNCHING")
    for _ in range(7):
        answer = call("get_job", account, job, models.GetJobRequest())
    call("get_job_result", account, job, models.GetJobResultRequest(runtime_id=1))
    call("list_job_history", account, job, models.ListJobHistoryRequest(count=100, marker=""))
    call("list_job", account, models.ListJobRequest(count=10, marker=""))
    version = answer.import_job.version
    report = models.CreateReportInfo(job_name=job, version=version, runtime_id=1)
    call("get_report", account, models.GetReportRequest(version=version, runtime_id=1))
    call("create_report", account, models.CreateReportRequest(create_report=report))
    call("get_report", account, models.GetReportRequest(version=version, runtime_id=1))
    call("delete_address", account, source)
    call("delete_job", account, job, models.DeleteJobRequest(force_delete=True))
    call("delete_address", account, source)
    json.dump(told, sys.stdout)


main()
