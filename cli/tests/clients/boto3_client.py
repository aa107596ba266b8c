"""Uses a table of `monotable dev` with boto3.

    python boto3_client.py --endpoint URL --table NAME

The table must be empty and have the layout of `config.json` in `cli/tests/clients.rs`.
"""

import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

import checks
from connect import resource

OWN_TABLE = "sessions"
# More than one megabyte together, so that a scan has several pages even without a limit.
NOTES = 60
NOTE_TEXT = "x" * 25_000


def rejected(what: str, code: str, call: Callable[[], Any]) -> dict[str, Any]:
    """Fails unless a request is rejected with this code. Returns the response."""
    try:
        call()
    except ClientError as error:
        checks.equal(what, error.response["Error"]["Code"], code)
        return error.response
    checks.fail(f"{what}\n  expected: {code}\n  found:    a success")


def describe(table: Any) -> None:
    """The table has the keys and indexes of `config.json`."""
    description = table.meta.client.describe_table(TableName=table.name)["Table"]
    checks.equal("status of the table", description["TableStatus"], "ACTIVE")
    checks.equal("billing", description["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    keys = {"table": description["KeySchema"]}
    for index in description["GlobalSecondaryIndexes"]:
        keys[index["IndexName"]] = index["KeySchema"]
        checks.equal(f"status of {index['IndexName']}", index["IndexStatus"], "ACTIVE")
        checks.equal(f"projection of {index['IndexName']}", index["Projection"], {"ProjectionType": "ALL"})
    found = {name: [key["AttributeName"] for key in schema] for name, schema in keys.items()}
    expected = {
        "table": ["pk", "sk"],
        "gsi1pk-gsi1sk-index": ["gsi1pk", "gsi1sk"],
        "gsi2pk-gsi2sk-index": ["gsi2pk", "gsi2sk"],
        "by-email": ["email"],
    }
    checks.equal("keys of the table and its indexes", found, expected)
    checks.equal("tables of the engine", table.meta.client.list_tables()["TableNames"], [table.name])


def put_and_get(table: Any) -> None:
    """Values of every type are read as they were written."""
    item = {
        "pk": "TYPES#1",
        "sk": "TYPES#1",
        "text": "Grüße, 世界 🦀",
        "empty": "",
        "number": Decimal("12345678901234567890.123456789012345678"),
        "bool": True,
        "null": None,
        "bytes": b"\x00\xff",
        "list": [Decimal(1), "two", [b"\x03"]],
        "map": {"inner": {"deep": Decimal("-0.5")}},
        "texts": {"a", "b"},
        "numbers": {Decimal(1), Decimal("2.5")},
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"pk": "TYPES#1", "sk": "TYPES#1"}, ConsistentRead=True)["Item"]
    checks.equal("the item of all types", {**found, "bytes": found["bytes"].value, "list": None}, {**item, "list": None})
    checks.equal("the list", found["list"], item["list"])
    checks.equal("a missing item", "Item" in table.get_item(Key={"pk": "TYPES#1", "sk": "missing"}), False)
    part = table.get_item(
        Key={"pk": "TYPES#1", "sk": "TYPES#1"},
        ProjectionExpression="#m.#i",
        ExpressionAttributeNames={"#m": "map", "#i": "inner"},
    )
    checks.equal("a projection", part["Item"], {"map": {"inner": {"deep": Decimal("-0.5")}}})


def update_and_delete(table: Any) -> None:
    """An update returns the new item, and a delete the old one."""
    key = {"pk": "COUNTER#1", "sk": "COUNTER#1"}
    for count in [1, 2]:
        new = table.update_item(
            Key=key,
            UpdateExpression="ADD hits :one SET seen = list_append(if_not_exists(seen, :none), :some)",
            ExpressionAttributeValues={":one": 1, ":none": [], ":some": [count]},
            ReturnValues="ALL_NEW",
        )["Attributes"]
    checks.equal("the updated item", new, {**key, "hits": 2, "seen": [1, 2]})
    checks.equal("the deleted item", table.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"], new)


def conditional_failure(table: Any) -> None:
    """A failed condition changes nothing, and returns the stored item if it is asked for."""
    order = {"pk": "ORDER#0", "sk": "ORDER#0", "state": "OPEN"}
    table.put_item(Item=order, ConditionExpression=Attr("pk").not_exists())
    again = {**order, "state": "PAID"}
    rejected(
        "a second put of one key",
        "ConditionalCheckFailedException",
        lambda: table.put_item(Item=again, ConditionExpression=Attr("pk").not_exists()),
    )
    failed = rejected(
        "a failed update",
        "ConditionalCheckFailedException",
        lambda: table.update_item(
            Key={"pk": "ORDER#0", "sk": "ORDER#0"},
            UpdateExpression="SET #s = :new",
            ConditionExpression="#s = :old",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":new": "SENT", ":old": "PAID"},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
    )
    checks.equal("the item of the failed update", failed["Item"], {name: {"S": value} for name, value in order.items()})
    checks.equal("the item after both", table.get_item(Key={"pk": "ORDER#0", "sk": "ORDER#0"})["Item"], order)


def query_indexes(table: Any) -> None:
    """Queries of indexes with and without a sort key, with conditions, filters and pages."""
    for number in range(1, 8):
        table.put_item(
            Item={
                "pk": f"ORDER#{number}",
                "sk": f"ORDER#{number}",
                "gsi1pk": f"USER#{number % 2}",
                "gsi1sk": f"ORDER#{number}",
                "gsi2pk": "ORDER",
                "gsi2sk": f"2026-01-0{number}",
                "email": "ada@example.com" if number < 4 else "grace@example.com",
                "total": Decimal(number),
            }
        )

    def numbers(response: dict[str, Any]) -> list[int]:
        return [int(item["total"]) for item in response["Items"]]

    of_user = Key("gsi1pk").eq("USER#1")
    newest = table.query(
        IndexName="gsi1pk-gsi1sk-index",
        KeyConditionExpression=of_user & Key("gsi1sk").begins_with("ORDER#"),
        ScanIndexForward=False,
    )
    checks.equal("the orders of a user, last one first", numbers(newest), [7, 5, 3, 1])
    between = table.query(
        IndexName="gsi2pk-gsi2sk-index",
        KeyConditionExpression=Key("gsi2pk").eq("ORDER") & Key("gsi2sk").between("2026-01-02", "2026-01-05"),
        FilterExpression=Attr("total").gt(2),
    )
    checks.equal("the orders of some days, filtered", numbers(between), [3, 4, 5])
    checks.equal("the items before the filter", between["ScannedCount"], 4)
    by_email = table.query(IndexName="by-email", KeyConditionExpression=Key("email").eq("ada@example.com"))
    checks.equal("an index without a sort key", sorted(numbers(by_email)), [1, 2, 3])
    pages = table.meta.client.get_paginator("query").paginate(
        TableName=table.name,
        IndexName="gsi1pk-gsi1sk-index",
        KeyConditionExpression=of_user,
        PaginationConfig={"PageSize": 1},
    )
    checks.equal("a query in pages", [number for page in pages for number in numbers(page)], [1, 3, 5, 7])
    rejected(
        "a query of a missing index",
        "ValidationException",
        lambda: table.query(IndexName="missing", KeyConditionExpression=of_user),
    )


def transact(table: Any) -> None:
    """A transaction is applied as a whole, or not at all."""
    client = table.meta.client
    put = {"Put": {"TableName": table.name, "Item": {"pk": "TX#1", "sk": "TX#1"}}}
    set_paid = {
        "Update": {
            "TableName": table.name,
            "Key": {"pk": "ORDER#1", "sk": "ORDER#1"},
            "UpdateExpression": "SET paid = :yes",
            "ExpressionAttributeValues": {":yes": True},
        }
    }
    delete = {"Delete": {"TableName": table.name, "Key": {"pk": "ORDER#2", "sk": "ORDER#2"}}}
    check = {
        "ConditionCheck": {
            "TableName": table.name,
            "Key": {"pk": "ORDER#3", "sk": "ORDER#3"},
            "ConditionExpression": "#t = :total",
            "ExpressionAttributeNames": {"#t": "total"},
            "ExpressionAttributeValues": {":total": 3},
        }
    }
    parts = [put, set_paid, delete, check]
    client.transact_write_items(TransactItems=parts, ClientRequestToken="token-1")
    # A repeated request with the same token is not a second transaction.
    client.transact_write_items(TransactItems=parts, ClientRequestToken="token-1")
    keys = [{"pk": key, "sk": key} for key in ["TX#1", "ORDER#1", "ORDER#2"]]
    answers = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": table.name, "Key": key}} for key in keys]
    )["Responses"]
    checks.equal("the put of a transaction", answers[0].get("Item"), keys[0])
    checks.equal("the update of a transaction", answers[1]["Item"]["paid"], True)
    checks.equal("the delete of a transaction", "Item" in answers[2], False)

    other = {"Put": {"TableName": table.name, "Item": {"pk": "TX#2", "sk": "TX#2"}}}
    fails = {"Put": {**put["Put"], "ConditionExpression": "attribute_not_exists(pk)"}}
    error = rejected(
        "a cancelled transaction",
        "TransactionCanceledException",
        lambda: client.transact_write_items(TransactItems=[other, fails]),
    )
    reasons = [reason["Code"] for reason in error["CancellationReasons"]]
    checks.equal("the reasons for the cancellation", reasons, ["None", "ConditionalCheckFailed"])
    checks.equal("an item of it", "Item" in table.get_item(Key={"pk": "TX#2", "sk": "TX#2"}), False)


def batches(table: Any) -> None:
    """Batches write, read and delete more items than one request can contain."""
    with table.batch_writer() as batch:
        for number in range(NOTES):
            batch.put_item(Item={"pk": "NOTES", "sk": f"{number:03}", "text": NOTE_TEXT})
        batch.put_item(Item={"pk": "NOTES", "sk": "extra"})
        batch.delete_item(Key={"pk": "ORDER#0", "sk": "ORDER#0"})
    with table.batch_writer() as batch:
        batch.delete_item(Key={"pk": "NOTES", "sk": "extra"})
    keys = [{"pk": "NOTES", "sk": sort_key} for sort_key in ["000", "059", "extra"]]
    answer = table.meta.client.batch_get_item(RequestItems={table.name: {"Keys": keys}})
    found = sorted(item["sk"] for item in answer["Responses"][table.name])
    checks.equal("the items of a batch", found, ["000", "059"])
    checks.equal("the keys that were not processed", answer["UnprocessedKeys"], {})


def scan(table: Any) -> None:
    """A scan in pages finds every item exactly once."""

    def pages(**options: Any) -> Iterator[list[tuple[str, str]]]:
        while True:
            page = table.scan(**options)
            yield [(item["pk"], item["sk"]) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    expected = [("NOTES", f"{number:03}") for number in range(NOTES)]
    # ORDER#0 was deleted by the batch, and ORDER#2 by the transaction.
    expected += [(key, key) for key in ["ORDER#1", *(f"ORDER#{number}" for number in range(3, 8)), "TX#1", "TYPES#1"]]
    for limit in [1, 7, 1000]:
        found = list(pages(Limit=limit))
        checks.equal(f"the longest page with a limit of {limit}", max(map(len, found)) <= limit, True)
        checks.equal(f"a scan with a limit of {limit}", sorted(sum(found, [])), sorted(expected))
    found = list(pages())
    checks.equal("more than one page without a limit", len(found) > 1, True)
    checks.equal("a scan without a limit", sorted(sum(found, [])), sorted(expected))
    segments = [key for segment in range(3) for page in pages(Segment=segment, TotalSegments=3) for key in page]
    checks.equal("a parallel scan", sorted(segments), sorted(expected))
    checks.equal("a count", sum(page["Count"] for page in count_pages(table)), len(expected))


def count_pages(table: Any) -> Iterator[dict[str, Any]]:
    """Yields the pages of a scan that only counts."""
    return iter(table.meta.client.get_paginator("scan").paginate(TableName=table.name, Select="COUNT"))


def time_to_live(client: Any, name: str) -> dict[str, str]:
    """Returns the time to live of a table."""
    return client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]


def own_table(table: Any, dynamodb: Any) -> None:
    """A program can create a table of its own next to that of `dev`, set its time to live, and delete it."""
    client = table.meta.client
    enabled = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    checks.equal("the time to live of config.json", time_to_live(client, table.name), enabled)
    sessions = dynamodb.create_table(
        TableName=OWN_TABLE,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "N"},
            {"AttributeName": "user", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-user",
                "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    sessions.wait_until_exists()
    checks.equal("the new time to live", time_to_live(client, OWN_TABLE), {"TimeToLiveStatus": "DISABLED"})
    request = {"Enabled": True, "AttributeName": "until"}
    answer = client.update_time_to_live(TableName=OWN_TABLE, TimeToLiveSpecification=request)
    checks.equal("the answer to update_time_to_live", answer["TimeToLiveSpecification"], request)
    enabled = {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    checks.equal("the enabled time to live", time_to_live(client, OWN_TABLE), enabled)
    other = {**request, "AttributeName": "since"}
    rejected(
        "a second attribute for the time to live",
        "ValidationException",
        lambda: client.update_time_to_live(TableName=OWN_TABLE, TimeToLiveSpecification=other),
    )

    sessions.put_item(Item={"id": 1, "user": "ada", "until": 4102444800, "device": "phone"})
    answer = sessions.query(IndexName="by-user", KeyConditionExpression=Key("user").eq("ada"))
    checks.equal("an item of an index with keys only", answer["Items"], [{"id": 1, "user": "ada"}])
    sessions.delete()
    sessions.wait_until_not_exists()
    rejected("a deleted table", "ResourceNotFoundException", lambda: client.describe_table(TableName=OWN_TABLE))


def main() -> None:
    """Runs the command line."""
    arguments = checks.arguments("Uses a local table with boto3.").parse_args()
    dynamodb = resource(arguments.endpoint)
    table = dynamodb.Table(arguments.table)
    # The order matters: the scan expects the items of the steps before it.
    for step in [describe, put_and_get, update_and_delete, conditional_failure, query_indexes, transact, batches, scan]:
        step(table)
        print(f"ok: {step.__name__}")
    own_table(table, dynamodb)
    print(f"ok: {own_table.__name__}")


if __name__ == "__main__":
    sys.exit(main())
