"""The settings of a table, as `config.json` and a stack give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypedDict

Billing = Literal["PAY_PER_REQUEST", "PROVISIONED"]
Stream = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
OnRemoval = Literal["retain", "delete"]


class Capacity(TypedDict):
    """Provisioned read and write capacity units."""

    read: int
    write: int


class Autoscaling(TypedDict):
    """Limits and target of the automatic scaling of provisioned capacity. They apply to reads and to writes."""

    min: int
    max: int
    target_percent: int


class KeyArn(TypedDict):
    """An existing KMS key."""

    key_arn: str


Kms = Literal["own", "shared", "aws-owned"] | KeyArn


class Overrides(TypedDict, total=False):
    """The settings that a stack can replace. The words and their values are those of `config.json`."""

    billing: Billing
    """The billing mode. `PAY_PER_REQUEST` also removes the capacity and the autoscaling that the file sets."""
    capacity: Capacity
    """The provisioned capacity of the table, and of each index that has no capacity in the file."""
    autoscaling: Autoscaling | Literal[False]
    """The autoscaling of the table. `False` turns it off for the table and its indexes."""
    ttl_attribute: str | Literal[False]
    """The attribute with the expiry time of an item; `False` turns expiry off."""
    stream: Stream | Literal[False]
    """The data in the stream of the table; `False` turns the stream off."""
    kms: Kms
    """The key that encrypts the table. `own` and `shared` cost about 1 USD a month for each key."""
    key_rotation: bool
    """Whether AWS KMS replaces the key material every year."""
    point_in_time_recovery: int | Literal[False]
    """The number of days to which the table can be restored, 1 to 35; `False` turns recovery off."""
    deletion_protection: bool
    on_removal: OnRemoval
    """What happens to the table and its key when they leave the stack."""
    tags: Mapping[str, str]
    """Tags of the table and of its own key. They are added to the tags of the file."""
    table_name: str
    """The fixed name of the table. Without it, CloudFormation generates a name."""


@dataclass(frozen=True)
class KeyAttribute:
    """A key attribute: its name, and its type (string, number or binary)."""

    name: str
    type: str


@dataclass(frozen=True)
class Index:
    """A secondary index. A local index has no `partition_keys`, because it uses the partition key of the table."""

    index_name: str
    partition_keys: tuple[KeyAttribute, ...]
    sort_keys: tuple[KeyAttribute, ...]
    projection: str | tuple[str, ...]
    capacity: Capacity | None
    autoscaling: Autoscaling | None


@dataclass(frozen=True)
class Settings:
    """The contents of a `config.json` for one environment."""

    runtime_config_key: str
    partition_key: KeyAttribute
    sort_key: KeyAttribute | None
    global_indexes: tuple[Index, ...]
    local_indexes: tuple[Index, ...]
    billing: Billing
    capacity: Capacity | None
    autoscaling: Autoscaling | None
    ttl_attribute: str | None
    stream: Stream | None
    kms: Kms
    key_rotation: bool
    point_in_time_recovery: int | Literal[False]
    deletion_protection: bool
    on_removal: OnRemoval
    tags: Mapping[str, str]
    table_name: str | None

    def attributes(self) -> list[KeyAttribute]:
        """Returns each key attribute once: those of the table, of the global indexes, and of the local indexes."""
        found: dict[str, KeyAttribute] = {}
        for key in self.all_keys():
            found.setdefault(key.name, key)
        return list(found.values())

    def all_keys(self) -> list[KeyAttribute]:
        """Returns the key attributes of the table and of each index, with duplicates."""
        keys = [self.partition_key, *([self.sort_key] if self.sort_key else [])]
        for index in (*self.global_indexes, *self.local_indexes):
            keys += [*index.partition_keys, *index.sort_keys]
        return keys
