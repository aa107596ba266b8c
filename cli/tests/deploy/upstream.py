"""Requests to the emulator."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass

from answers import Answer, Document, text

# The proxy sets Content-Length itself. The others concern one connection, or a body that the proxy may have changed.
DROPPED = {"connection", "content-length", "keep-alive", "transfer-encoding", "x-amz-crc32"}

VERSIONS = {"cloudformation": "2010-05-15", "iam": "2010-05-08"}


@dataclass
class Upstream:
    """The emulator."""

    host: str
    port: int

    def send(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Sends a request with exactly these headers, so that its signature stays valid."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in ("connection", "keep-alive", "transfer-encoding"):
                    connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in DROPPED]
            return Answer(response.status, content, kept)
        finally:
            connection.close()

    def cloudformation(self, region: str, action: str, **parameters: str) -> Document | None:
        """Sends an action as root, and returns None if it fails."""
        return self.query(region, "cloudformation", action, **parameters)

    def query(self, region: str, service: str, action: str, **parameters: str) -> Document | None:
        """Sends an action to a service with the query protocol as root, and returns None if it fails."""
        body = urllib.parse.urlencode({"Action": action, "Version": VERSIONS[service], **parameters}).encode()
        answer = self._as_root(region, service, body, [("Content-Type", "application/x-www-form-urlencoded")])
        return Document(answer) if answer.status == 200 else None

    def template(self, region: str, **parameters: str) -> dict:
        """Returns the template of a stack or of a change set; empty if there is none."""
        document = self.cloudformation(region, "GetTemplate", **parameters)
        return json.loads(text(document.root, "TemplateBody") or "{}") if document else {}

    def physical_id(self, region: str, stack: str, resource: str) -> str:
        """Returns the physical id of a resource of a stack."""
        document = self.cloudformation(region, "DescribeStackResource", StackName=stack, LogicalResourceId=resource)
        return text(document.root, "PhysicalResourceId") if document else ""

    def table(self, region: str, name: str) -> dict | None:
        """Returns the description of a table, if it exists."""
        headers = [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "DynamoDB_20120810.DescribeTable")]
        answer = self._as_root(region, "dynamodb", json.dumps({"TableName": name}).encode(), headers)
        return json.loads(answer.body)["Table"] if answer.status == 200 else None

    def _as_root(self, region: str, service: str, body: bytes, headers: list[tuple[str, str]]) -> Answer:
        own = [("Host", f"{self.host}:{self.port}"), ("Content-Length", str(len(body)))]
        return self.send("POST", "/", own + headers + [root_signature(region, service)], body)


def root_signature(region: str, service: str) -> tuple[str, str]:
    """Returns the header for a request as root. MiniStack does not verify the signature of its root key."""
    scope = f"test/20260101/{region}/{service}/aws4_request"
    return "Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
