"""A proxy in front of MiniStack that has the rules of AWS which MiniStack does not have.

    python3 rules.py http://127.0.0.1:4566    prints `ready PORT` and then serves on 127.0.0.1:PORT

Without the proxy, MiniStack accepts two index changes in one update, an index that changes its keys, unused and missing attribute
definitions, references to nothing, a new stack over one that exists, and the deletion of a protected table. `template.py` and
`cloudformation.py` contain these rules. `permissions.py` checks what a user may do with AppConfig's data and with streams.
Everything else goes through unchanged, for all services.

Tests control the proxy with JSON:

    GET  /_rules/log       the requests to CloudFormation: [{action, stack, changeSet, type, status}]; `status` is null until the
                           answer, and "dropped" if the client left before the request was forwarded
    GET  /_rules/held      the requests that are held at the moment: [{action, when, stack}]
    POST /_rules/hold      {action, nth: 1, when: "before" | "after", seconds: 30} holds the nth request of an action from now on,
                           before or after it is forwarded; if the client leaves before it is forwarded, it never arrives
    POST /_rules/release   {} lets all held requests continue
    POST /_rules/status    {stack, status, reason: "", times: null} reports this status of a stack; `times` answers, or until
                           {stack} takes it back or the stack is deleted
    POST /_rules/pending   {describes} keeps new change sets in CREATE_IN_PROGRESS for so many answers of DescribeChangeSet
    POST /_rules/slow      {describes} reports a stack as in progress for so many answers of DescribeStacks after ExecuteChangeSet
    POST /_rules/backfill  {describes} keeps indexes that are added to a table CREATING for so many answers of DescribeTable
    POST /_rules/expire    {error: "ChangeSetNotFound" | "InvalidChangeSetStatus", times: 1} is the answer of ExecuteChangeSet
    POST /_rules/fail      {resource, reason} makes this resource fail in the next ExecuteChangeSet
    POST /_rules/deny      {action} denies an action, such as `CreateChangeSet` or `dynamodb:DescribeTable`
    POST /_rules/reset     {} takes all of this back, and forgets failed stacks

`POST /_ministack/reset` resets MiniStack and the proxy.
"""

import argparse
import json
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import answers
from answers import Answer
from cloudformation import Call, CloudFormation
from controls import BadControl, Controls
from permissions import STREAM_ACTIONS, Permissions, denial
from upstream import Upstream, root_signature

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")

# Whom the message of a denied action names.
TESTER = "arn:aws:iam::000000000000:user/tester"


class Dropped(Exception):
    """The client left while its request was held."""


