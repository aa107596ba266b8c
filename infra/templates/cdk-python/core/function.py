"""The Lambda functions of the programs that use the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Annotations, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsDlq
from constructs import Construct

from .program_policy import ProgramPolicy
from .runtime_config import RuntimeConfig
from .table import MonotableTable


class _ProgramFunction(lambda_.Function):
    """A function that runs a binary of a program, with the permissions of the program."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        binary: str,
        package: str,
        policy: ProgramPolicy,
        tables: Sequence[MonotableTable],
        folder: str | None = None,
        **options: Any,
    ) -> None:
        folder = folder or f"../../target/lambda/{binary}"
        is_missing = options.get("code") is None and not Path(folder, "bootstrap").exists()
        application_id = (tables[0].runtime_config if tables else RuntimeConfig.of(scope)).application_id
        defaults = {
            "runtime": lambda_.Runtime.PROVIDED_AL2023,
            "handler": "bootstrap",
            "architecture": lambda_.Architecture.X86_64,
            "memory_size": 256,
            "timeout": Duration.seconds(30),
        }
        computed = {
            "code": options.get("code") or (_placeholder() if is_missing else _code(folder)),
            "environment": {"RUNTIME_CONFIG_APP_ID": application_id, **(options.get("environment") or {})},
        }
        if options.get("log_group") is None and options.get("log_retention") is None:
            computed["log_group"] = _log_group(scope, construct_id)
        super().__init__(scope, construct_id, **{**defaults, **options, **computed})
        # The role refers to the policy, so the function waits for its permissions.
        if self.role is not None:
            self.role.add_managed_policy(policy)
        if is_missing:
            # An exception would also fail the tests of the stack, which need no build.
            target = "--arm64" if self.architecture.name == lambda_.Architecture.ARM_64.name else "--x86-64"
            command = f"cargo lambda build --release {target} -p {package}"
            Annotations.of(self).add_error(f"{folder}/bootstrap does not exist; build it: {command}")


class RequestFunction(_ProgramFunction):
    """A function that answers HTTP requests to its URL. Only a caller with permission in IAM can use the URL."""

    function_url: lambda_.FunctionUrl

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        binary: str,
        package: str,
        policy: ProgramPolicy,
        tables: Sequence[MonotableTable],
        folder: str | None = None,
        url: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Creates the function.

        :param binary: The name of the binary.
        :param package: The crate that contains the binary.
        :param policy: The permissions of the program.
        :param tables: The tables that the program uses.
        :param folder: The folder with the file `bootstrap`. A relative path starts at the folder of `cdk.json`. The default is
            `../../target/lambda/<binary>`, where `cargo lambda build` writes the file.
        :param url: Arguments of `add_function_url`, such as `cors`. They win over the defaults.
        :param options: Arguments of `aws_lambda.Function`. They win over the defaults.
        """
        program = {"binary": binary, "package": package, "policy": policy, "tables": tables, "folder": folder}
        super().__init__(scope, construct_id, **program, **options)
        self.function_url = self.add_function_url(**{"auth_type": lambda_.FunctionUrlAuthType.AWS_IAM, **(url or {})})
        CfnOutput(Stack.of(self), f"{construct_id}Url", value=self.function_url.url)


class StreamFunction(_ProgramFunction):
    """A function that the streams of tables invoke."""

    failed_records: sqs.Queue | None
    """The queue that tells which records have failed too often; `None` if no table has a stream."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        binary: str,
        package: str,
        policy: ProgramPolicy,
        tables: Sequence[MonotableTable],
        streams: Sequence[MonotableTable],
        folder: str | None = None,
        **options: Any,
    ) -> None:
        """Creates the function.

        :param binary: The name of the binary.
        :param package: The crate that contains the binary.
        :param policy: The permissions of the program.
        :param tables: The tables that the program uses.
        :param streams: The tables whose streams invoke the function. A table without a stream is ignored.
        :param folder: The folder with the file `bootstrap`. A relative path starts at the folder of `cdk.json`. The default is
            `../../target/lambda/<binary>`, where `cargo lambda build` writes the file.
        :param options: Arguments of `aws_lambda.Function`. They win over the defaults.
        """
        program = {"binary": binary, "package": package, "policy": policy, "tables": tables, "folder": folder}
        super().__init__(scope, construct_id, **program, **options)
        self.failed_records = None
        with_stream = [table for table in streams if table.table_stream_arn is not None]
        if not with_stream:
            message = f"no table of {binary} has a stream, so nothing invokes it; set `stream` in config.json"
            Annotations.of(self).add_warning_v2("monotable:noStream", message)
            return
        self.failed_records = sqs.Queue(
            self,
            "FailedRecords",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        for table in with_stream:
            # `DynamoEventSource` would add permissions that the policy of the program already has.
            mapping = lambda_.EventSourceMapping(
                self,
                f"{table.node.id}Stream",
                target=self,
                event_source_arn=table.table_stream_arn,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=10,
                # This also allows the role to send messages to the queue.
                on_failure=SqsDlq(self.failed_records),
            )
            # Lambda checks the permissions on the stream when it creates the mapping.
            mapping.node.add_dependency(policy)
        CfnOutput(Stack.of(self), f"{construct_id}FailedRecordsUrl", value=self.failed_records.queue_url)


def _code(folder: str) -> lambda_.Code:
    return lambda_.Code.from_asset(folder, exclude=["*.zip"])


def _placeholder() -> lambda_.Code:
    """Returns an empty folder instead of a binary that is not built."""
    return lambda_.Code.from_asset(str(Path(__file__).parent), exclude=["*"])


def _log_group(scope: Construct, construct_id: str) -> logs.LogGroup:
    """Lambda would create a group that keeps its messages forever, and that stays when the stack is deleted."""
    return logs.LogGroup(
        scope,
        f"{construct_id}Logs",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
