"""Measures the CPU time of one get, and of one query of 100 items, with PynamoDB.

    python read.py --endpoint URL --table NAME [--rounds N]

The table must contain the orders of the benchmarks. Prints one JSON object with the medians of the rounds, in microseconds.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.models import Model


class BaseModel(Model):
    """The base class of all items in the table."""

    class Meta:
        aws_access_key_id = "UNUSED"
        aws_secret_access_key = "UNUSED"
        region = "us-east-1"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity_type = DiscriminatorAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()


class Address(MapAttribute):
    """A map attribute of an order."""

    city = UnicodeAttribute()
    zip = UnicodeAttribute()


class Order(BaseModel, discriminator="Order"):
    """An order with 14 attributes."""

    user_id = UnicodeAttribute()
    id = UnicodeAttribute()
    status = UnicodeAttribute()
    placed_at = UnicodeAttribute()
    total = NumberAttribute()
    paid = BooleanAttribute()
    note = UnicodeAttribute()
    address = Address()
    tags = ListAttribute(of=UnicodeAttribute)


def query() -> None:
    """Queries 100 items of one type."""
    orders = list(BaseModel.query("USER#u-1", BaseModel.sk.startswith("ORDER#")))
    assert len(orders) == 100 and all(isinstance(order, Order) for order in orders)


def get() -> None:
    """Gets one item."""
    assert isinstance(BaseModel.get("USER#u-1", "ORDER#00000000"), Order)


def micros(work: Callable[[], None], times: int, rounds: int) -> float:
    """Returns the CPU time of one call in microseconds, as the median of the rounds."""
    work()
    samples = []
    for _ in range(rounds):
        start = time.thread_time()
        for _ in range(times):
            work()
        samples.append((time.thread_time() - start) / times * 1e6)
    return statistics.median(samples)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    for model in (BaseModel, Order):
        model.Meta.host = arguments.endpoint
        model.Meta.table_name = arguments.table
    print(json.dumps({"query100": micros(query, 10, arguments.rounds), "get": micros(get, 50, arguments.rounds)}))


if __name__ == "__main__":
    main()