class Handler(BaseHTTPRequestHandler):
    """Serves one connection."""

    protocol_version = "HTTP/1.1"
    # One packet per response: small ones would otherwise wait for each other.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "Proxy"

    def handle_request(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.reply(Answer(411, b"this proxy needs Content-Length\n"))
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.reply(self.control(body) if self.path.startswith("/_rules/") else self.proxied(body))
        except Dropped:
            self.close_connection = True
        except OSError as problem:
            self.reply(Answer(502, f"the emulator does not answer: {problem}\n".encode()))

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = handle_request

    def reply(self, answer: Answer) -> None:
        # The emulator sends a date and a server of its own.
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def control(self, body: bytes) -> Answer:
        name = self.path.removeprefix("/_rules/")
        try:
            if self.command == "GET":
                return answers.of_json(self.server.controls.read(name))
            self.server.controls.write(name, json.loads(body or b"{}"))
            if name == "reset":
                self.server.cloudformation.reset()
            return answers.of_json({})
        except (BadControl, json.JSONDecodeError) as problem:
            return Answer(400, f"{problem}\n".encode())

    def proxied(self, body: bytes) -> Answer:
        found = SCOPE.search(self.headers.get("Authorization", ""))
        key, region, service = found.groups() if found else ("", "", "")
        if service == "cloudformation":
            return self.cloudformation(region, body)
        if service == "appconfig" and self.path.startswith("/configuration"):
            return self.configuration(region, key, body)
        api, _, action = self.headers.get("X-Amz-Target", "").rpartition(".")
        if f"{service}:{action}" in self.server.controls.denied:
            return answers.json_error("AccessDeniedException", denial(TESTER, f"{service}:{action}", "*"))
        if api.startswith("DynamoDBStreams_") and action in STREAM_ACTIONS:
            return self.stream(region, key, action, body)
        answer = self.forward(body)
        if self.path == "/_ministack/reset":
            self.server.controls.reset()
            self.server.cloudformation.reset()
        if (service, action) == ("dynamodb", "DescribeTable"):
            return self.server.cloudformation.describe_table(answer)
        return answer

    def configuration(self, region: str, key: str, body: bytes) -> Answer:
        permissions = self.server.permissions
        refused = permissions.of_configuration(region, key, self.path, body)
        answer = answers.json_error("AccessDeniedException", refused, 403) if refused else self.forward(body)
        if answer.status < 300:
            permissions.remember(region, self.path, body, answer)
        return answer

    def stream(self, region: str, key: str, action: str, body: bytes) -> Answer:
        refused = self.server.permissions.of_stream(region, key, action, body)
        if refused:
            return answers.json_error("AccessDeniedException", refused)
        # MiniStack itself would refuse it.
        kept = [one for one in self.headers.items() if one[0].lower() not in ("authorization", "x-amz-security-token")]
        return self.server.upstream.send("POST", self.path, [*kept, root_signature(region, "dynamodb")], body)

    def cloudformation(self, region: str, body: bytes) -> Answer:
        controls = self.server.controls
        parsed = urllib.parse.parse_qs(body.decode(), keep_blank_values=True)
        call = Call("", region, {name: values[0] for name, values in parsed.items()}, lambda: self.forward(body))
        call.action = call.get("Action")
        names = {"action": "Action", "stack": "StackName", "changeSet": "ChangeSetName", "type": "ChangeSetType"}
        entry = {name: call.get(parameter) for name, parameter in names.items()} | {"status": None}
        with controls.lock:
            controls.log.append(entry)
        hold = controls.arriving(call.action)
        if hold and hold.when == "before" and not controls.wait(hold, call.get("StackName"), self.connection):
            entry["status"] = "dropped"
            raise Dropped
        if f"cloudformation:{call.action}" in controls.denied:
            resource = f"arn:aws:cloudformation:{region}:000000000000:stack/{call.get('StackName')}/*"
            answer = answers.error("AccessDenied", denial(TESTER, f"cloudformation:{call.action}", resource), 403)
        else:
            answer = self.server.cloudformation.answer(call)
        entry["status"] = answer.status
        if hold and hold.when == "after" and not controls.wait(hold, call.get("StackName"), self.connection):
            raise Dropped
        return answer

    def forward(self, body: bytes) -> Answer:
        return self.server.upstream.send(self.command, self.path, self.headers.items(), body)

    def log_message(self, *arguments: object) -> None:
        """Prints nothing: the tests read /_rules/log."""


class Proxy(ThreadingHTTPServer):
    """The server, on a free port of the loopback interface."""

    def __init__(self, upstream: Upstream):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.permissions = Permissions(upstream)
        self.controls = Controls()
        self.cloudformation = CloudFormation(upstream, self.controls)

    def handle_error(self, request: object, client_address: object) -> None:
        # A test may kill the client at any time.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main() -> None:
    parser = argparse.ArgumentParser(description="A proxy with the rules of AWS in front of MiniStack.")
    parser.add_argument("upstream", help="such as http://127.0.0.1:4566")
    url = urllib.parse.urlsplit(parser.parse_args().upstream)
    if not url.hostname or not url.port:
        parser.error("the address needs a host and a port")
    proxy = Proxy(Upstream(url.hostname, url.port))
    print(f"ready {proxy.server_port}", flush=True)
    proxy.serve_forever()


if __name__ == "__main__":
    main()
