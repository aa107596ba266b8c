"""Uses the tables of `monotable dev` with the AWS command line.

    python aws_cli.py --endpoint URL --table NAME

Runs the `aws` of its own interpreter. The table must be empty and have the layout of `config.json` in `cli/tests/clients.rs`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import checks

OWN_TABLE = "carts"


class Aws:
    """The AWS command line, with the settings that a user needs for a local table."""

    def __init__(self, endpoint: str, home: Path) -> None:
        self.endpoint = endpoint
        # Neither the settings of the user nor a proxy may change the result.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        kept = {name: value for name, value in kept.items() if not name.lower().endswith("_proxy")}
        self.environment = {
            **kept,
            "AWS_ACCESS_KEY_ID": "UNUSED",
            "AWS_SECRET_ACCESS_KEY": "UNUSED",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            # One attempt, so that no check passes only because the request was sent again.
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command of `aws dynamodb`."""
        command = [sys.executable, "-m", "awscli", "dynamodb", *arguments, "--endpoint-url", self.endpoint]
        return subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    def __call__(self, *arguments: str) -> Any:
        """Runs a command that must succeed, and returns its output."""
        result = self.start(*arguments)
        checks.equal(f"exit code of `aws dynamodb {arguments[0]}` ({result.stderr.strip()})", result.returncode, 0)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def rejected(self, code: str, *arguments: str) -> None:
        """Runs a command that DynamoDB must reject."""
        result = self.start(*arguments)
        # Version 1 exits with 255, and version 2 with 254.
        checks.equal(f"failure of a rejected `aws dynamodb {arguments[0]}`", result.returncode in (254, 255), True)
        checks.contains(f"error of a rejected `aws dynamodb {arguments[0]}`", result.stderr, f"({code})")


def tables(aws: Aws, table: str) -> None:
    """`describe-table` shows the table of `dev`, and `create-table` creates another one next to it."""
    described = aws("describe-table", "--table-name", table)["Table"]
    checks.equal("status of the table", described["TableStatus"], "ACTIVE")
    indexes = sorted(index["IndexName"] for index in described["GlobalSecondaryIndexes"])
    checks.equal("indexes of the table", indexes, ["by-email", "gsi1pk-gsi1sk-index", "gsi2pk-gsi2sk-index"])
    aws(
        "create-table",
        *("--table-name", OWN_TABLE),
        *("--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=owner,AttributeType=S"),
        *("--key-schema", "AttributeName=id,KeyType=HASH"),
        *("--billing-mode", "PAY_PER_REQUEST"),
        "--global-secondary-indexes",
        "IndexName=by-owner,KeySchema=[{AttributeName=owner,KeyType=HASH}],Projection={ProjectionType=ALL}",
    )
    aws("wait", "table-exists", "--table-name", OWN_TABLE)
    checks.equal("tables of the engine", sorted(aws("list-tables")["TableNames"]), sorted([OWN_TABLE, table]))


def items(aws: Aws, table: str, home: Path) -> None:
    """`put-item`, `get-item`, `update-item`, and a failed condition."""
    item = {
        "pk": {"S": "CUSTOMER#1"},
        "sk": {"S": "CUSTOMER#1"},
        "name": {"S": "Zoë"},
        "email": {"S": "zoe@example.com"},
        "points": {"N": "12345678901234567890.5"},
        "tags": {"SS": ["a", "b"]},
        "address": {"M": {"lines": {"L": [{"S": "1 Main St"}, {"NULL": True}]}, "active": {"BOOL": True}}},
    }
    file = home / "item.json"
    file.write_text(json.dumps(item))
    aws("put-item", "--table-name", table, "--item", f"file://{file}")
    key = '{"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "CUSTOMER#1"}}'
    found = aws("get-item", "--table-name", table, "--key", key, "--consistent-read")["Item"]
    found["tags"]["SS"].sort()
    checks.equal("the item of a file", found, item)
    aws.rejected(
        "ConditionalCheckFailedException",
        *("put-item", "--table-name", table, "--item", key, "--condition-expression", "attribute_not_exists(pk)"),
    )
    updated = aws(
        *("update-item", "--table-name", table, "--key", key, "--return-values", "UPDATED_NEW"),
        *("--update-expression", "SET #n = :name", "--expression-attribute-names", '{"#n": "name"}'),
        *("--expression-attribute-values", '{":name": {"S": "Zoe"}}'),
    )
    checks.equal("the updated attributes", updated["Attributes"], {"name": {"S": "Zoe"}})


