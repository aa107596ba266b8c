"""The document in AWS AppConfig from which programs read the names of their tables."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, CfnOutput, IStableStringProducer, Lazy, Stack
from aws_cdk import aws_appconfig as appconfig
from aws_cdk import aws_iam as iam
from constructs import Construct
from jsii import implements

from .actions import RUNTIME_CONFIG


class RuntimeConfig(Construct):
    """The document in AWS AppConfig that tells programs the names of their tables.

    Each table adds itself, so you need this construct only to set its options: create it before the tables. A stack has one
    document. To use one document in several stacks, pass it to the tables as `runtime_config`.
    """

    application_id: str
    """The id of the AppConfig application. Programs read it from the variable `RUNTIME_CONFIG_APP_ID`."""

    @staticmethod
    def of(scope: Construct) -> RuntimeConfig:
        """Returns the document of the stack around `scope`. The first call creates it."""
        stack = Stack.of(scope)
        for child in stack.node.children:
            if isinstance(child, RuntimeConfig):
                return child
        return RuntimeConfig(stack)

    def __init__(
        self,
        stack: Stack,
        *,
        extra_tables: Mapping[str, str] | None = None,
        deployment_strategy_id: str | None = None,
    ) -> None:
        """Creates the document.

        :param extra_tables: Tables that other stacks own: the key of each table, and its name.
        :param deployment_strategy_id: The id of an existing deployment strategy. By default, the construct creates one that
            deploys at once.
        """
        super().__init__(stack, "RuntimeConfig")
        self._tables: dict[str, tuple[str, str]] = {}
        for key, table_name in (extra_tables or {}).items():
            self.add(key, table_name, "extra_tables")
        name = stack.stack_name[:64]
        application = appconfig.CfnApplication(
            self, "Application", name=name, description=f"Runtime configuration of {name}"
        )
        self.application_id = application.ref
        environment = appconfig.CfnEnvironment(self, "Environment", application_id=self.application_id, name="default")
        profile = appconfig.CfnConfigurationProfile(
            self,
            "Profile",
            application_id=self.application_id,
            name="dynamodb",
            location_uri="hosted",
            type="AWS.Freeform",
        )
        version = appconfig.CfnHostedConfigurationVersion(
            self,
            "Version",
            application_id=self.application_id,
            configuration_profile_id=profile.ref,
            content_type="application/json",
            content=Lazy.string(_Content(stack, self._tables)),
        )
        # One deployment for all tables: AppConfig runs one deployment at a time in an environment.
        appconfig.CfnDeployment(
            self,
            "Deployment",
            application_id=self.application_id,
            environment_id=environment.ref,
            configuration_profile_id=profile.ref,
            configuration_version=version.ref,
            deployment_strategy_id=deployment_strategy_id or self._instant_strategy(name),
        )
        CfnOutput(stack, "RuntimeConfigApplicationId", value=self.application_id)

    def add(self, key: str, table_name: str, owner: str) -> None:
        """Adds the name of a table. `owner` is the construct that an error about a duplicate key names."""
        if key in self._tables:
            first = self._tables[key][1]
            raise ValueError(
                f'the runtimeConfigKey "{key}" belongs to both {first} and {owner}, so a program could not tell the tables '
                "apart; give one of them another `runtimeConfigKey`"
            )
        self._tables[key] = (table_name, owner)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows `grantee` to read the document. If it is a Lambda function, it also gets `RUNTIME_CONFIG_APP_ID`."""
        # An alias or an imported function has no environment that the stack can set.
        if hasattr(grantee, "add_environment"):
            grantee.add_environment("RUNTIME_CONFIG_APP_ID", self.application_id)
        arn = Stack.of(self).format_arn(
            service="appconfig",
            resource="application",
            resource_name=f"{self.application_id}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return iam.Grant.add_to_principal(grantee=grantee, actions=RUNTIME_CONFIG, resource_arns=[arn])

    def _instant_strategy(self, name: str) -> str:
        return appconfig.CfnDeploymentStrategy(
            self,
            "Strategy",
            name=name,
            description="Deploys at once",
            deployment_duration_in_minutes=0,
            growth_type="LINEAR",
            growth_factor=100,
            final_bake_time_in_minutes=0,
            replicate_to="NONE",
        ).ref


@implements(IStableStringProducer)
class _Content:
    """Produces the document after all tables have added themselves."""

    def __init__(self, stack: Stack, tables: Mapping[str, tuple[str, str]]) -> None:
        self._stack = stack
        self._tables = tables

    def produce(self) -> str:
        document = {key: {"tableName": table_name} for key, (table_name, _) in sorted(self._tables.items())}
        return self._stack.to_json_string(document)
