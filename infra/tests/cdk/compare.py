"""Compares the CloudFormation templates of two folders.

    python compare.py LEFT RIGHT [--common] [--functions]

Files with the same name have to describe the same resources. Logical ids, the order of resources, and names and descriptions that
are only for people can differ. With `--common`, a file in only one folder is not an error. With `--functions`, the functions are compared
too; both folders have to come from the CDK, because our own template of the stack has no functions.
"""

import argparse
import difflib
import json
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

TYPES = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::ApplicationAutoScaling::", "AWS::AppConfig::", "AWS::IAM::ManagedPolicy")
FUNCTION_TYPES = ("AWS::Lambda::", "AWS::SQS::", "AWS::Logs::", "AWS::IAM::Role", "AWS::IAM::Policy")
# What only people read, and the path `/`, which is the default. The names `default` and `dynamodb` of AppConfig do matter: programs use them.
FOR_PEOPLE = {
    "AWS::KMS::Key": {"Description"},
    "AWS::ApplicationAutoScaling::ScalingPolicy": {"PolicyName"},
    "AWS::AppConfig::Application": {"Name", "Description"},
    "AWS::AppConfig::DeploymentStrategy": {"Name", "Description"},
    "AWS::IAM::ManagedPolicy": {"Description", "Path"},
    # Its place in the bucket contains a hash of the code.
    "AWS::Lambda::Function": {"Code"},
}


class Template:
    """A template without logical ids: a reference contains the resource to which it refers."""

    def __init__(self, path: Path, types: tuple[str, ...]) -> None:
        self._types = types
        self._resources = json.loads(path.read_text())["Resources"]
        self._resource = lru_cache(maxsize=None)(self._expand)

    def resources(self) -> list[str]:
        """Returns each resource as text, sorted."""
        wanted = [name for name, resource in self._resources.items() if resource["Type"].startswith(self._types)]
        return sorted(json.dumps(self._resource(name), indent=1, sort_keys=True) for name in wanted)

    def _expand(self, name: str) -> Any:
        resource = self._resources[name]
        ignored = FOR_PEOPLE.get(resource["Type"], set())
        properties = {key: self._value(value) for key, value in resource["Properties"].items() if key not in ignored}
        if "Tags" in properties:
            properties["Tags"] = sorted(properties["Tags"], key=lambda tag: tag["Key"])
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            properties["PolicyDocument"] = self._permissions(resource["Properties"]["PolicyDocument"])
        policies = {key: resource[key] for key in ("DeletionPolicy", "UpdateReplacePolicy") if key in resource}
        return {"Type": resource["Type"], "Properties": properties, **policies}

    def _permissions(self, policy: dict[str, Any]) -> list[str]:
        """Returns each action on each resource, because the CDK merges statements."""
        found = set()
        for statement in policy["Statement"]:
            rest = {key: self._value(value) for key, value in statement.items() if key not in ("Action", "Resource")}
            actions, resources = (one if isinstance(one, list) else [one] for one in (statement["Action"], statement["Resource"]))
            pairs = ((action, self._value(resource)) for action in actions for resource in resources)
            found |= {json.dumps([*pair, rest], sort_keys=True) for pair in pairs}
        return sorted(found)

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) <= {"Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join"} and len(value) == 1:
            return self._text(self._parts(value))
        return {key: self._value(item) for key, item in value.items()}

    def _parts(self, value: Any) -> list[Any]:
        """Returns the pieces of a text: constant ones, and references."""
        if isinstance(value, str):
            return [value]
        [(function, argument)] = value.items()
        if function == "Ref":
            return [self._reference(argument, None)]
        if function == "Fn::GetAtt":
            name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
            return [self._reference(name, attribute)]
        if function == "Fn::Join":
            separator, items = argument
            assert separator == "", "only joins without a separator are compared"
            return [part for item in items for part in self._parts(item)]
        if function == "Fn::Sub":
            return [self._placeholder(piece) for piece in re.split(r"(\$\{[^}]*\})", argument) if piece]
        raise ValueError(f"{function} is not supported; add it to compare.py")

    def _placeholder(self, piece: str) -> Any:
        if not piece.startswith("${"):
            return piece
        if piece.startswith("${!"):
            return "${" + piece[3:]
        name, _, attribute = piece[2:-1].partition(".")
        return self._reference(name, attribute or None)

    def _reference(self, name: str, attribute: str | None) -> Any:
        target = self._resource(name) if name in self._resources else name
        return {"reference": target, "attribute": attribute}

    def _text(self, parts: list[Any]) -> Any:
        merged: list[Any] = []
        for part in parts:
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        return merged[0] if len(merged) == 1 else merged


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("left", type=Path)
    parser.add_argument("right", type=Path)
    parser.add_argument("--common", action="store_true")
    parser.add_argument("--functions", action="store_true")
    options = parser.parse_args()
    left, right = ({path.name for path in folder.glob("*.template.json")} for folder in (options.left, options.right))
    problems = [] if options.common else [f"{name}: only in one folder" for name in sorted(left ^ right)]
    common = sorted(left & right)
    types = TYPES + FUNCTION_TYPES if options.functions else TYPES
    if not common:
        problems.append("the folders have no template in common")
    for name in common:
        one, other = (Template(folder / name, types).resources() for folder in (options.left, options.right))
        if one != other:
            lines = difflib.unified_diff("\n".join(one).splitlines(), "\n".join(other).splitlines(), lineterm="", n=4)
            problems.append(f"{name}:\n" + "\n".join(lines))
    for problem in problems:
        print(problem)
    print(f"compared {len(common)} templates: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
