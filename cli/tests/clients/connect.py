"""Connects to a local table with boto3."""

from typing import Any

import boto3
from botocore.config import Config

# One attempt, so that no check passes only because boto3 has sent a request again. A proxy cannot reach this machine.
CONFIG = Config(connect_timeout=10, read_timeout=10, retries={"total_max_attempts": 1}, proxies={})


def resource(endpoint: str) -> Any:
    """Returns the resource of boto3 for an endpoint. Its `meta.client` is the client."""
    return boto3.resource(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="UNUSED",
        aws_secret_access_key="UNUSED",
        config=CONFIG,
    )
