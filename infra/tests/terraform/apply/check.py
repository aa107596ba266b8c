"""Compares what Terraform has applied to MiniStack with the config.json files.

    apply.sh PROJECT ENDPOINT PLUGINS > outputs.json
    python check.py ENDPOINT outputs.json CONFIG ..

It needs boto3. MiniStack has to run with AUTH=true: a user with nothing but the policy of the output writes an item and reads it
from each index.
"""

import json
import sys
import uuid
from pathlib import Path
from typing import Any

import boto3


def main(endpoint: str, outputs: dict, configs: list[dict]) -> None:
    names = outputs["table_names"]["value"]
    document = {key: {"tableName": name} for key, name in names.items()}
    equal("the runtime configuration", runtime_config(endpoint, outputs["runtime_config_application_id"]["value"]), document)
    equal("the tables", sorted(names), sorted(config["runtimeConfigKey"] for config in configs))
    for config in configs:
        name = names[config["runtimeConfigKey"]]
        table = client("dynamodb", endpoint).describe_table(TableName=name)["Table"]
        settings = config.get("tableConfig", {})
        key = [settings["partitionKey"], settings.get("sortKey")] if "partitionKey" in settings else ["pk", "sk"]
        equal(f"the keys of {name}", keys(table), attributes(*key))
        declared = settings.get("globalSecondaryIndexes", [])
        indexes = {one["indexName"]: attributes(one["partitionKey"], one.get("sortKey")) for one in declared}
        equal(f"the indexes of {name}", {one["IndexName"]: keys(one) for one in table.get("GlobalSecondaryIndexes", [])}, indexes)
        use(endpoint, table, outputs["policy_json"]["value"][config["runtimeConfigKey"]]["read_write"])
        print(f"{name}: {len(indexes)} indexes")


def runtime_config(endpoint: str, application: str) -> dict:
    """Returns the document that programs read."""
    data = client("appconfigdata", endpoint)
    session = data.start_configuration_session(
        ApplicationIdentifier=application, EnvironmentIdentifier="default", ConfigurationProfileIdentifier="dynamodb"
    )
    latest = data.get_latest_configuration(ConfigurationToken=session["InitialConfigurationToken"])
    return json.loads(latest["Configuration"].read())


def use(endpoint: str, table: dict, policy: str) -> None:
    """Writes and reads an item as a user with this policy."""
    iam, user = client("iam", endpoint), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="table", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    dynamodb = client("dynamodb", endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    item = {one["AttributeName"]: value(one["AttributeType"]) for one in table["AttributeDefinitions"]}
    dynamodb.put_item(TableName=table["TableName"], Item=item)
    for owner in [table, *table.get("GlobalSecondaryIndexes", [])]:
        partition = keys(owner)[0]
        found = dynamodb.query(
            TableName=table["TableName"],
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": partition},
            ExpressionAttributeValues={":value": item[partition]},
            **({"IndexName": owner["IndexName"]} if "IndexName" in owner else {}),
        )
        equal(f"the items of {owner.get('IndexName', table['TableName'])}", found["Items"], [item])
    dynamodb.delete_item(TableName=table["TableName"], Key={name: item[name] for name in keys(table)})


def value(kind: str) -> dict:
    return {kind: b"a" if kind == "B" else "1"}


def attributes(*declared: str | dict | None) -> list[str]:
    """Returns the names of the key attributes of config.json."""
    return [one["name"] if isinstance(one, dict) else one for one in declared if one]


def keys(owner: dict) -> list[str]:
    """Returns the names of the key attributes, the partition key first."""
    return [part["AttributeName"] for part in sorted(owner["KeySchema"], key=lambda part: part["KeyType"])]


def client(service: str, endpoint: str, key: str = "test", secret: str = "test") -> Any:
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id=key, aws_secret_access_key=secret
    )


def equal(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        sys.exit(f"FAILED: {what}\n  expected: {expected}\n  found:    {found}")


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), [json.loads(Path(path).read_text()) for path in sys.argv[3:]])
