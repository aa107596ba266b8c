"""Reads the output of `terraform show -json PLAN` and writes the planned tables in the words of CloudFormation.

The result is a JSON object: the name of each config.json without its extension, and for it the properties of AWS::DynamoDB::Table,
of the table's own AWS::KMS::Key, and of the scalable targets. Sets are sorted, and values that are known only after apply are absent.

    terraform show -json plan | python3 normalise.py
"""

import json
import re
import sys

MODULE = re.compile(r'module\.table\["(?P<name>[^"]+)"\]')


def main() -> None:
    plan = json.load(sys.stdin)
    tables: dict[str, dict] = {}
    for resource in resources(plan["planned_values"]["root_module"]):
        match = MODULE.match(resource["address"])
        if not match or resource["mode"] != "managed":
            continue
        table = tables.setdefault(match["name"], {"Table": None, "Key": None, "Scaling": []})
        values = resource["values"]
        if resource["type"] == "aws_dynamodb_table":
            table["Table"] = table_properties(values)
        elif resource["type"] == "aws_kms_key":
            table["Key"] = {
                "Description": values["description"],
                "EnableKeyRotation": values["enable_key_rotation"],
                "KeyPolicy": json.loads(values["policy"]),
                "PendingWindowInDays": values["deletion_window_in_days"],
                "Tags": tags(values),
            }
        elif resource["type"] == "aws_appautoscaling_policy":
            table["Scaling"].append(("policy", resource["index"], values))
        elif resource["type"] == "aws_appautoscaling_target":
            table["Scaling"].append(("target", resource["index"], values))
    for table in tables.values():
        table["Scaling"] = scaling(table["Scaling"])
    json.dump(tables, sys.stdout, indent=2, sort_keys=True)
    print()


def resources(module: dict):
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from resources(child)


def table_properties(values: dict) -> dict:
    provisioned = values["billing_mode"] == "PROVISIONED"
    properties = {
        "TableName": values["name"],
        "BillingMode": values["billing_mode"],
        "KeySchema": key_schema(values["hash_key"], values["range_key"]),
        "AttributeDefinitions": sorted(
            ({"AttributeName": one["name"], "AttributeType": one["type"]} for one in values["attribute"]),
            key=lambda one: one["AttributeName"],
        ),
        "GlobalSecondaryIndexes": indexes(values["global_secondary_index"], None, provisioned),
        "LocalSecondaryIndexes": indexes(values["local_secondary_index"], values["hash_key"], False),
        "DeletionProtectionEnabled": values["deletion_protection_enabled"],
        "PointInTimeRecoverySpecification": recovery(values["point_in_time_recovery"][0]),
        "Tags": tags(values),
    }
    if provisioned:
        properties["ProvisionedThroughput"] = throughput(values)
    if values["stream_enabled"]:
        properties["StreamSpecification"] = {"StreamViewType": values["stream_view_type"]}
    for ttl in (one for one in values["ttl"] if one["enabled"]):
        properties["TimeToLiveSpecification"] = {"AttributeName": ttl["attribute_name"], "Enabled": ttl["enabled"]}
    for sse in (one for one in values["server_side_encryption"] if one["enabled"]):
        # The ARN of a key that the plan creates is known only after apply.
        key = {"KMSMasterKeyId": sse["kms_key_arn"]} if "kms_key_arn" in sse else {}
        properties["SSESpecification"] = {"SSEEnabled": sse["enabled"], "SSEType": "KMS", **key}
    return {name: value for name, value in properties.items() if value not in ([], None)}


def key_schema(hash_key: str, range_key: str | None) -> list:
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return schema + ([{"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else [])


def indexes(values: list, table_hash_key: str | None, provisioned: bool) -> list:
    found = []
    for index in values:
        projection = {"ProjectionType": index["projection_type"]}
        if index["non_key_attributes"]:
            projection["NonKeyAttributes"] = sorted(index["non_key_attributes"])
        one = {
            "IndexName": index["name"],
            "KeySchema": key_schema(table_hash_key or index["hash_key"], index["range_key"]),
            "Projection": projection,
        }
        if provisioned:
            one["ProvisionedThroughput"] = throughput(index)
        found.append(one)
    return sorted(found, key=lambda one: one["IndexName"])


def throughput(values: dict) -> dict:
    return {"ReadCapacityUnits": values["read_capacity"], "WriteCapacityUnits": values["write_capacity"]}


def recovery(values: dict) -> dict:
    days = {"RecoveryPeriodInDays": values["recovery_period_in_days"]} if values["enabled"] else {}
    return {"PointInTimeRecoveryEnabled": values["enabled"], **days}


def tags(values: dict) -> list:
    return [{"Key": key, "Value": value} for key, value in sorted((values.get("tags") or {}).items())]


def scaling(parts: list) -> list:
    joined: dict[str, dict] = {}
    for kind, key, values in parts:
        one = joined.setdefault(key, {"Key": key})
        one["ScalableDimension"] = values["scalable_dimension"]
        if kind == "target":
            one |= {"ResourceId": values["resource_id"], "MinCapacity": values["min_capacity"], "MaxCapacity": values["max_capacity"]}
        else:
            target = values["target_tracking_scaling_policy_configuration"][0]
            metric = target["predefined_metric_specification"][0]["predefined_metric_type"]
            one |= {"TargetValue": target["target_value"], "PredefinedMetricType": metric}
    return [joined[key] for key in sorted(joined)]


if __name__ == "__main__":
    main()
