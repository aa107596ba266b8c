"""The permissions of the programs that use the tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from .table import MonotableTable


class ProgramPolicy(iam.ManagedPolicy):
    """The least permissions of a program that `monotable connect` has created, as a managed policy.

    Attach it to the role of the program: `policy.attach_to_role(role)`. The program also needs the variable `RUNTIME_CONFIG_APP_ID`,
    the id of the AppConfig application.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        program: str,
        tables: Sequence[MonotableTable],
        file: str = "programs.json",
    ) -> None:
        """Creates the policy.

        :param program: The name of the program in the file.
        :param tables: The tables that the program uses.
        :param file: The file with the permissions of all programs. A relative path starts at the folder of `cdk.json`.
        """
        super().__init__(scope, construct_id, description=f"Permissions of {program} for its tables")
        by_key = {table.runtime_config_key: table for table in tables}
        for permissions in _read(file, program):
            key = permissions["runtimeConfigKey"]
            if key not in by_key:
                raise ValueError(f'{self.node.path}: {program} uses the table "{key}"; add it to `tables`')
            self._allow(by_key[key], permissions)
        documents = {table.runtime_config.node.path: table.runtime_config for table in tables}
        for runtime_config in documents.values():
            runtime_config.grant_read(self)
        CfnOutput(Stack.of(self), f"{construct_id}Arn", value=self.managed_policy_arn)

    def _allow(self, table: MonotableTable, permissions: Mapping[str, Any]) -> None:
        for grant in permissions["grants"]:
            keys = grant.get("leadingKeys")
            conditions = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}} if keys else None
            index = f"/index/{grant['index']}" if "index" in grant else ""
            self._add(grant["actions"], table.table_arn + index, conditions)
        if table.table_stream_arn is not None and permissions["streamActions"]:
            self._add(permissions["streamActions"], table.table_stream_arn)
            # This action has no resource.
            self._add(["dynamodb:ListStreams"], "*")
        if table.encryption_key is not None:
            self._add(permissions["keyActions"], table.encryption_key.key_arn)

    def _add(self, actions: list[str], resource: str, conditions: Mapping[str, Any] | None = None) -> None:
        self.add_statements(iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions))


def _read(file: str, program: str) -> list[dict[str, Any]]:
    programs = json.loads(Path(file).read_text(encoding="utf-8"))
    if program not in programs:
        raise ValueError(
            f'{file}: there is no program "{program}"; run `monotable synth`, or remove its policy from the stack'
        )
    return programs[program]
