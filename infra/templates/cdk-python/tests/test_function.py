"""Tests of the functions in `core`. `monotable synth` replaces this file; write your own tests in other files."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Annotations, Match, Template

from core import MonotableTable, ProgramPolicy, RequestFunction, StreamFunction

FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
STREAM = {"tableConfig": {"stream": "NEW_AND_OLD_IMAGES"}}


class Workspace:
    """Writes what `cargo lambda build` and `monotable synth` write, and creates functions from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def build(self) -> Path:
        """Returns a folder with a binary."""
        folder = self._folder / f"build-{next(self._numbers)}"
        folder.mkdir()
        (folder / "bootstrap").write_text("a binary")
        return folder

    def program(self, *words: Any) -> tuple[Stack, dict[str, Any]]:
        """Returns a stack with a table for each object of words, and the options of functions that use the tables."""
        stack = Stack(App(), "Test")
        tables, permissions = [], []
        actions = {"keyActions": ["kms:Decrypt"], "streamActions": ["dynamodb:GetRecords"]}
        for number, one in enumerate(words):
            key = f"Table{number}"
            config = self._folder / f"config-{next(self._numbers)}.json"
            base = {"runtimeConfigKey": key, "localDev": {"port": 8000, "tableName": "local"}}
            config.write_text(json.dumps({**base, **one}))
            tables.append(MonotableTable(stack, key, config=str(config)))
            permissions.append({"runtimeConfigKey": key, "grants": [{"actions": ["dynamodb:GetItem"]}], **actions})
        file = self._folder / "programs.json"
        file.write_text(json.dumps({"shop": permissions}))
        policy = ProgramPolicy(stack, "ShopPolicy", program="shop", tables=tables, file=str(file))
        names = {"binary": "shop-lambda", "package": "shop"}
        return stack, {**names, "policy": policy, "tables": tables, "folder": str(self.build())}

    def requests(self, **options: Any) -> Stack:
        stack, common = self.program({})
        RequestFunction(stack, "ShopFunction", **{**common, **options})
        return stack

    def streams(self, *words: Any) -> Stack:
        stack, common = self.program(*words)
        options = {**common, "binary": "shop-lambda-stream", "streams": common["tables"]}
        StreamFunction(stack, "ShopStreamFunction", **options)
        return stack


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def only(stack: Stack, resource_type: str) -> tuple[str, dict[str, Any]]:
    """Returns the only resource of a type: its logical id, and its template."""
    [found] = Template.from_stack(stack).find_resources(resource_type).items()
    return found


def test_a_function_has_the_defaults_and_finds_its_tables(workspace: Workspace) -> None:
    stack = workspace.requests()
    group, resource = only(stack, "AWS::Logs::LogGroup")
    assert resource["Properties"] == {"RetentionInDays": 30}
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Delete", "Delete")
    application, _ = only(stack, "AWS::AppConfig::Application")
    expected = {
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": ["x86_64"],
        "MemorySize": 256,
        "Timeout": 30,
        "LoggingConfig": {"LogGroup": {"Ref": group}},
        "Environment": {"Variables": {"RUNTIME_CONFIG_APP_ID": {"Ref": application}}},
    }
    Template.from_stack(stack).has_resource_properties(FUNCTION, expected)
    Annotations.from_stack(stack).has_no_error("*", Match.any_value())


def test_a_function_has_the_permissions_of_its_program(workspace: Workspace) -> None:
    stack = workspace.requests()
    policy, _ = only(stack, "AWS::IAM::ManagedPolicy")
    role, resource = only(stack, "AWS::IAM::Role")
    basic, *own = resource["Properties"]["ManagedPolicyArns"]
    assert ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" in json.dumps(basic)
    assert own == [{"Ref": policy}]
    Template.from_stack(stack).has_resource_properties(FUNCTION, {"Role": {"Fn::GetAtt": [role, "Arn"]}})


def test_the_url_is_an_output_and_only_a_caller_with_permission_can_use_it(workspace: Workspace) -> None:
    template = Template.from_stack(workspace.requests())
    template.has_resource_properties("AWS::Lambda::Url", {"AuthType": "AWS_IAM"})
    template.resource_count_is("AWS::Lambda::Permission", 0)
    template.has_output("ShopFunctionUrl", {"Value": {"Fn::GetAtt": [Match.any_value(), "FunctionUrl"]}})


def test_the_stack_can_set_any_property_of_a_function(workspace: Workspace) -> None:
    stack, common = workspace.program({})
    RequestFunction(
        stack,
        "ShopFunction",
        **common,
        memory_size=512,
        timeout=Duration.seconds(5),
        architecture=lambda_.Architecture.ARM_64,
        environment={"LOG": "debug"},
        description="the shop",
        log_group=logs.LogGroup(stack, "Group", retention=logs.RetentionDays.ONE_DAY),
        url={"auth_type": lambda_.FunctionUrlAuthType.NONE},
    )
    group, _ = only(stack, "AWS::Logs::LogGroup")
    template = Template.from_stack(stack)
    expected = {
        "Runtime": "provided.al2023",
        "MemorySize": 512,
        "Timeout": 5,
        "Architectures": ["arm64"],
        "Environment": {"Variables": {"LOG": "debug", "RUNTIME_CONFIG_APP_ID": Match.any_value()}},
        "Description": "the shop",
        "LoggingConfig": {"LogGroup": {"Ref": group}},
    }
    template.has_resource_properties(FUNCTION, expected)
    template.has_resource_properties("AWS::Lambda::Url", {"AuthType": "NONE"})


