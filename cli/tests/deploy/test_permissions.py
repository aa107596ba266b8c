"""Shows which permissions the proxy checks, and MiniStack alone does not."""

import json
import unittest
from typing import Any

from support import REGION, Stack, client, ministack, proxy, refusal, table

RUNTIME_CONFIG = {
    "Application": {"Type": "AWS::AppConfig::Application", "Properties": {"Name": "shop"}},
    "Environment": {"Type": "AWS::AppConfig::Environment", "Properties": {"Name": "default"}},
    "Profile": {"Type": "AWS::AppConfig::ConfigurationProfile", "Properties": {"Name": "dynamodb", "LocationUri": "hosted"}},
    "Version": {
        "Type": "AWS::AppConfig::HostedConfigurationVersion",
        "Properties": {"ConfigurationProfileId": {"Ref": "Profile"}, "Content": "{}", "ContentType": "application/json"},
    },
    "Strategy": {
        "Type": "AWS::AppConfig::DeploymentStrategy",
        "Properties": {"Name": "shop", "DeploymentDurationInMinutes": 0, "GrowthFactor": 100, "ReplicateTo": "NONE"},
    },
    "Deployment": {
        "Type": "AWS::AppConfig::Deployment",
        "Properties": {
            "ConfigurationProfileId": {"Ref": "Profile"},
            "ConfigurationVersion": {"Ref": "Version"},
            "DeploymentStrategyId": {"Ref": "Strategy"},
            "EnvironmentId": {"Ref": "Environment"},
        },
    },
}


class Permissions(unittest.TestCase):
    """One user, whose only policy changes."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.alone = cls.enterClassContext(ministack(authorizes=True))
        cls.proxy = cls.enterClassContext(proxy(cls.alone))
        stack = Stack(cls.proxy)
        stack.create(template())
        cls.application = stack.physical_id("Application")
        cls.stream = stack.dynamodb.describe_table(TableName=stack.table_name())["Table"]["LatestStreamArn"]
        client("iam", cls.proxy).create_user(UserName="tester")
        key = client("iam", cls.proxy).create_access_key(UserName="tester")["AccessKey"]
        cls.key = key["AccessKeyId"], key["SecretAccessKey"]

    def allow(self, resource: str, *actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client("iam", self.proxy).put_user_policy(UserName="tester", PolicyName="own", PolicyDocument=document)

    def read_configuration(self, address: str) -> bytes:
        """Reads the configuration twice, as a program does that looks for a new one."""
        data = client("appconfigdata", address, *self.key)
        session = data.start_configuration_session(
            ApplicationIdentifier=self.application, EnvironmentIdentifier="default", ConfigurationProfileIdentifier="dynamodb"
        )
        first = data.get_latest_configuration(ConfigurationToken=session["InitialConfigurationToken"])
        data.get_latest_configuration(ConfigurationToken=first["NextPollConfigurationToken"])
        return first["Configuration"].read()

    def test_each_action_of_app_config_is_needed(self) -> None:
        application = f"arn:aws:appconfig:{REGION}:000000000000:application/{self.application}/*"
        actions = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]
        for missing, other in [(0, 1), (1, 0)]:
            self.allow(application, actions[other])
            self.assertEqual(self.read_configuration(self.alone), b"{}")
            refused = refusal(self.read_configuration, address=self.proxy)
            self.assertIn("AccessDeniedException: User: arn:aws:iam::000000000000:user/tester is not authorized", refused)
            self.assertIn(f"perform: {actions[missing]} on resource: {application[:-1]}environment/default/", refused)
        self.allow(application, *actions)
        self.assertEqual(self.read_configuration(self.proxy), b"{}")
        self.allow(f"arn:aws:appconfig:{REGION}:000000000000:application/other/*", *actions)
        self.assertIn("StartConfigurationSession", refusal(self.read_configuration, address=self.proxy))

    def read_stream(self, address: str) -> int:
        """Returns the number of shards."""
        streams: Any = client("dynamodbstreams", address, *self.key)
        shards = streams.describe_stream(StreamArn=self.stream)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(StreamArn=self.stream, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON")
        streams.get_records(ShardIterator=iterator["ShardIterator"])
        return len(shards)

    def test_each_action_of_a_stream_is_needed_and_the_arn_is_enough(self) -> None:
        actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        self.allow(self.stream, *actions)
        self.assertIn("DescribeStream", refusal(self.read_stream, address=self.alone))
        self.assertEqual(self.read_stream(self.proxy), 1)
        for missing in actions:
            self.allow(self.stream, *[action for action in actions if action != missing])
            self.assertIn(f"perform: {missing} on resource: {self.stream}", refusal(self.read_stream, address=self.proxy))
        self.allow(self.stream.replace("/stream/", "/stream/x"), *actions)
        self.assertIn("DescribeStream", refusal(self.read_stream, address=self.proxy))

    def test_the_root_key_may_do_everything(self) -> None:
        self.key = ("test", "test")
        self.assertEqual(self.read_stream(self.proxy), 1)
        self.assertEqual(self.read_configuration(self.proxy), b"{}")


def template() -> dict:
    """Returns a table with a stream, and a runtime configuration."""
    body = table(StreamSpecification={"StreamViewType": "KEYS_ONLY"})
    for name, resource in RUNTIME_CONFIG.items():
        own = {} if name in ("Application", "Strategy") else {"ApplicationId": {"Ref": "Application"}}
        body["Resources"][name] = resource | {"Properties": resource["Properties"] | own}
    return body


if __name__ == "__main__":
    unittest.main()
