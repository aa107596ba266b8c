"""Measures what the guard of `monotable dev` costs: gets of one item through the guard and directly from the engine, alternating.

    python3 bench/guard.py GUARD_PORT ENGINE_PORT TABLE

The guard has the port of config.json. `ss -ltnp` shows the port of the engine, which the same process listens on.
"""

import http.client
import json
import statistics
import sys
import time

ROUNDS = 3000
HEADERS = {
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Target": "DynamoDB_20120810.GetItem",
    "Content-Type": "application/x-amz-json-1.0",
    # A local engine needs a signature, and does not check it.
    "Authorization": "AWS4-HMAC-SHA256 Credential=UNUSED/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}

guard, engine, table = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
key = {"pk": {"S": "EXAMPLE#1"}, "sk": {"S": "EXAMPLE#1"}}
body = json.dumps({"TableName": table, "Key": key})
connections = {port: http.client.HTTPConnection("127.0.0.1", port) for port in (guard, engine)}
times = {port: [] for port in connections}
for _ in range(ROUNDS):
    for port, connection in connections.items():
        start = time.perf_counter()
        connection.request("POST", "/", body, HEADERS)
        response = connection.getresponse()
        content = response.read()
        times[port].append(time.perf_counter() - start)
        assert response.status == 200, content
for name, port in (("guard", guard), ("engine", engine)):
    sorted_times = sorted(times[port])
    median, late = statistics.median(sorted_times), sorted_times[int(ROUNDS * 0.99)]
    print(f"{name}: median {median * 1e6:.0f} µs, 99th percentile {late * 1e6:.0f} µs")
