"""What AWS rejects in a CloudFormation template. Nothing here does I/O.

`problem` is what CreateChangeSet and ValidateTemplate reject. `failure` is what AWS finds out only while it executes a change set.
"""

import re
from collections.abc import Iterator
from typing import Any

TABLE = "AWS::DynamoDB::Table"

PSEUDO_PARAMETERS = {
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
}

# An IAM resource with its own name needs CAPABILITY_NAMED_IAM.
IAM_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}

INCONSISTENT_ATTRIBUTES = "Property AttributeDefinitions is inconsistent with the KeySchema of the table and the secondary indexes"
SEVERAL_INDEXES = "Cannot perform more than one GSI creation or deletion in a single update"
CHANGED_INDEX = (
    "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. "
    "You can create a new GSI with a different name."
)
BUSY_INDEX = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def problem(template: dict, capabilities: set[str]) -> tuple[str, str] | None:
    """Returns the code and the message of the first error for which AWS does not even create a change set."""
    resources = template.get("Resources") or {}
    for block in ("Resources", "Outputs"):
        message = unresolved(template, block)
        if message:
            return "ValidationError", message
    needed = {capability(resource) for resource in resources.values()} - {None}
    if "CAPABILITY_NAMED_IAM" in needed:
        missing = {"CAPABILITY_NAMED_IAM"} - capabilities
    else:
        missing = needed if not capabilities & {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} else set()
    if missing:
        return "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(sorted(missing))}]"
    return None


def unresolved(template: dict, block: str) -> str | None:
    """Returns the message if a block of the template refers to something that the template does not contain."""
    resources = set(template.get("Resources") or {})
    known = resources | set(template.get("Parameters") or {}) | PSEUDO_PARAMETERS
    found = list(references(template.get(block) or {}))
    if block == "Resources":
        for resource in (template.get(block) or {}).values():
            depends = resource.get("DependsOn", [])
            found += [("DependsOn", name) for name in ([depends] if isinstance(depends, str) else depends)]
    for kind, name in found:
        if kind == "Fn::GetAtt" and name not in resources:
            return f"Template error: instance of Fn::GetAtt references undefined resource {name}"
    missing = sorted({name for kind, name in found if kind != "Fn::GetAtt" and name not in known})
    if not missing:
        return None
    prefix = "Template format error: " if block == "Resources" else ""
    return f"{prefix}Unresolved resource dependencies [{', '.join(missing)}] in the {block} block of the template"


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Yields the function and the name of everything that a value refers to."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    if not isinstance(value, dict):
        return
    for key, argument in value.items():
        if key == "Ref" and isinstance(argument, str):
            yield key, argument
        elif key == "Fn::GetAtt":
            yield key, argument.split(".")[0] if isinstance(argument, str) else argument[0]
        elif key == "Fn::Sub":
            text, variables = (argument, {}) if isinstance(argument, str) else argument
            for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
                if name not in variables:
                    yield key, name.strip().split(".")[0]
            yield from references(variables)
        else:
            yield from references(argument)


def capability(resource: dict) -> str | None:
    """Returns the capability that a resource needs."""
    kind = resource.get("Type", "")
    if not kind.startswith("AWS::IAM::"):
        return None
    named = IAM_NAMES.get(kind) in (resource.get("Properties") or {})
    return "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"


def tables(template: dict) -> dict[str, dict]:
    """Returns the tables of a template, by logical id."""
    resources = (template.get("Resources") or {}).items()
    return {name: resource for name, resource in resources if resource.get("Type") == TABLE}


def failure(old: dict, new: dict, creating: dict[str, set[str]]) -> tuple[str, str] | None:
    """Returns the logical id and the reason of the first table that fails when AWS updates `old` to `new`.

    `creating` contains, by logical id, the indexes that DynamoDB is still filling.
    """
    before = tables(old)
    for name, resource in tables(new).items():
        previous = before.get(name)
        reason = table_failure(
            previous and previous.get("Properties") or {}, resource.get("Properties") or {}, creating.get(name, set())
        )
        if reason:
            return name, reason
    return None


def table_failure(old: dict, new: dict, creating: set[str]) -> str | None:
    """Returns why DynamoDB or CloudFormation rejects a change of a table. `old` is empty for a new table."""
    if not consistent(new):
        return INCONSISTENT_ATTRIBUTES
    if not old or replaced(old, new):
        return None
    before, after = indexes(old), indexes(new)
    changed = before.keys() ^ after.keys()
    if any(fixed_part(before[name]) != fixed_part(after[name]) for name in before.keys() & after.keys()):
        return CHANGED_INDEX
    if len(changed) > 1:
        return SEVERAL_INDEXES
    return BUSY_INDEX if changed and creating else None


def consistent(properties: dict) -> bool:
    """Tests whether the attribute definitions are exactly the attributes of the keys."""
    secondary = properties.get("GlobalSecondaryIndexes", []) + properties.get("LocalSecondaryIndexes", [])
    keys = [part for owner in [properties, *secondary] for part in owner.get("KeySchema", [])]
    return set(attribute_types(properties)) == {part["AttributeName"] for part in keys}


def attribute_types(properties: dict) -> dict[str, str]:
    """Returns the types of the defined attributes."""
    return {one["AttributeName"]: one["AttributeType"] for one in properties.get("AttributeDefinitions", [])}


def replaced(old: dict, new: dict) -> bool:
    """Tests whether CloudFormation creates a new table instead of updating the old one."""
    if any(old.get(name) != new.get(name) for name in ("TableName", "KeySchema", "LocalSecondaryIndexes")):
        return True
    before, after = attribute_types(old), attribute_types(new)
    return any(before[name] != after[name] for name in before.keys() & after.keys())


def indexes(properties: dict) -> dict[str, dict]:
    """Returns the global secondary indexes, by name."""
    return {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}


def fixed_part(index: dict) -> tuple:
    """Returns what cannot change in an index."""
    projection = index.get("Projection", {})
    return index.get("KeySchema"), projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes", []))


def deleted_tables(template: dict) -> list[str]:
    """Returns the tables that DeleteStack deletes."""
    policies = {name: str(resource.get("DeletionPolicy", "Delete")) for name, resource in tables(template).items()}
    return sorted(name for name, policy in policies.items() if not policy.startswith("Retain"))