def test_a_function_uses_the_runtime_configuration_of_its_tables(workspace: Workspace) -> None:
    stack, common = workspace.program({})
    other = Stack(App.of(stack), "Other")
    RequestFunction(other, "ShopFunction", **common)
    template = Template.from_stack(other)
    template.resource_count_is("AWS::AppConfig::Application", 0)
    imported = {"Fn::ImportValue": Match.string_like_regexp("RuntimeConfigApplication")}
    expected = {"Environment": {"Variables": {"RUNTIME_CONFIG_APP_ID": imported}}}
    template.has_resource_properties(FUNCTION, expected)


def test_the_code_is_the_binary_without_its_zip_file(workspace: Workspace) -> None:
    folder = workspace.build()
    (folder / "bootstrap.zip").write_text("the binary again")
    directory = Path(App.of(workspace.requests(folder=str(folder))).synth().directory)
    files = [[file.name for file in asset.iterdir()] for asset in directory.glob("asset.*")]
    assert files == [["bootstrap"]]


def test_a_function_without_a_build_is_an_error_that_tells_the_command(workspace: Workspace) -> None:
    def messages(**options: Any) -> list[str]:
        stack = workspace.requests(**{"binary": "no-such-binary", "folder": None, **options})
        Template.from_stack(stack).resource_count_is(FUNCTION, 1)
        errors = Annotations.from_stack(stack).find_error("*", Match.any_value())
        return [f"{error.id}: {error.entry.data}" for error in errors]

    problem = "/Test/ShopFunction: ../../target/lambda/no-such-binary/bootstrap does not exist"
    assert messages() == [f"{problem}; build it: cargo lambda build --release --x86-64 -p shop"]
    arm = messages(architecture=lambda_.Architecture.ARM_64)
    assert arm == [f"{problem}; build it: cargo lambda build --release --arm64 -p shop"]
    # Other code needs no build.
    assert messages(code=lambda_.Code.from_asset(str(workspace.build()))) == []


def test_the_stream_of_a_table_invokes_the_function_and_failed_records_go_to_a_queue(workspace: Workspace) -> None:
    stack = workspace.streams(STREAM)
    table, _ = only(stack, "AWS::DynamoDB::Table")
    handler, _ = only(stack, FUNCTION)
    queue, resource = only(stack, "AWS::SQS::Queue")
    policy, _ = only(stack, "AWS::IAM::ManagedPolicy")
    _, mapping = only(stack, MAPPING)
    assert mapping["Properties"] == {
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": [queue, "Arn"]}}},
        "EventSourceArn": {"Fn::GetAtt": [table, "StreamArn"]},
        "FunctionName": {"Ref": handler},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRetryAttempts": 10,
        "StartingPosition": "TRIM_HORIZON",
    }
    assert mapping["DependsOn"] == [policy]
    assert resource["Properties"] == {"MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": True}
    template = Template.from_stack(stack)
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statements = [Match.object_like({"Effect": "Deny", "Condition": condition})]
    template.has_resource_properties("AWS::SQS::QueuePolicy", {"PolicyDocument": {"Statement": statements}})
    template.has_output("ShopStreamFunctionFailedRecordsUrl", {"Value": {"Ref": queue}})
    template.resource_count_is("AWS::Lambda::Url", 0)


def test_the_role_of_the_function_may_send_to_the_queue_and_gets_nothing_twice(workspace: Workspace) -> None:
    stack = workspace.streams(STREAM)
    queue, _ = only(stack, "AWS::SQS::Queue")
    _, resource = only(stack, "AWS::IAM::Policy")
    [statement] = resource["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert "sqs:SendMessage" in statement["Action"]


def test_each_table_with_a_stream_invokes_the_function(workspace: Workspace) -> None:
    template = Template.from_stack(workspace.streams(STREAM, {}, STREAM))
    mappings = template.find_resources(MAPPING).values()
    sources = [mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings]
    assert [source[: len("Table0")] for source in sources] == ["Table0", "Table2"]
    template.resource_count_is("AWS::SQS::Queue", 1)


def test_a_function_of_streams_without_any_stream_has_a_warning(workspace: Workspace) -> None:
    stack = workspace.streams({})
    for resource_type in (MAPPING, "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"):
        Template.from_stack(stack).resource_count_is(resource_type, 0)
    message = r"no table of shop-lambda-stream has a stream, so nothing invokes it; set `stream` in config\.json"
    annotations = Annotations.from_stack(stack)
    annotations.has_warning("/Test/ShopStreamFunction", Match.string_like_regexp(message))
    Annotations.from_stack(workspace.streams(STREAM)).has_no_warning("*", Match.any_value())
