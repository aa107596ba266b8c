"""Tries to read and write a local table from web pages in Chromium.

    python browser.py --endpoint URL --table NAME --guard on|off --chromedriver PATH

With the guard, pages of foreign origins must not reach the table. Without it they do, which shows that the attempts work. Needs
Chromium and ChromeDriver.
"""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import checks
from connect import resource

# Chromium resolves every name under `.test` to this machine.
FOREIGN_HOST = "shop.test"
REBOUND_HOST = "rebound.test"

BROWSER_OPTIONS = [
    "--headless",
    # The sandbox does not work as root and in many containers. The only pages are those of this program.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]

# Requests of the DynamoDB API, as a page can send them. `dynamodb` needs a preflight, because it sets headers. The others do not, but
# they cannot set `X-Amz-Target`.
SCRIPT = """
const [endpoint, table, page] = [arguments[0], arguments[1], arguments[2]];
const done = arguments[arguments.length - 1];
const item = name => JSON.stringify({TableName: table, Item: {pk: {S: page}, sk: {S: name}}});
const headers = target => ({
  "Content-Type": "application/x-amz-json-1.0",
  "X-Amz-Target": "DynamoDB_20120810." + target,
  "X-Amz-Date": "20261127T000000Z",
  "Authorization": "AWS4-HMAC-SHA256 Credential=UNUSED/20261127/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
});
const dynamodb = (target, body) => fetch(endpoint, {method: "POST", headers: headers(target), body});
const post = (mode, name, more) =>
  fetch(endpoint, {method: "POST", mode, headers: {"Content-Type": "text/plain"}, body: item(name), ...more});
const form = policy => new Promise(resolve => {
  const frame = document.createElement("iframe");
  frame.name = "frame-" + policy;
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, {action: endpoint, method: "POST", enctype: "text/plain", target: frame.name});
  const input = document.createElement("input");
  // The text of the form is JSON: the `=` after the name is in an attribute that DynamoDB stores.
  const text = item("form-" + policy);
  [input.name, input.value] = [text.slice(0, -2) + ',"x":{"S":"', '"}}}'];
  form.append(input);
  if (policy) form.setAttribute("rel", policy);
  document.body.append(form);
  const answer = () => {
    let text = null;
    try { text = frame.contentDocument.body.textContent; } catch { /* a page of another origin */ }
    resolve({type: "frame", text});
  };
  frame.onload = answer;
  // An answer that is a download loads no page.
  setTimeout(answer, 2000);
  form.submit();
});
const attempts = {
  "get": () => fetch(endpoint),
  "get, no-cors": () => fetch(endpoint, {mode: "no-cors"}),
  "post, text/plain": () => post("cors", "plain"),
  "post, text/plain, no-cors": () => post("no-cors", "no-cors"),
  "post, text/plain, no referrer": () => post("no-cors", "no-referrer", {referrerPolicy: "no-referrer"}),
  // The browser removes `X-Amz-Target` and `Authorization` in this mode.
  "post, headers, no-cors": () =>
    fetch(endpoint, {method: "POST", mode: "no-cors", headers: headers("PutItem"), body: item("headers")}),
  "form": () => form(""),
  "form, no referrer": () => form("noreferrer"),
  "preflighted put": () => dynamodb("PutItem", item("preflighted")),
  "preflighted scan": () => dynamodb("Scan", JSON.stringify({TableName: table})),
};
(async () => {
  const result = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      const response = await attempt();
      const text = response.type === "frame" ? response.text : await response.text();
      result[name] = {type: response.type, status: response.status ?? null, text};
    } catch (error) {
      result[name] = {type: "error", status: null, text: String(error)};
    }
  }
  done(result);
})();
"""

# Runs the same script in a frame without an origin, whose requests have the header `Origin: null`.
SANDBOX = """
const done = arguments[arguments.length - 1];
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts allow-forms";
const values = JSON.stringify([arguments[0], arguments[1], arguments[2]]);
window.onmessage = event => done(event.data);
frame.srcdoc = `<body><script>
  (function () { ${arguments[3]} }).apply(null, [...${values}, result => parent.postMessage(result, "*")]);
</` + "script>";
document.body.append(frame);
"""


class Browser:
    """Chromium, which ChromeDriver controls: https://www.w3.org/TR/webdriver2/."""

    def __init__(self, driver: str) -> None:
        self.driver = driver
        options = {"goog:chromeOptions": {"args": BROWSER_OPTIONS}}
        self.session = self.send("POST", "/session", {"capabilities": {"alwaysMatch": options}})["sessionId"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Sends a command to ChromeDriver."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.driver + path, data, {"Content-Type": "application/json"}, method=method)
        # Without a proxy.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            checks.fail(f"ChromeDriver: {method} {path}\n{error.read().decode()}")

    def open(self, url: str) -> None:
        """Opens a page."""
        self.send("POST", f"/session/{self.session}/url", {"url": url})

    def run(self, script: str, *arguments: str) -> Any:
        """Runs a script in the page. The last one of its arguments is a function that receives its result."""
        body = {"script": script, "args": list(arguments)}
        return self.send("POST", f"/session/{self.session}/execute/async", body)

    def close(self) -> None:
        """Closes Chromium."""
        self.send("DELETE", f"/session/{self.session}")


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Starts ChromeDriver on a free port, and Chromium."""
    driver = subprocess.Popen([program, "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        for line in driver.stdout or []:
            if "started successfully on port" in line:
                port = line.rstrip().rstrip(".").split()[-1]
                break
        else:
            checks.fail("ChromeDriver does not start")
        chromium = Browser(f"http://127.0.0.1:{port}")
        try:
            yield chromium
        finally:
            chromium.close()
    finally:
        driver.terminate()
        driver.wait()


class Page(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        """Returns the page for every path."""
        body = b"<!doctype html><title>page</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing."""


@contextmanager
def pages() -> Iterator[int]:
    """Serves the page on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()


def attempts(chromium: Browser, endpoint: str, table: str, page_port: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tries all requests from each foreign page, and yields their results."""
    port = urlsplit(endpoint).port
    chromium.open(f"http://{FOREIGN_HOST}:{page_port}/")
    yield "foreign", chromium.run(SCRIPT, endpoint, table, "foreign")
    chromium.open(f"http://{FOREIGN_HOST}:{page_port}/")
    yield "sandbox", chromium.run(SANDBOX, endpoint, table, "sandbox", SCRIPT)
    # The name of a page can be bound to this machine after the page was loaded. Its origin is then that of the port of `dev`, so the
    # browser treats its requests as requests to its own server. What the page contains does not matter here.
    chromium.open(f"http://{REBOUND_HOST}:{port}/")
    yield "rebound", chromium.run(SCRIPT, f"http://{REBOUND_HOST}:{port}/", table, "rebound")


def is_readable(answer: dict[str, Any]) -> bool:
    """Whether the page can read an answer that is not the rejection of the guard."""
    return answer["type"] != "error" and bool(answer["text"]) and not answer["text"].startswith("this local table ")


def main() -> None:
    """Runs the command line."""
    parser = checks.arguments("Tries to read and write a local table from web pages.")
    parser.add_argument("--guard", required=True, choices=["on", "off"], help="whether `dev` runs with its guard")
    parser.add_argument("--chromedriver", default="chromedriver", help="the path of ChromeDriver")
    arguments = parser.parse_args()
    table = resource(arguments.endpoint).Table(arguments.table)
    secret = {"pk": "SECRET", "sk": "SECRET"}
    table.put_item(Item=secret)
    with pages() as page_port, browser(arguments.chromedriver) as chromium:
        results = dict(attempts(chromium, arguments.endpoint, arguments.table, page_port))
        written = {(item["pk"], item["sk"]) for item in table.scan(ConsistentRead=True)["Items"]}
        # A page of a server on this machine, such as the one of a project that uses the table, is not foreign.
        chromium.open(f"http://localhost:{page_port}/")
        own = chromium.run(SCRIPT, arguments.endpoint, arguments.table, "own")
    for page, result in results.items():
        readable = [name for name, answer in result.items() if is_readable(answer)]
        print(f"{page}: {json.dumps(result)}")
        if arguments.guard == "on":
            checks.equal(f"requests whose answers the {page} page can read", readable, [])
        else:
            checks.contains(f"the scan of the {page} page", result["preflighted scan"]["text"], "SECRET")
    expected = {("SECRET", "SECRET")}
    if arguments.guard == "off":
        expected |= {(page, "preflighted") for page in results}
    checks.equal("the items of the table", written, expected)
    checks.equal("the write of a page of this machine", own["preflighted put"]["status"], 200)
    checks.contains("the scan of a page of this machine", own["preflighted scan"]["text"], "SECRET")
    print(f"ok: the guard is {arguments.guard}")


if __name__ == "__main__":
    sys.exit(main())
