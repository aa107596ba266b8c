"""The properties of the CloudFormation resource `AWS::DynamoDB::Table`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws_cdk import CfnTag
from aws_cdk import aws_kms as kms
from aws_cdk.aws_dynamodb import CfnTable

from .settings import Index, KeyAttribute, Settings


def table_properties(settings: Settings, key: kms.IKey | None) -> dict[str, Any]:
    """Returns the arguments of `CfnTable`. An empty list is left out: in a diff, it differs from a missing list."""
    recovery = settings.point_in_time_recovery
    sort_key = [settings.sort_key] if settings.sort_key else []
    return {
        "table_name": settings.table_name,
        "attribute_definitions": [
            CfnTable.AttributeDefinitionProperty(attribute_name=key.name, attribute_type=key.type)
            for key in settings.attributes()
        ],
        "key_schema": _key_schema([settings.partition_key], sort_key),
        "global_secondary_indexes": [_global_index(settings, index) for index in settings.global_indexes] or None,
        "local_secondary_indexes": [_local_index(settings, index) for index in settings.local_indexes] or None,
        "billing_mode": settings.billing,
        "provisioned_throughput": _throughput(settings),
        "point_in_time_recovery_specification": CfnTable.PointInTimeRecoverySpecificationProperty(
            point_in_time_recovery_enabled=recovery is not False,
            recovery_period_in_days=None if recovery is False else recovery,
        ),
        "sse_specification": key
        and CfnTable.SSESpecificationProperty(sse_enabled=True, sse_type="KMS", kms_master_key_id=key.key_arn),
        "deletion_protection_enabled": settings.deletion_protection,
        "time_to_live_specification": settings.ttl_attribute
        and CfnTable.TimeToLiveSpecificationProperty(attribute_name=settings.ttl_attribute, enabled=True),
        "stream_specification": settings.stream
        and CfnTable.StreamSpecificationProperty(stream_view_type=settings.stream),
        "tags": [CfnTag(key=name, value=value) for name, value in settings.tags.items()] or None,
    }


def _global_index(settings: Settings, index: Index) -> CfnTable.GlobalSecondaryIndexProperty:
    return CfnTable.GlobalSecondaryIndexProperty(
        index_name=index.index_name,
        key_schema=_key_schema(index.partition_keys, index.sort_keys),
        projection=_projection(index),
        provisioned_throughput=_throughput(settings, index),
    )


def _local_index(settings: Settings, index: Index) -> CfnTable.LocalSecondaryIndexProperty:
    return CfnTable.LocalSecondaryIndexProperty(
        index_name=index.index_name,
        key_schema=_key_schema([settings.partition_key], index.sort_keys),
        projection=_projection(index),
    )


def _key_schema(partition: Iterable[KeyAttribute], sort: Iterable[KeyAttribute]) -> list[CfnTable.KeySchemaProperty]:
    keys = [*((key, "HASH") for key in partition), *((key, "RANGE") for key in sort)]
    return [CfnTable.KeySchemaProperty(attribute_name=key.name, key_type=key_type) for key, key_type in keys]


def _projection(index: Index) -> CfnTable.ProjectionProperty:
    if isinstance(index.projection, str):
        return CfnTable.ProjectionProperty(projection_type=index.projection)
    return CfnTable.ProjectionProperty(projection_type="INCLUDE", non_key_attributes=list(index.projection))


def _throughput(settings: Settings, index: Index | None = None) -> CfnTable.ProvisionedThroughputProperty | None:
    """Returns the capacity of the table or of an index. An index without a capacity gets the capacity of the table."""
    capacity = (index and index.capacity) or settings.capacity
    return capacity and CfnTable.ProvisionedThroughputProperty(
        read_capacity_units=capacity["read"], write_capacity_units=capacity["write"]
    )
