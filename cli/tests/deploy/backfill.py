"""The indexes that DynamoDB is still filling. As on AWS, the stack is complete before they are ACTIVE."""

import json

import template
from answers import Answer
from upstream import Upstream


class Backfill:
    """How often DescribeTable still reports an index as CREATING, by the names of the table and the index."""

    def __init__(self, upstream: Upstream):
        self.upstream = upstream
        self._creating: dict[str, dict[str, int]] = {}

    def start(self, region: str, stack: str, old: dict, new: dict, describes: int) -> None:
        """Makes the indexes CREATING that an update has added to existing tables."""
        before = template.tables(old)
        for name, table in template.tables(new).items():
            if name in before and describes:
                created = template.indexes(table["Properties"]).keys() - template.indexes(before[name]["Properties"]).keys()
                physical = self.upstream.physical_id(region, stack, name)
                self._creating[physical] = dict.fromkeys(created, describes)

    def busy(self, region: str, stack: str, old: dict) -> dict[str, set[str]]:
        """Returns the indexes that are still CREATING, by the logical id of their table."""
        if not self._creating:
            return {}
        physical = {name: self.upstream.physical_id(region, stack, name) for name in template.tables(old)}
        return {name: set(self._creating.get(table, {})) for name, table in physical.items()}

    def describe_table(self, answer: Answer) -> Answer:
        """Changes DynamoDB's answer for a table with new indexes."""
        if answer.status != 200 or not self._creating:
            return answer
        body = json.loads(answer.body)
        creating = self._creating.get(body["Table"]["TableName"], {})
        for index in body["Table"].get("GlobalSecondaryIndexes", []):
            if index["IndexName"] in creating:
                index["IndexStatus"], index["Backfilling"] = "CREATING", True
        for name in list(creating):
            creating[name] -= 1
            if creating[name] <= 0:
                del creating[name]
        return Answer(answer.status, json.dumps(body).encode(), answer.headers)
