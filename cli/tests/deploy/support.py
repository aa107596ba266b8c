"""What the tests of the proxy share: the emulator, the proxy, and stacks."""

import contextlib
import functools
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = pathlib.Path(__file__).parent
REGION = "eu-central-1"


@contextlib.contextmanager
def ministack(authorizes: bool) -> Iterator[str]:
    """Runs MiniStack on a free port and yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AUTH": str(authorizes).lower()}
    command = [sys.executable, "-m", "ministack"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_ministack/health", timeout=5):
                break
            if process.poll() is not None:
                raise RuntimeError(f"MiniStack has ended with {process.returncode}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def proxy(upstream: str) -> Iterator[str]:
    """Runs the proxy and yields its address."""
    command = [sys.executable, "-B", str(HERE / "rules.py"), upstream]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline().removeprefix('ready '))}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@functools.cache
def client(service: str, address: str, key: str = "test", secret: str = "test", timeout: float = 60) -> Any:
    """Returns a client that sends each request once."""
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=timeout),
    )


def control(address: str, name: str, body: dict | None = None) -> Any:
    """Sends a control to the proxy: a GET without a body, a POST with one."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{address}/_rules/{name}", data)) as response:
        return json.load(response)


def refusal(call: Any, **arguments: Any) -> str:
    """Returns the code and the message of an error that a call must have."""
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        return f"{found['Code']}: {found['Message']}"
    raise AssertionError(f"{call.__name__} has succeeded")


def table(*indexes: str, more: tuple[str, ...] = (), **properties: Any) -> dict:
    """Returns a template with one table, `Orders`. An index has the name and the key attribute of its text."""
    attributes = ["pk", *indexes, *more]
    own = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    if indexes:
        own["GlobalSecondaryIndexes"] = [index(name, name) for name in indexes]
    return {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": own | properties}}}


def index(name: str, key: str, projection: str = "ALL") -> dict:
    """Returns a global secondary index."""
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": projection}}


class Stack:
    """A stack that changes by change sets."""

    count = 0

    def __init__(self, address: str, name: str | None = None):
        Stack.count += 1
        self.name = name or f"stack-{Stack.count}"
        self.cloudformation = client("cloudformation", address)
        self.dynamodb = client("dynamodb", address)

    def create_change_set(self, template: dict, kind: str = "UPDATE", **arguments: Any) -> str:
        """Creates a change set and returns its name."""
        Stack.count += 1
        name = f"change-{Stack.count}"
        self.cloudformation.create_change_set(
            StackName=self.name, ChangeSetName=name, ChangeSetType=kind, TemplateBody=json.dumps(template), **arguments
        )
        return name

    def execute(self, change_set: str) -> str:
        """Executes a change set and returns the status that the stack has at the end."""
        self.cloudformation.execute_change_set(StackName=self.name, ChangeSetName=change_set)
        return self.settled()

    def apply(self, template: dict, kind: str = "UPDATE", **arguments: Any) -> str:
        """Creates and executes a change set."""
        return self.execute(self.create_change_set(template, kind, **arguments))

    def create(self, template: dict, **arguments: Any) -> str:
        return self.apply(template, "CREATE", **arguments)

    def settled(self) -> str:
        for _ in range(200):
            status = self.status()
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.02)
        raise AssertionError(f"{self.name} stays {status}")

    def status(self) -> str:
        return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]

    def events(self) -> list[tuple[str, str, str]]:
        """Returns resource, status and reason of all events, newest first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = [event for page in pages for event in page["StackEvents"]]
        return [(one["LogicalResourceId"], one["ResourceStatus"], one.get("ResourceStatusReason", "")) for one in events]

    def change_set(self, name: str) -> dict:
        return self.cloudformation.describe_change_set(StackName=self.name, ChangeSetName=name)

    def table_name(self) -> str:
        return self.physical_id("Orders")

    def physical_id(self, resource: str) -> str:
        found = self.cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=resource)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def indexes(self) -> dict[str, str]:
        """Returns the indexes of the table, with their status."""
        described = self.dynamodb.describe_table(TableName=self.table_name())["Table"]
        return {one["IndexName"]: one.get("IndexStatus", "ACTIVE") for one in described.get("GlobalSecondaryIndexes", [])}
