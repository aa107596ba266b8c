# Application Auto Scaling for reads and writes, of the table and of each index that asks for it.

locals {
  autoscaled_parts = !local.provisioned ? {} : merge(
    { for limits in [local.autoscaling] : "table" => { path = "", dimension = "table", limits = limits } if local.autoscaled },
    { for index in local.indexes.global : "index/${index.name}" => { path = "/index/${index.name}", dimension = "index", limits = index.autoscaling } if index.autoscaled },
  )
  autoscaled_capacities = merge([for key, part in local.autoscaled_parts : {
    for action in ["Read", "Write"] : "${key}/${lower(action)}" => merge(part, { action = action })
  }]...)
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.autoscaled_capacities

  service_namespace  = "dynamodb"
  resource_id        = "table/${aws_dynamodb_table.this.name}${each.value.path}"
  scalable_dimension = "dynamodb:${each.value.dimension}:${each.value.action}CapacityUnits"
  min_capacity       = each.value.limits.min
  max_capacity       = each.value.limits.max
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.autoscaled_capacities

  name               = "DynamoDB${each.value.action}CapacityUtilization:${aws_appautoscaling_target.this[each.key].resource_id}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = each.value.limits.targetPercent

    predefined_metric_specification {
      predefined_metric_type = "DynamoDB${each.value.action}CapacityUtilization"
    }
  }
}
