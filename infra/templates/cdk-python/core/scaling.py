"""The automatic scaling of provisioned capacity."""

from __future__ import annotations

from aws_cdk import aws_applicationautoscaling as scaling
from constructs import Construct

from .settings import Autoscaling


def scale_capacity(scope: Construct, table_name: str, index_name: str | None, limits: Autoscaling) -> None:
    """Scales the read and the write capacity of a table, or of one of its global indexes."""
    resource = "table" if index_name is None else "index"
    resource_id = f"table/{table_name}" if index_name is None else f"table/{table_name}/index/{index_name}"
    for name in ("Read", "Write"):
        construct_id = f"{index_name or 'Table'}{name}"
        target = scaling.CfnScalableTarget(
            scope,
            f"{construct_id}Target",
            service_namespace="dynamodb",
            resource_id=resource_id,
            scalable_dimension=f"dynamodb:{resource}:{name}CapacityUnits",
            min_capacity=limits["min"],
            max_capacity=limits["max"],
        )
        scaling.CfnScalingPolicy(
            scope,
            f"{construct_id}Policy",
            policy_name=f"{name}Capacity",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                predefined_metric_specification=scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type=f"DynamoDB{name}CapacityUtilization",
                ),
                target_value=limits["target_percent"],
            ),
        )
