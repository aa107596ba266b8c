"""Writes and reads items with PynamoDB. A Rust program reads and writes the same items.

    python interop.py write --endpoint URL --table NAME --collection-table NAME2
    python interop.py read --endpoint URL --table NAME --collection-table NAME2

The tables must already exist.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.models import Model

from models import (
    CREDENTIAL,
    REGION,
    ArticleTagModel,
    BaseModel,
    CollectionBaseModel,
    CollectionOrderModel,
    ExampleModel,
    OrderModel,
    UserModel,
    configure,
)

# All items that `write` writes.
# "legacy" contains whole items in formats that older programs may have written. The other lists contain arguments for the
# models' `build`.
DATA: dict[str, list[dict[str, Any]]] = {
    "examples": [
        {
            "id": "e-1",
            "name": "First example",
            "category": "tools",
            "created_at": "2026-01-02T03:04:05.123456+00:00",
            "updated_at": "2026-01-03T00:00:00.000001+00:00",
        },
        # Never updated, so `updated_at` is not stored.
        {
            "id": "e-2",
            "name": "Zweites Beispiel – grün",
            "category": "books",
            "created_at": "2026-01-02T03:04:06.500000+00:00",
            "updated_at": None,
        },
    ],
    "users": [
        {
            "user_id": "u-1",
            "username": "ada",
            "email": "ada@example.com",
            "created_at": "2026-01-10T09:00:00.000001+00:00",
            "last_login": "2026-01-12T08:30:00.250000+00:00",
        },
        {
            "user_id": "u-2",
            "username": "grace",
            "email": "grace@example.com",
            "created_at": "2026-01-11T09:00:00.999999+00:00",
        },
    ],
    "orders": [
        # The three formats of a timestamp: with a fraction of six digits, without a fraction, and with `Z`.
        {"order_id": "o-1", "user_id": "u-1", "total": "19.99", "created_at": "2026-02-03T04:05:06.123456+00:00"},
        {"order_id": "o-2", "user_id": "u-1", "total": "0.00", "created_at": "2026-02-04T04:05:06+00:00"},
        {"order_id": "o-3", "user_id": "u-1", "total": "1234567890.01", "created_at": "2026-02-05T04:05:06.789Z"},
    ],
    "article_tags": [
        {"article_id": "a-1", "tag_name": "python"},
        {"article_id": "a-1", "tag_name": "rust"},
    ],
    "collection_orders": [
        {"order_id": "o-1", "user_id": "u-1", "total": "5.00", "created_at": "2026-03-01T10:00:00.250000+00:00"},
        {"order_id": "o-2", "user_id": "u-1", "total": "7.50", "created_at": "2026-03-02T10:00:00+00:00"},
    ],
    "legacy": [
        # Has attributes that are not in any model.
        {
            "pk": {"S": "ORDER#o-9"},
            "sk": {"S": "ORDER#o-9"},
            "entity_type": {"S": "OrderModel"},
            "gsi1pk": {"S": "USER#u-2"},
            "gsi1sk": {"S": "ORDER#o-9"},
            "gsi2pk": {"S": "ORDER"},
            "gsi2sk": {"S": "2025-12-31T23:59:59.999999+00:00"},
            "user_id": {"S": "u-2"},
            "total": {"S": "42.00"},
            "created_at": {"S": "2025-12-31T23:59:59.999999+00:00"},
            "legacy_note": {"S": "imported"},
            "legacy_details": {"M": {"source": {"S": "csv"}, "line": {"N": "7"}, "checked": {"BOOL": True}}},
        },
        # Has an attribute that is not in any model, with the value NULL.
        {
            "pk": {"S": "USER#u-9"},
            "sk": {"S": "USER#u-9"},
            "entity_type": {"S": "UserModel"},
            "gsi2pk": {"S": "USER"},
            "gsi2sk": {"S": "2025-12-01T00:00:00+00:00"},
            "username": {"S": "linus"},
            "email": {"S": "linus@example.com"},
            "created_at": {"S": "2025-12-01T00:00:00+00:00"},
            "phone": {"NULL": True},
        },
        # Has an attribute of the model, with the value NULL.
        {
            "pk": {"S": "EXAMPLE#e-9"},
            "sk": {"S": "EXAMPLE#e-9"},
            "entity_type": {"S": "ExampleModel"},
            "gsi1pk": {"S": "CATEGORY#tools"},
            "gsi1sk": {"S": "EXAMPLE#e-9"},
            "gsi2pk": {"S": "EXAMPLE"},
            "gsi2sk": {"S": "2025-11-30T12:00:00.000500+00:00"},
            "name": {"S": "Old example"},
            "category": {"S": "tools"},
            "created_at": {"S": "2025-11-30T12:00:00.000500+00:00"},
            "updated_at": {"NULL": True},
        },
    ],
}

MODELS: dict[str, Any] = {
    "examples": ExampleModel,
    "users": UserModel,
    "orders": OrderModel,
    "article_tags": ArticleTagModel,
    "collection_orders": CollectionOrderModel,
}


def write(endpoint: str, table: str) -> None:
    """Saves the entities of `DATA`, then puts its legacy items unchanged."""
    for name, model in MODELS.items():
        for arguments in DATA[name]:
            model.build(**arguments).save()
    connection = Connection(
        region=REGION, host=endpoint, aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL
    )
    for item in DATA["legacy"]:
        connection.client.put_item(TableName=table, Item=item)


def describe(item: Model) -> dict[str, str]:
    """Returns the class of an item, and the text of each attribute that is set."""
    return {"class": type(item).__name__, **item.to_simple_dict()}


def unequal(items: Iterable[Any]) -> Iterator[str]:
    """Yields a message for each item that `get` of its class does not return, or returns with other values."""
    for item in items:
        place = f"{type(item).__name__} {item.pk} / {item.sk}"
        try:
            found = type(item).get(item.pk, item.sk)
        except (PynamoDBException, TypeError, ValueError) as error:
            yield f"{place}: {error!r}"
        else:
            if describe(found) != describe(item):
                yield f"{place}: get {describe(found)}, scan {describe(item)}"


def read() -> int:
    """Prints the items of both tables, and returns the exit code."""
    by_key = attrgetter("pk", "sk")
    found = {
        "scan": sorted(BaseModel.scan(), key=by_key),
        "gsi1_user": list(BaseModel.gsi1_index.query("USER#u-1")),
        "gsi2_orders": list(BaseModel.gsi2_index.query("ORDER")),
        "collection": sorted(CollectionBaseModel.scan(), key=by_key),
    }
    json.dump({name: [describe(item) for item in items] for name, items in found.items()}, sys.stdout, indent=2)
    print()
    messages = list(unequal(found["scan"] + found["collection"]))
    for message in messages:
        print(message, file=sys.stderr)
    return 1 if messages else 0


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Writes or reads the shared items with PynamoDB.")
    parser.add_argument("command", choices=["write", "read"])
    parser.add_argument("--endpoint", required=True, help="such as http://localhost:8000")
    parser.add_argument("--table", required=True)
    parser.add_argument("--collection-table", required=True, help="the table of the orders in their user's partition")
    arguments = parser.parse_args()
    configure(arguments.endpoint, arguments.table)
    configure(arguments.endpoint, arguments.collection_table, CollectionBaseModel)
    if arguments.command == "read":
        return read()
    write(arguments.endpoint, arguments.table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
