"""Creates or updates the local table of a `config.json` by the rules of the generator for Python.

    python create_local_table.py

Reads `config.json` in the current folder, and prints a line for each change, or `nothing to change`. The rules: create the table; if
it exists, compare its global secondary indexes with `config.json` by their names, delete those that are not in the file, and then
create the missing ones, one at a time.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import checks
from connect import resource

ATTEMPTS = 30


def keys_of(index: dict[str, str]) -> list[str]:
    """Returns the names of the key attributes: the partition key, and the sort key if there is one."""
    return [index[name] for name in ["partitionKey", "sortKey"] if name in index]


def definitions(names: list[str]) -> list[dict[str, str]]:
    """Defines each attribute once. All keys are strings."""
    return [{"AttributeName": name, "AttributeType": "S"} for name in dict.fromkeys(names)]


def schema(names: list[str]) -> list[dict[str, str]]:
    """Returns a key schema."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ["HASH", "RANGE"])]


def global_index(index: dict[str, str]) -> dict[str, Any]:
    """Returns the request to create an index."""
    return {
        "IndexName": index["indexName"],
        "KeySchema": schema(keys_of(index)),
        "Projection": {"ProjectionType": "ALL"},
    }


def create(client: Any, table: str, indexes: list[dict[str, str]]) -> bool:
    """Creates the table. Returns whether it did not exist."""
    names = ["pk", "sk"] + [name for index in indexes for name in keys_of(index)]
    request = {
        "TableName": table,
        "AttributeDefinitions": definitions(names),
        "KeySchema": schema(["pk", "sk"]),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes:
        request["GlobalSecondaryIndexes"] = [global_index(index) for index in indexes]
    try:
        client.create_table(**request)
    except client.exceptions.ResourceInUseException:
        return False
    return True


def wait(client: Any, table: str) -> dict[str, Any]:
    """Waits until the table and its indexes are active, and returns the description of the table."""
    for _ in range(ATTEMPTS):
        description = client.describe_table(TableName=table)["Table"]
        existing = description.get("GlobalSecondaryIndexes", [])
        if {description["TableStatus"], *(index["IndexStatus"] for index in existing)} == {"ACTIVE"}:
            return description
        time.sleep(0.5)
    checks.fail(f"table {table} or one of its indexes did not become active")


def update(client: Any, table: str, indexes: list[dict[str, str]]) -> list[str]:
    """Deletes and creates indexes. Returns the changes."""
    existing = [index["IndexName"] for index in wait(client, table).get("GlobalSecondaryIndexes", [])]
    wanted = [index["indexName"] for index in indexes]
    changes = []
    for name in existing:
        if name not in wanted:
            client.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
            wait(client, table)
            changes.append(f"deleted index {name}")
    for index in indexes:
        if index["indexName"] not in existing:
            client.update_table(
                TableName=table,
                AttributeDefinitions=definitions(keys_of(index)),
                GlobalSecondaryIndexUpdates=[{"Create": global_index(index)}],
            )
            wait(client, table)
            changes.append(f"created index {index['indexName']}")
    return changes


def apply(client: Any, table: str, indexes: list[dict[str, str]]) -> list[str]:
    """Creates or updates the table, and returns the changes. Tries again while the engine is not ready."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if create(client, table, indexes):
                return [f"created table {table}"]
            break
        except (BotoCoreError, ClientError):
            if attempt == ATTEMPTS:
                raise
            time.sleep(1)
    return update(client, table, indexes)


def main() -> None:
    """Runs the command line."""
    config = json.loads(Path("config.json").read_text(encoding="utf-8"))
    local = config["localDev"]
    client = resource(f"http://localhost:{local['port']}").meta.client
    indexes = config.get("tableConfig", {}).get("globalSecondaryIndexes", [])
    for line in apply(client, local["tableName"], indexes) or ["nothing to change"]:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
