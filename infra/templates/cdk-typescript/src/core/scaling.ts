import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Construct } from 'constructs';
import type { Autoscaling } from './config';

const DIMENSIONS = [
  { name: 'Read', metric: 'DynamoDBReadCapacityUtilization' },
  { name: 'Write', metric: 'DynamoDBWriteCapacityUtilization' },
];

/** Scales the read and the write capacity of a table, or of one of its global indexes. */
export function scaleCapacity(scope: Construct, tableName: string, indexName: string | undefined, limits: Autoscaling): void {
  const resource = indexName === undefined ? 'table' : 'index';
  for (const { name, metric } of DIMENSIONS) {
    const id = `${indexName ?? 'Table'}${name}`;
    const target = new scaling.CfnScalableTarget(scope, `${id}Target`, {
      serviceNamespace: 'dynamodb',
      resourceId: indexName === undefined ? `table/${tableName}` : `table/${tableName}/index/${indexName}`,
      scalableDimension: `dynamodb:${resource}:${name}CapacityUnits`,
      minCapacity: limits.min,
      maxCapacity: limits.max,
    });
    new scaling.CfnScalingPolicy(scope, `${id}Policy`, {
      policyName: `${name}Capacity`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: metric },
        targetValue: limits.targetPercent,
      },
    });
  }
}
