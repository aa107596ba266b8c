use serde_json::json;

use super::{reference, sub};
use crate::Result;
use crate::plan::{Scaling, TablePlan};
use crate::template::{Resource, Template};

/// Adds a target and a policy for each capacity that follows the load.
pub(super) fn add(template: &mut Template, table: &TablePlan) -> Result<()> {
    for scaling in &table.scaling {
        let target = format!("{}Target", scaling.id);
        let policy = format!("{}Policy", scaling.id);
        template.add(&target, target_resource(table, scaling))?;
        let metric = format!("DynamoDB{}CapacityUtilization", scaling.dimension.as_str());
        let properties = json!({
            "PolicyName": policy,
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": reference(&target),
            "TargetTrackingScalingPolicyConfiguration": {
                "PredefinedMetricSpecification": { "PredefinedMetricType": metric },
                "TargetValue": scaling.limits.target_percent,
            },
        });
        template.add(&policy, Resource::new("AWS::ApplicationAutoScaling::ScalingPolicy", properties))?;
    }
    Ok(())
}

fn target_resource(table: &TablePlan, scaling: &Scaling) -> Resource {
    let kind = if scaling.index.is_some() { "index" } else { "table" };
    let index = scaling.index.as_ref().map(|index| format!("/index/{index}")).unwrap_or_default();
    // Without a role, Application Auto Scaling uses its own service-linked role.
    let properties = json!({
        "MaxCapacity": scaling.limits.max,
        "MinCapacity": scaling.limits.min,
        "ResourceId": sub(&format!("table/${{{}}}{index}", table.id)),
        "ScalableDimension": format!("dynamodb:{kind}:{}CapacityUnits", scaling.dimension.as_str()),
        "ServiceNamespace": "dynamodb",
    });
    Resource::new("AWS::ApplicationAutoScaling::ScalableTarget", properties)
}
