"""The permissions that MiniStack does not check, or checks with the wrong resource.

MiniStack lets everyone read the configuration data of AppConfig. It checks the actions of streams with the resource `*`, so that a
policy for one stream allows nothing. This module asks MiniStack's own simulation of policies about the right resource instead.
Only users are checked, and not the root key or roles.
"""

import base64
import json
import urllib.parse

from answers import Answer, text
from upstream import Upstream

STREAM_ACTIONS = {"DescribeStream", "GetRecords", "GetShardIterator"}
NEXT_TOKEN = "next-poll-configuration-token"


class Permissions:
    """Answers whether a user may send a request."""

    def __init__(self, upstream: Upstream):
        self.upstream = upstream
        # The configuration that a token of AppConfig stands for.
        self._tokens: dict[str, str] = {}

    def of_stream(self, region: str, key: str, action: str, body: bytes) -> str | None:
        """Returns the message of the refusal, or None."""
        request = json.loads(body or b"{}")
        if "ShardIterator" in request:
            arn = json.loads(base64.b64decode(request["ShardIterator"]))["arn"]
        else:
            arn = request.get("StreamArn", "*")
        return self._refusal(region, key, f"dynamodb:{action}", arn)

    def of_configuration(self, region: str, key: str, path: str, body: bytes) -> str | None:
        """Returns the message of the refusal, or None."""
        if path == "/configurationsessions":
            return self._refusal(region, key, "appconfig:StartConfigurationSession", configuration(region, body))
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).get("configuration_token", [""])[0]
        return self._refusal(region, key, "appconfig:GetLatestConfiguration", self._tokens.get(token, "*"))

    def remember(self, region: str, path: str, body: bytes, answer: Answer) -> None:
        """Notes which configuration the tokens of an answer stand for."""
        if path == "/configurationsessions":
            token = json.loads(answer.body).get("InitialConfigurationToken", "")
            self._tokens[token] = configuration(region, body)
            return
        old = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).get("configuration_token", [""])[0]
        for name, token in answer.headers:
            if name.lower() == NEXT_TOKEN:
                self._tokens[token] = self._tokens.get(old, "*")

    def _refusal(self, region: str, key: str, action: str, resource: str) -> str | None:
        found = self.upstream.query(region, "iam", "GetAccessKeyLastUsed", AccessKeyId=key)
        if found is None:
            return None
        user = f"arn:aws:iam::000000000000:user/{text(found.root, 'UserName')}"
        question = {"PolicySourceArn": user, "ActionNames.member.1": action, "ResourceArns.member.1": resource}
        simulated = self.upstream.query(region, "iam", "SimulatePrincipalPolicy", **question)
        if simulated is None or text(simulated.root, "EvalDecision") == "allowed":
            return None
        return denial(user, action, resource)


def configuration(region: str, body: bytes) -> str:
    """Returns the ARN of the configuration that a session is for."""
    request = json.loads(body)
    application, environment = request["ApplicationIdentifier"], request["EnvironmentIdentifier"]
    path = f"application/{application}/environment/{environment}/configuration/{request['ConfigurationProfileIdentifier']}"
    return f"arn:aws:appconfig:{region}:000000000000:{path}"


def denial(user: str, action: str, resource: str) -> str:
    """Returns the message of AWS."""
    allowed = f"because no identity-based policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action} on resource: {resource} {allowed}"
