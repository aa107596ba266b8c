"""Tests of the constructs in `core`. `monotable synth` replaces this file; write your own tests in other files."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from core import MonotableTable, ProgramPolicy, RuntimeConfig

TABLE = "AWS::DynamoDB::Table"
GSI = {"indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk"}
PROVISIONED: dict[str, Any] = {"billing": "PROVISIONED", "capacity": {"read": 5, "write": 4}}


class Workspace:
    """Writes config.json files, and creates tables from them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def config(self, words: Any = None) -> str:
        """Writes a config.json and returns its path. A text is written as it is."""
        path = self._folder / f"config-{next(self._numbers)}.json"
        base = {"runtimeConfigKey": "Orders", "localDev": {"port": 8000, "tableName": "orders"}}
        path.write_text(words if isinstance(words, str) else json.dumps({**base, **(words or {})}))
        return str(path)

    def table(self, words: Any = None, stack: Stack | None = None, **options: Any) -> MonotableTable:
        return MonotableTable(stack or new_stack(), "Orders", config=self.config(words), **options)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def new_stack(**context: str) -> Stack:
    return Stack(App(context=context), "Test")


def template(construct: MonotableTable) -> Template:
    return Template.from_stack(Stack.of(construct))


def properties(construct: MonotableTable) -> dict[str, Any]:
    [table] = template(construct).find_resources(TABLE).values()
    return table["Properties"]


def test_a_config_without_settings_gives_the_safe_defaults(workspace: Workspace) -> None:
    result = template(workspace.table())
    result.has_resource(
        TABLE,
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 35},
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": Match.any_value()},
                "GlobalSecondaryIndexes": Match.absent(),
                "ProvisionedThroughput": Match.absent(),
                "TableName": Match.absent(),
                "Tags": Match.absent(),
            },
        },
    )
    result.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain", "Properties": {"EnableKeyRotation": True}})


def test_only_a_partition_key_gives_a_table_without_a_sort_key(workspace: Workspace) -> None:
    words = {"tableConfig": {"partitionKey": "user_id"}, "deploy": {"tableName": "Users"}}
    found = properties(workspace.table(words))
    assert found["KeySchema"] == [{"AttributeName": "user_id", "KeyType": "HASH"}]
    assert found["TableName"] == "Users"


def test_indexes_keep_their_keys_types_and_projections(workspace: Workspace) -> None:
    hash_only = {"indexName": "hash-only", "partitionKey": "email", "projection": "KEYS_ONLY"}
    keys = {"partitionKeys": ["a", {"name": "b", "type": "N"}], "sortKeys": ["c", "sk"]}
    several = {"indexName": "several", **keys, "projection": ["title"]}
    local = {"indexName": "local", "sortKey": {"name": "day", "type": "N"}}
    words = {"globalSecondaryIndexes": [hash_only, several], "localSecondaryIndexes": [local]}
    found = properties(workspace.table({"tableConfig": words}))
    names = [attribute["AttributeName"] + attribute["AttributeType"] for attribute in found["AttributeDefinitions"]]
    assert names == ["pkS", "skS", "emailS", "aS", "bN", "cS", "dayN"]
    first, second = found["GlobalSecondaryIndexes"]
    assert first["KeySchema"] == [{"AttributeName": "email", "KeyType": "HASH"}]
    assert first["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert [key["KeyType"] for key in second["KeySchema"]] == ["HASH", "HASH", "RANGE", "RANGE"]
    assert second["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}
    assert found["LocalSecondaryIndexes"][0]["KeySchema"][1]["AttributeName"] == "day"


def test_an_index_without_a_capacity_gets_the_capacity_of_the_table(workspace: Workspace) -> None:
    other = {**GSI, "indexName": "gsi2", "capacity": {"read": 1, "write": 2}}
    found = properties(workspace.table({"tableConfig": {**PROVISIONED, "globalSecondaryIndexes": [GSI, other]}}))
    holders = [found, *found["GlobalSecondaryIndexes"]]
    capacities = [tuple(holder["ProvisionedThroughput"].values()) for holder in holders]
    assert capacities == [(5, 4), (5, 4), (1, 2)]


def test_autoscaling_gives_a_target_and_a_policy_for_reads_and_for_writes(workspace: Workspace) -> None:
    limits = {"autoscaling": {"min": 5, "max": 50, "targetPercent": 70}}
    words = {**PROVISIONED, **limits, "globalSecondaryIndexes": [{**GSI, **limits}]}
    result = template(workspace.table({"tableConfig": words}))
    result.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 4)
    result.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 4)
    target = {"ScalableDimension": "dynamodb:index:WriteCapacityUnits", "MinCapacity": 5, "MaxCapacity": 50}
    result.has_resource_properties("AWS::ApplicationAutoScaling::ScalableTarget", target)


