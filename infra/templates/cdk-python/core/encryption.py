"""The KMS keys that encrypt the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import RemovalPolicy, Stack, Tags
from aws_cdk import aws_kms as kms
from constructs import Construct

from .settings import Settings

_SHARED = "SharedEncryptionKey"


class SharedKey(kms.Key):
    """The key that all tables with `"kms": "shared"` use."""

    first_tags: Mapping[str, str]
    """The tags with which the key started: those of its first table."""


def encryption_key(scope: Construct, application: Construct, settings: Settings) -> kms.IKey | None:
    """Returns the key that encrypts a table, or `None` if DynamoDB owns the key."""
    if isinstance(settings.kms, dict):
        return kms.Key.from_key_arn(scope, "EncryptionKey", settings.kms["key_arn"])
    if settings.kms == "aws-owned":
        return None
    if settings.kms == "shared":
        return _shared_key(Stack.of(application), settings)
    key = kms.Key(
        scope,
        "EncryptionKey",
        description=f"Encrypts the table {scope.node.path}",
        enable_key_rotation=settings.key_rotation,
        removal_policy=removal_policy(settings),
    )
    _tag(key, settings.tags)
    return key


def _shared_key(stack: Stack, settings: Settings) -> kms.Key:
    """Returns the shared key. If the settings of its tables differ, the safer one applies.

    The key has the tags that all tables have.
    """
    found = stack.node.try_find_child(_SHARED)
    if not isinstance(found, SharedKey):
        key = SharedKey(
            stack,
            _SHARED,
            description=f"Encrypts tables of {stack.stack_name}",
            enable_key_rotation=settings.key_rotation,
            removal_policy=removal_policy(settings),
        )
        key.first_tags = settings.tags
        _tag(key, settings.tags)
        return key
    for name, value in found.first_tags.items():
        if settings.tags.get(name) != value:
            Tags.of(found).remove(name)
    if settings.key_rotation:
        cast(kms.CfnKey, found.node.default_child).enable_key_rotation = True
    if settings.on_removal == "retain":
        found.apply_removal_policy(RemovalPolicy.RETAIN)
    return found


def _tag(key: kms.Key, tags: Mapping[str, str]) -> None:
    for name, value in tags.items():
        Tags.of(key).add(name, value)


def removal_policy(settings: Settings) -> RemovalPolicy:
    return RemovalPolicy.DESTROY if settings.on_removal == "delete" else RemovalPolicy.RETAIN
