"""Reads a `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .checker import Checker, Json
from .settings import Index, KeyAttribute, Overrides, Settings

# The folder of `cdk.json`. A relative path to a `config.json` starts here, whatever the working directory is.
PROJECT = Path(__file__).resolve().parent.parent

DEPLOY_WORDS = ["kms", "keyRotation", "pointInTimeRecovery", "deletionProtection", "onRemoval", "tags", "tableName"]
TABLE_WORDS = [
    "partitionKey", "sortKey", "globalSecondaryIndexes", "localSecondaryIndexes", "ttlAttribute", "stream", "billing",
    "capacity", "autoscaling",
]  # fmt: skip
INDEX_WORDS = [
    "indexName", "name", "partitionKey", "partitionKeys", "sortKey", "sortKeys", "projection", "capacity", "autoscaling",
]  # fmt: skip


def read_settings(config: str, environment: str | None, overrides: Overrides) -> Settings:
    """Reads a `config.json`, and applies the overrides of an environment and then those of the stack.

    It finds the mistakes that would give a wrong table. `monotable validate` finds all of them, with line and column.
    """
    check = Checker(config)
    file = check.parse(PROJECT / config)
    check.object("", file, ["$schema", "runtimeConfigKey", "localDev", "tableConfig", "deploy"])
    table = check.object("tableConfig", _or(file.get("tableConfig"), {}), TABLE_WORDS)
    deploy = check.object("deploy", _or(file.get("deploy"), {}), [*DEPLOY_WORDS, "environments"])
    words = {**table, **deploy, **_environment_words(check, deploy.get("environments"), environment)}
    get = words.get

    partition_key = check.optional("tableConfig.partitionKey", get("partitionKey"), check.key)
    sort_key = check.optional("tableConfig.sortKey", get("sortKey"), check.key)
    default_sort_key = None if partition_key else KeyAttribute("sk", "S")
    settings = Settings(
        runtime_config_key=check.text("runtimeConfigKey", file.get("runtimeConfigKey")),
        partition_key=partition_key or KeyAttribute("pk", "S"),
        sort_key=sort_key or default_sort_key,
        global_indexes=_indexes(check, "tableConfig.globalSecondaryIndexes", get("globalSecondaryIndexes")),
        local_indexes=_indexes(check, "tableConfig.localSecondaryIndexes", get("localSecondaryIndexes")),
        billing=check.one_of(
            "tableConfig.billing", _or(get("billing"), "PAY_PER_REQUEST"), ["PAY_PER_REQUEST", "PROVISIONED"]
        ),
        capacity=check.optional("tableConfig.capacity", get("capacity"), check.capacity),
        autoscaling=check.optional("tableConfig.autoscaling", get("autoscaling"), check.autoscaling),
        ttl_attribute=check.optional("tableConfig.ttlAttribute", get("ttlAttribute"), check.text),
        stream=check.optional("tableConfig.stream", get("stream"), check.stream),
        kms=check.kms("deploy.kms", _or(get("kms"), "own")),
        key_rotation=check.flag("deploy.keyRotation", _or(get("keyRotation"), True)),
        point_in_time_recovery=check.recovery("deploy.pointInTimeRecovery", _or(get("pointInTimeRecovery"), 35)),
        deletion_protection=check.flag("deploy.deletionProtection", _or(get("deletionProtection"), True)),
        on_removal=check.one_of("deploy.onRemoval", _or(get("onRemoval"), "retain"), ["retain", "delete"]),
        tags={**check.tags("deploy.tags", deploy.get("tags")), **check.tags("deploy.tags", get("tags"))},
        table_name=check.optional("deploy.tableName", get("tableName"), check.text),
    )
    settings = _override(settings, overrides)
    _check(check, settings)
    return settings


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _environment_words(check: Checker, environments: Any, environment: str | None) -> Json:
    """Returns the words of the environment. A file without `environments` is the same in every environment."""
    every = check.object("deploy.environments", _or(environments, {}))
    for name, words in every.items():
        check.object(f"deploy.environments.{name}", words, [*DEPLOY_WORDS, "capacity", "autoscaling"])
    if environment is None or not every:
        return {}
    if environment not in every:
        known = ", ".join(every)
        check.fail(f"`deploy.environments` has no `{environment}`, only {known}; add it, or choose one of these")
    return {word: value for word, value in every[environment].items() if value is not None}


def _indexes(check: Checker, word: str, value: Any) -> tuple[Index, ...]:
    found = []
    for number, entry in enumerate(check.list(word, _or(value, []))):
        at = f"{word}[{number}]"
        get = check.object(at, entry, INDEX_WORDS).get
        found.append(
            Index(
                index_name=check.text(f"{at}.indexName", get("indexName")),
                partition_keys=check.keys(f"{at}.partitionKey", get("partitionKey"), get("partitionKeys")),
                sort_keys=check.keys(f"{at}.sortKey", get("sortKey"), get("sortKeys")),
                projection=check.projection(f"{at}.projection", _or(get("projection"), "ALL")),
                capacity=check.optional(f"{at}.capacity", get("capacity"), check.capacity),
                autoscaling=check.optional(f"{at}.autoscaling", get("autoscaling"), check.autoscaling),
            )
        )
    return tuple(found)


def _override(file: Settings, overrides: Overrides) -> Settings:
    """Applies the overrides of the stack. An override that is `None` keeps the value of the file."""
    present: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    if present.get("billing") == "PAY_PER_REQUEST":
        indexes = tuple(replace(index, capacity=None, autoscaling=None) for index in file.global_indexes)
        file = replace(file, capacity=None, autoscaling=None, global_indexes=indexes)
    if present.get("autoscaling") is False:
        file = replace(file, global_indexes=tuple(replace(index, autoscaling=None) for index in file.global_indexes))
    for name in ("autoscaling", "ttl_attribute", "stream"):
        if present.get(name) is False:
            present[name] = None
    tags: Mapping[str, str] = {**file.tags, **present.pop("tags", {})}
    return replace(file, **present, tags=tags)


def _check(check: Checker, settings: Settings) -> None:
    """Checks the rules that involve more than one word."""
    provisioned = settings.billing == "PROVISIONED"
    if provisioned and not settings.capacity:
        check.fail(
            '`tableConfig.billing` is PROVISIONED, which needs `tableConfig.capacity`; add `{ "read": 5, "write": 5 }`'
        )
    holders: list[Settings | Index] = [settings, *settings.global_indexes]
    for holder in holders:
        for word, value in (("capacity", holder.capacity), ("autoscaling", holder.autoscaling)):
            if value and not provisioned:
                check.fail(
                    f"`{word}` needs the billing mode PROVISIONED; set `tableConfig.billing`, or remove `{word}`"
                )
    names = set()
    for index in (*settings.global_indexes, *settings.local_indexes):
        if index.index_name in names:
            check.fail(f'two indexes have the `indexName` "{index.index_name}"; rename one of them')
        names.add(index.index_name)
    for index in settings.global_indexes:
        if not index.partition_keys:
            check.fail(f'the index "{index.index_name}" has no `partitionKey`; add one')
    for index in settings.local_indexes:
        name = f'the local index "{index.index_name}"'
        if index.partition_keys:
            check.fail(f"{name} uses the partition key of the table; remove `partitionKey`")
        if len(index.sort_keys) != 1:
            check.fail(f"{name} needs one `sortKey`")
        if index.capacity or index.autoscaling:
            check.fail(f"{name} uses the capacity of the table; remove `capacity` and `autoscaling`")
    types = {key.name: key.type for key in settings.attributes()}
    for key in settings.all_keys():
        if types[key.name] != key.type:
            check.fail(f"the key attribute `{key.name}` has two types; give it one `type`")