def test_each_default_can_be_turned_off_in_the_stack(workspace: Workspace) -> None:
    off = workspace.table(
        deletion_protection=False, point_in_time_recovery=False, key_rotation=False, on_removal="delete"
    )
    found = properties(off)
    assert found["DeletionProtectionEnabled"] is False
    assert found["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    result = template(off)
    result.has_resource(TABLE, {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"})
    result.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Delete", "Properties": {"EnableKeyRotation": False}})


def test_each_default_can_be_turned_off_in_the_config(workspace: Workspace) -> None:
    deploy = {"deletionProtection": False, "pointInTimeRecovery": 7, "kms": "aws-owned", "onRemoval": "delete"}
    off = workspace.table({"deploy": deploy})
    found = properties(off)
    assert found["DeletionProtectionEnabled"] is False
    assert found["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
    assert "SSESpecification" not in found
    template(off).resource_count_is("AWS::KMS::Key", 0)
    template(off).has_resource(TABLE, {"DeletionPolicy": "Delete"})


def test_the_stack_can_switch_between_the_billing_modes(workspace: Workspace) -> None:
    words = {"tableConfig": {"globalSecondaryIndexes": [GSI]}}
    provisioned = properties(workspace.table(words, billing="PROVISIONED", capacity={"read": 5, "write": 5}))
    assert provisioned["BillingMode"] == "PROVISIONED"
    assert provisioned["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    on_demand = properties(workspace.table({"tableConfig": PROVISIONED}, billing="PAY_PER_REQUEST"))
    assert on_demand["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in on_demand


def test_the_stack_can_set_any_other_property_of_the_table(workspace: Workspace) -> None:
    found = properties(
        workspace.table(
            {"deploy": {"tags": {"team": "a", "stage": "x"}}},
            ttl_attribute="expires_at",
            stream="NEW_IMAGE",
            tags={"stage": "y"},
            contributor_insights=True,
            cfn_props={"table_class": "STANDARD_INFREQUENT_ACCESS"},
        )
    )
    assert found["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert found["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert found["Tags"] == [{"Key": "stage", "Value": "y"}, {"Key": "team", "Value": "a"}]
    assert found["ContributorInsightsSpecification"] == {"Enabled": True}
    assert found["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_an_unknown_option_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(TypeError, match="no option `deletion_protected`; its options are .*deletion_protection"):
        workspace.table(deletion_protected=False)


def test_the_context_selects_the_environment(workspace: Workspace) -> None:
    environments = {"dev": {"deletionProtection": False, "tags": {"stage": "dev"}}}
    words = {"deploy": {"tags": {"team": "a"}, "environments": environments}}
    found = properties(workspace.table(words, new_stack(env="dev")))
    assert found["DeletionProtectionEnabled"] is False
    assert len(found["Tags"]) == 2
    assert properties(workspace.table(words))["DeletionProtectionEnabled"] is True


def test_an_unknown_environment_is_an_error_that_lists_the_known_ones(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match=r"config-\d+\.json: .*`prd`, only dev, prod"):
        workspace.table({"deploy": {"environments": {"dev": {}, "prod": {}}}}, environment="prd")


def test_tables_with_a_shared_key_use_the_same_key_with_the_safer_settings(workspace: Workspace) -> None:
    stack = new_stack()
    for name, on_removal in (("A", "delete"), ("B", "retain")):
        deploy = {"kms": "shared", "onRemoval": on_removal, "tags": {"team": "x", "table": name}}
        MonotableTable(stack, name, config=workspace.config({"runtimeConfigKey": name, "deploy": deploy}))
    result = Template.from_stack(stack)
    result.resource_count_is("AWS::KMS::Key", 1)
    tags = {"Tags": [{"Key": "team", "Value": "x"}]}
    result.has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain", "Properties": tags})


def test_all_tables_are_in_one_document_with_one_deployment(workspace: Workspace) -> None:
    stack = new_stack()
    RuntimeConfig(stack, extra_tables={"Old": "old-table"}, deployment_strategy_id="abc1234")
    for name in ("A", "B"):
        MonotableTable(stack, name, config=workspace.config({"runtimeConfigKey": name}))
    result = Template.from_stack(stack)
    result.resource_count_is("AWS::AppConfig::DeploymentStrategy", 0)
    result.has_resource_properties("AWS::AppConfig::Deployment", {"DeploymentStrategyId": "abc1234"})
    result.has_output("RuntimeConfigApplicationId", {})
    [version] = result.find_resources("AWS::AppConfig::HostedConfigurationVersion").values()
    parts = version["Properties"]["Content"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "REF" for part in parts)
    expected = {"A": {"tableName": "REF"}, "B": {"tableName": "REF"}, "Old": {"tableName": "old-table"}}
    assert json.loads(text) == expected


def test_two_tables_with_one_runtime_config_key_are_an_error_that_names_both(workspace: Workspace) -> None:
    stack = new_stack()
    MonotableTable(stack, "A", config=workspace.config())
    with pytest.raises(ValueError, match='"Orders" belongs to both Test/A and Test/B'):
        MonotableTable(stack, "B", config=workspace.config())


READ = {
    "BatchGetItem",
    "ConditionCheckItem",
    "DescribeTable",
    "GetItem",
    "Query",
    "Scan",
}
WRITE = {"BatchWriteItem", "DeleteItem", "DescribeTable", "PutItem", "UpdateItem"}
STREAM = {"DescribeStream", "GetRecords", "GetShardIterator"}
KEY_READ = {"kms:Decrypt", "kms:DescribeKey"}
KEY_WRITE = KEY_READ | {"kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}


def dynamodb(actions: set[str]) -> set[str]:
    return {f"dynamodb:{action}" for action in actions}


@pytest.mark.parametrize(
    ("method", "actions", "expected"),
    [
        ("grant_read_data", [], {"table": dynamodb(READ), "key": KEY_READ}),
        ("grant_write_data", [], {"table": dynamodb(WRITE), "key": KEY_WRITE}),
        ("grant_read_write_data", [], {"table": dynamodb(READ | WRITE), "key": KEY_WRITE}),
        ("grant_full_access", [], {"table": {"dynamodb:*"}, "key": KEY_WRITE}),
        ("grant", ["dynamodb:GetItem"], {"table": {"dynamodb:GetItem"}}),
        ("grant_stream", ["dynamodb:GetRecords"], {"stream": {"dynamodb:GetRecords"}}),
        ("grant_stream_read", [], {"list": {"dynamodb:ListStreams"}, "stream": dynamodb(STREAM), "key": KEY_READ}),
        ("grant_table_list_streams", [], {"list": {"dynamodb:ListStreams"}}),
    ],
)
def test_each_grant_contains_the_actions(
    workspace: Workspace, method: str, actions: list[str], expected: dict[str, set[str]]
) -> None:
    construct = workspace.table({"tableConfig": {"stream": "KEYS_ONLY"}})
    role = iam.Role(construct, "Role", assumed_by=iam.AccountRootPrincipal())
    getattr(construct, method)(role, *actions)
    [policy] = template(construct).find_resources("AWS::IAM::Policy").values()
    found = {}
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        action = statement["Action"]
        found[kind(json.dumps(statement["Resource"]))] = set([action] if isinstance(action, str) else action)
    assert found == expected


def kind(resource: str) -> str:
    if resource == '"*"':
        return "list"
    return "table" if "/index/*" in resource else "stream" if "StreamArn" in resource else "key"


def test_a_stream_grant_without_a_stream_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="Test/Orders has no stream; set"):
        workspace.table().grant_stream_read(iam.AccountRootPrincipal())


def test_a_function_that_is_granted_access_finds_the_table(workspace: Workspace) -> None:
    construct = workspace.table()
    handler = lambda_.Function(
        construct,
        "Function",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
    )
    construct.grant_read_write_data(handler)
    result = template(construct)
    application = {"Ref": Match.string_like_regexp("RuntimeConfigApplication")}
    variables = {"Environment": {"Variables": {"RUNTIME_CONFIG_APP_ID": application}}}
    result.has_resource_properties("AWS::Lambda::Function", variables)
    actions = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"]
    statement = Match.array_with([Match.object_like({"Action": actions})])
    result.has_resource_properties("AWS::IAM::Policy", {"PolicyDocument": {"Statement": statement}})


def program_policy(workspace: Workspace, words: Any = None, program: str = "api") -> ProgramPolicy:
    """Returns a table, and a policy for it from a file with one program."""
    grants = [
        {"actions": ["dynamodb:GetItem", "dynamodb:PutItem"], "leadingKeys": ["ORDER#*"]},
        {"actions": ["dynamodb:Query"], "index": "gsi1"},
    ]
    actions = {"keyActions": sorted(KEY_WRITE), "streamActions": ["dynamodb:GetRecords"]}
    file = workspace.config(json.dumps({"api": [{"runtimeConfigKey": "Orders", "grants": grants, **actions}]}))
    construct = workspace.table(words)
    return ProgramPolicy(construct, "ApiPolicy", program=program, tables=[construct], file=file)


def test_the_policy_of_a_program_contains_its_permissions_and_nothing_else(workspace: Workspace) -> None:
    def statements(words: Any) -> list[dict[str, Any]]:
        result = Template.from_stack(Stack.of(program_policy(workspace, words)))
        [policy] = result.find_resources("AWS::IAM::ManagedPolicy").values()
        return policy["Properties"]["PolicyDocument"]["Statement"]

    own = statements({"deploy": {"kms": "aws-owned"}})
    assert [statement["Action"] for statement in own] == [
        ["dynamodb:GetItem", "dynamodb:PutItem"],
        "dynamodb:Query",
        ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
    ]
    assert own[0]["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ORDER#*"]}}
    assert "/index/gsi1" in json.dumps(own[1]["Resource"])
    # The key and the stream, if the table has them.
    both = statements({"tableConfig": {"stream": "KEYS_ONLY"}})
    expected = ["dynamodb:GetRecords", "dynamodb:ListStreams", sorted(KEY_WRITE)]
    assert [statement["Action"] for statement in both[2:5]] == expected
    assert "StreamArn" in json.dumps(both[2]["Resource"])


def test_a_program_that_the_file_does_not_have_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match='there is no program "worker"; run `monotable synth`'):
        program_policy(workspace, program="worker")
    with pytest.raises(ValueError, match='api uses the table "Orders"; add it to `tables`'):
        program_policy(workspace, {"runtimeConfigKey": "Users"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ('{ "runtimeConfigKey": ', "the file is not JSON: .*; correct it"),
        ('{ "runtimeConfigKey": "A", "runtimeConfigKey": "B" }', "`runtimeConfigKey` occurs twice.*; keep one"),
        ({"deploys": {}}, "`deploys` is unknown; remove it, or use one of"),
        ({"tableConfig": {"billing": "FREE"}}, '`tableConfig.billing` is "FREE".*use "PAY_PER_REQUEST" or'),
        ({"tableConfig": {"billing": "PROVISIONED"}}, "needs `tableConfig.capacity`; add"),
        ({"tableConfig": {"capacity": {"read": 1, "write": 1}}}, "`capacity` needs .* or remove"),
        ({"tableConfig": {"globalSecondaryIndexes": [GSI, GSI]}}, 'two indexes .*"gsi1"; rename'),
        ({"deploy": {"pointInTimeRecovery": 36}}, "`deploy.pointInTimeRecovery` .* from 1 to 35"),
        ({"tableConfig": {"partitionKey": "a", "sortKey": {"name": "a", "type": "N"}}}, "`a` has two types"),
    ],
)
def test_a_mistake_in_the_config_is_an_error_with_a_remedy(workspace: Workspace, words: Any, message: str) -> None:
    path = workspace.config(words)
    with pytest.raises(ValueError, match=message) as error:
        MonotableTable(new_stack(), "Orders", config=path)
    assert str(error.value).startswith(f"{path}: ")
    assert str(error.value).endswith(f"(`monotable validate {path}` reports all mistakes)")


def test_a_missing_file_is_an_error_that_names_the_path() -> None:
    with pytest.raises(ValueError, match=r"^no/such/config\.json: the file does not exist; correct the path"):
        MonotableTable(new_stack(), "Orders", config="no/such/config.json")
