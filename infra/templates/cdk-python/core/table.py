"""The construct of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .actions import FULL, KEY_READ, KEY_READ_WRITE, READ, READ_WRITE, STREAM, WRITE
from .config import read_settings
from .encryption import encryption_key, removal_policy
from .properties import table_properties
from .runtime_config import RuntimeConfig
from .scaling import scale_capacity
from .settings import Overrides


class TableOptions(Overrides, total=False):
    """The options of a table. Each one is optional, and wins over the `config.json`."""

    environment: str
    """The name in `deploy.environments`. The default is the context value `env`, as in `cdk deploy -c env=dev`."""
    runtime_config: RuntimeConfig
    """The document that contains the table's name. The default is the document of the stack."""
    encryption_key: kms.IKey
    """A key from the stack, instead of the key that `kms` describes."""
    table_class: dynamodb.TableClass
    contributor_insights: bool
    """Whether CloudWatch reports the most accessed keys."""
    resource_policy: iam.PolicyDocument
    cfn_props: Mapping[str, Any]
    """Any other argument of `CfnTable`. These values win over everything else."""


class MonotableTable(Construct):
    """A table with the keys, indexes and settings of a `config.json`, its encryption key, and its entry in the runtime configuration.

    It creates the CloudFormation resource `CfnTable`, because the CDK's own `Table` gives every index its own default capacity.
    """

    table: dynamodb.ITable
    """The table, for code that needs the CDK's interface: metrics, event sources, other constructs."""
    cfn_table: dynamodb.CfnTable
    """The CloudFormation resource, for properties that no option sets."""
    encryption_key: kms.IKey | None
    """The key that encrypts the table; `None` if DynamoDB owns the key."""
    runtime_config: RuntimeConfig
    runtime_config_key: str
    """The key under which programs find the table in the runtime configuration."""
    table_name: str
    table_arn: str
    table_stream_arn: str | None
    """The ARN of the table's stream; `None` if the table has no stream."""

    def __init__(self, scope: Construct, construct_id: str, *, config: str, **options: Unpack[TableOptions]) -> None:
        """Creates the table.

        :param config: The path of the table's `config.json`. A relative path starts at the folder of `cdk.json`.
        :param options: Options that win over the `config.json`.
        """
        super().__init__(scope, construct_id)
        overrides: Any = {name: value for name, value in options.items() if name in Overrides.__annotations__}
        for name in options:
            if name not in TableOptions.__annotations__:
                known = ", ".join(sorted(TableOptions.__annotations__))
                raise TypeError(f"a table has no option `{name}`; its options are {known}")
        environment = options.get("environment") or self.node.try_get_context("env")
        settings = read_settings(config, environment, overrides)
        self.runtime_config = options.get("runtime_config") or RuntimeConfig.of(self)
        self.encryption_key = options.get("encryption_key") or encryption_key(self, self.runtime_config, settings)

        properties = table_properties(settings, self.encryption_key)
        if (table_class := options.get("table_class")) is not None:
            properties["table_class"] = table_class.value
        if (insights := options.get("contributor_insights")) is not None:
            specification = dynamodb.CfnTable.ContributorInsightsSpecificationProperty(enabled=insights)
            properties["contributor_insights_specification"] = specification
        if (policy := options.get("resource_policy")) is not None:
            properties["resource_policy"] = dynamodb.CfnTable.ResourcePolicyProperty(policy_document=policy)
        self.cfn_table = dynamodb.CfnTable(self, "Table", **{**properties, **options.get("cfn_props", {})})
        self.cfn_table.apply_removal_policy(removal_policy(settings))
        self.table_name = self.cfn_table.ref
        self.table_arn = self.cfn_table.attr_arn
        has_stream = self.cfn_table.stream_specification is not None
        self.table_stream_arn = self.cfn_table.attr_stream_arn if has_stream else None
        self.table = dynamodb.Table.from_table_attributes(
            self,
            "Interface",
            table_arn=self.table_arn,
            table_stream_arn=self.table_stream_arn,
            encryption_key=self.encryption_key,
            grant_index_permissions=True,
        )

        scaled = [
            (None, settings.autoscaling),
            *((index.index_name, index.autoscaling) for index in settings.global_indexes),
        ]
        for index_name, limits in scaled:
            if limits:
                scale_capacity(self, self.table_name, index_name, limits)
        self.runtime_config_key = settings.runtime_config_key
        self.runtime_config.add(self.runtime_config_key, self.table_name, self.node.path)

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allows these actions, such as `dynamodb:PartiQLSelect`, on the table and its indexes. It allows no action on the key."""
        return self._allow(grantee, actions, self.table_arn, f"{self.table_arn}/index/*")

    def grant_read_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows reading items."""
        return self._with_key(self.grant(grantee, *READ), grantee, KEY_READ)

    def grant_write_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows writing items."""
        return self._with_key(self.grant(grantee, *WRITE), grantee, KEY_READ_WRITE)

    def grant_read_write_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows reading and writing items."""
        return self._with_key(self.grant(grantee, *READ_WRITE), grantee, KEY_READ_WRITE)

    def grant_full_access(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows all actions of DynamoDB on the table, including its deletion."""
        return self._with_key(self.grant(grantee, *FULL), grantee, KEY_READ_WRITE)

    def grant_stream(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allows these actions on the stream. It allows no action on the key."""
        return self._allow(grantee, actions, self._stream_arn())

    def grant_stream_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows reading the stream."""
        grant = self.grant_table_list_streams(grantee).combine(self.grant_stream(grantee, *STREAM))
        return self._with_key(grant, grantee, KEY_READ)

    def grant_table_list_streams(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows listing the streams of the account. IAM cannot limit this action to one table."""
        self._stream_arn()
        return iam.Grant.add_to_principal(grantee=grantee, actions=["dynamodb:ListStreams"], resource_arns=["*"])

    def _allow(self, grantee: iam.IGrantable, actions: Sequence[str], *arns: str) -> iam.Grant:
        """Allows the actions, and lets a Lambda function find the table.

        Another grantee can get this with `runtime_config.grant_read`.
        """
        grant = iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=list(arns))
        if isinstance(grantee, lambda_.FunctionBase):
            return grant.combine(self.runtime_config.grant_read(grantee))
        return grant

    def _with_key(self, grant: iam.Grant, grantee: iam.IGrantable, actions: Sequence[str]) -> iam.Grant:
        return grant.combine(self.encryption_key.grant(grantee, *actions)) if self.encryption_key else grant

    def _stream_arn(self) -> str:
        if self.table_stream_arn is None:
            raise ValueError(
                f"{self.node.path} has no stream; set `tableConfig.stream` in its config.json, or the option `stream`"
            )
        return self.table_stream_arn