def index(aws: Aws, table: str) -> None:
    """`batch-write-item` writes items, and `query` finds them in the indexes."""
    orders = [
        {
            "pk": {"S": f"ORDER#{number}"},
            "sk": {"S": f"ORDER#{number}"},
            "gsi1pk": {"S": "CUSTOMER#1"},
            "gsi1sk": {"S": f"ORDER#{number}"},
        }
        for number in range(1, 8)
    ]
    requests = json.dumps({table: [{"PutRequest": {"Item": order}} for order in orders]})
    answer = aws("batch-write-item", "--request-items", requests)
    checks.equal("the items that were not processed", answer["UnprocessedItems"], {})
    found = aws(
        *("query", "--table-name", table, "--index-name", "gsi1pk-gsi1sk-index", "--no-scan-index-forward"),
        *("--key-condition-expression", "gsi1pk = :customer AND begins_with(gsi1sk, :order)", "--max-items", "3"),
        *("--expression-attribute-values", '{":customer": {"S": "CUSTOMER#1"}, ":order": {"S": "ORDER#"}}'),
    )
    checks.equal("the last three orders", found["Items"], orders[:-4:-1])
    found = aws(
        *("query", "--table-name", table, "--index-name", "by-email", "--key-condition-expression", "email = :email"),
        *("--expression-attribute-values", '{":email": {"S": "zoe@example.com"}}', "--query", "Items[].pk.S"),
    )
    checks.equal("the customer with an email address", found, ["CUSTOMER#1"])


def transact(aws: Aws, table: str, home: Path) -> None:
    """`transact-write-items` applies all of its parts or none."""
    put = {"Put": {"TableName": table, "Item": {"pk": {"S": "TX#1"}, "sk": {"S": "TX#1"}}}}
    delete = {"Delete": {"TableName": table, "Key": {"pk": {"S": "ORDER#7"}, "sk": {"S": "ORDER#7"}}}}
    in_own_table = {"Put": {"TableName": OWN_TABLE, "Item": {"id": {"S": "cart-1"}, "owner": {"S": "CUSTOMER#1"}}}}
    file = home / "parts.json"
    file.write_text(json.dumps([put, delete, in_own_table]))
    aws("transact-write-items", "--transact-items", f"file://{file}")
    found = aws(
        *("query", "--table-name", OWN_TABLE, "--index-name", "by-owner"),
        *("--key-condition-expression", "#o = :owner", "--expression-attribute-names", '{"#o": "owner"}'),
        *("--expression-attribute-values", '{":owner": {"S": "CUSTOMER#1"}}'),
    )
    checks.equal("the item in the other table", found["Items"], [in_own_table["Put"]["Item"]])
    other = {"Put": {"TableName": table, "Item": {"pk": {"S": "TX#2"}, "sk": {"S": "TX#2"}}}}
    put["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
    file.write_text(json.dumps([other, put]))
    aws.rejected("TransactionCanceledException", "transact-write-items", "--transact-items", f"file://{file}")


def scan(aws: Aws, table: str) -> None:
    """`scan --max-items` and `--starting-token` find every item exactly once."""
    expected = ["CUSTOMER#1", *(f"ORDER#{number}" for number in range(1, 7)), "TX#1"]
    found, token = [], []
    while True:
        page = aws("scan", "--table-name", table, "--max-items", "3", "--page-size", "2", *token)
        checks.equal("the longest page", len(page["Items"]) <= 3, True)
        found += [item["pk"]["S"] for item in page["Items"]]
        if "NextToken" not in page:
            break
        token = ["--starting-token", page["NextToken"]]
    checks.equal("a scan in pages", sorted(found), expected)
    counted = aws("scan", "--table-name", table, "--select", "COUNT")
    checks.equal("a count", counted["Count"], len(expected))


def time_to_live(aws: Aws, table: str) -> None:
    """The table of `dev` has the time to live of `config.json`; `update-time-to-live` sets that of another one."""
    described = aws("describe-time-to-live", "--table-name", table)["TimeToLiveDescription"]
    checks.equal("of config.json", described, {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"})
    specification = "Enabled=true, AttributeName=until"
    aws("update-time-to-live", "--table-name", OWN_TABLE, "--time-to-live-specification", specification)
    described = aws("describe-time-to-live", "--table-name", OWN_TABLE)["TimeToLiveDescription"]
    checks.equal("of the other table", described, {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"})


def delete(aws: Aws) -> None:
    """`delete-table` deletes the other table."""
    aws("delete-table", "--table-name", OWN_TABLE)
    aws("wait", "table-not-exists", "--table-name", OWN_TABLE)
    aws.rejected("ResourceNotFoundException", "describe-table", "--table-name", OWN_TABLE)


def main() -> None:
    """Runs the command line."""
    arguments = checks.arguments("Uses local tables with the AWS command line.").parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        aws = Aws(arguments.endpoint, home)
        # The order matters: the scan expects the items of the steps before it.
        tables(aws, arguments.table)
        items(aws, arguments.table, home)
        index(aws, arguments.table)
        transact(aws, arguments.table, home)
        scan(aws, arguments.table)
        time_to_live(aws, arguments.table)
        delete(aws)
        print("ok: the AWS command line")


if __name__ == "__main__":
    sys.exit(main())
