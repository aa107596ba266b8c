"""Sends requests of a test: each line of standard input is a JSON array, and each answer is a line of JSON.

["iam", "create_user", {"UserName": "app"}]     calls a function of boto3
["iam", "list_users", {}, ["ID", "SECRET"]]     with the credentials of a user
["rules", "hold", {"action": "CreateChangeSet"}] controls the proxy; null instead of the object is a GET
"""

import json
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

REGION = "eu-central-1"


def rules(address, name, body):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{address}/_rules/{name}", data)) as response:
        return json.load(response)


def call(address, service, name, arguments, key=("test", "test")):
    if service == "rules":
        return rules(address, name, arguments)
    client = boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )
    try:
        return getattr(client, name)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}


def text(value):
    """A form for what JSON does not have: times, and bodies of responses."""
    return value.read().decode() if hasattr(value, "read") else str(value)


for line in sys.stdin:
    print(json.dumps(call(sys.argv[1], *json.loads(line)), default=text), flush=True)
