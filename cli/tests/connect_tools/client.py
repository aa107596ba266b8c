"""Drives a generated MCP server with the official client. The arguments are the address of a server over HTTP, and the command of one
that uses standard input and output. A failed check ends the program with exit code 1."""

import asyncio
import os
import sys
from typing import Any

import httpx2
from mcp import ClientSession, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

READS = ["example_get", "example_list_by_category", "example_by_date", "order_get", "order_list_by_state", "order_list_all", "order_by_user_id", "score_get"]
WRITES = ["example_create", "example_update", "order_create", "order_update", "score_create", "score_update"]


def equal(what: str, found: Any, expected: Any) -> None:
    """Fails if two values differ."""
    if found != expected:
        sys.exit(f"FAILED: {what}\n  expected: {expected!r}\n  found:    {found!r}")


def contains(what: str, text: str, part: str) -> None:
    """Fails if a text does not contain another one."""
    if part not in text:
        sys.exit(f"FAILED: {what}\n  expected: a text with {part!r}\n  found:    {text!r}")


async def call(session: ClientSession, tool: str, **arguments: Any) -> Any:
    """Calls a tool, which has to succeed."""
    result = await session.call_tool(tool, arguments)
    equal(f"{tool} {arguments}: {result.content}", result.is_error, False)
    return result.structured_content


async def problem(session: ClientSession, tool: str, part: str, **arguments: Any) -> None:
    """Calls a tool, which has to fail with an error of the tool."""
    result = await session.call_tool(tool, arguments)
    equal(f"{tool} {arguments}", result.is_error, True)
    contains(f"{tool} {arguments}", result.content[0].text, part)


async def tools(session: ClientSession) -> dict[str, Any]:
    """Checks the start, and returns the tools by their names."""
    started = await session.initialize()
    equal("the name of the server", started.server_info.name, "my-table-mcp")
    return {tool.name: tool for tool in (await session.list_tools()).tools}


async def use(session: ClientSession, prefix: str) -> None:
    """Uses all tools. The ids begin with a prefix, because two clients use the same table."""
    found = await tools(session)
    equal("the tools", sorted(found), sorted(READS + WRITES))
    for name, tool in found.items():
        equal(f"the hint of {name}", tool.annotations.read_only_hint, name in READS)
    listed = found["example_list_by_category"]
    contains("the keys in a description", listed.description, "the index `gsi1`, with the keys `CATEGORY#{category}`, `EXAMPLE#{id}`")
    equal("the schema", listed.input_schema["required"], ["category"])
    equal("the limit", listed.input_schema["properties"]["limit"]["maximum"], 100)
    schema = found["order_create"].input_schema["properties"]
    equal("an enum", schema["state"]["enum"], ["OPEN", "PAID"])
    equal("the documentation of a field", schema["number"]["description"], "The number of the order.")
    equal("a date", schema["day"]["format"], "date")

    category = f"{prefix}-tools"
    ids = [f"{prefix}-{number}" for number in range(5)]
    for id in ids:
        created = await call(session, "example_create", id=id, name="a saw", category=category)
        equal("what a tool returns", await call(session, "example_get", id=id), created)
    await problem(session, "example_create", "an item with this key exists", id=ids[0], name="n", category=category)

    # Three pages.
    pages, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = await call(session, "example_list_by_category", category=category, limit=2, **more)
        pages.append([item["id"] for item in page["items"]])
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    equal("the pages", pages, [ids[0:2], ids[2:4], ids[4:5]])
    first = await call(session, "example_list_by_category", category=category, limit=2, direction="descending")
    equal("the last items first", [item["id"] for item in first["items"]], [ids[4], ids[3]])
    if "EXAMPLE" in first["next_cursor"]:
        sys.exit("FAILED: the cursor is not sealed")
    foreign = {"category": "other", "cursor": first["next_cursor"]}
    await problem(session, "example_list_by_category", "belongs to another list", **foreign)
    await problem(session, "example_list_by_category", "`cursor`: the cursor is damaged", category="c", cursor="x")
    await problem(session, "example_list_by_category", "`limit`: give a number from 1 to 100", category="c", limit=101)
    ranged = await call(session, "example_list_by_category", category=category, id_from=ids[3])
    equal("a range", [item["id"] for item in ranged["items"]], ids[3:])

    # The index entry follows the change.
    await call(session, "example_update", id=ids[0], changes={"category": f"{prefix}-plants"})
    moved = await call(session, "example_list_by_category", category=f"{prefix}-plants")
    equal("the moved item", [item["id"] for item in moved["items"]], [ids[0]])

    order = {"user_id": prefix, "number": 7, "state": "OPEN", "day": "2026-11-20", "remark": "a note"}
    created = await call(session, "order_create", **order)
    equal("the version", created["version"], 1)
    paid = {"state": "PAID", "remark": None}
    updated = await call(session, "order_update", user_id=prefix, number=7, changes=paid, expected_version=1)
    equal("the update", (updated["state"], updated["remark"], updated["version"]), ("PAID", None, 2))
    old = {"user_id": prefix, "number": 7, "changes": {"state": "OPEN"}, "expected_version": 1}
    await problem(session, "order_update", "the item has another version", **old)
    listed = await call(session, "order_list_by_state", state="PAID", day_from="2026-11-20")
    equal("the orders", [order for order in listed["items"] if order["user_id"] == prefix], [updated])
    equal("a partition of the table", await call(session, "order_by_user_id", user_id=prefix), {"items": [updated]})

    # The fields of a sort key are given from left to right.
    day = "2026-11-20"
    for conditions in [{}, {"day": day}, {"day_from": day, "day_to": day}, {"day": day, "number_from": 7}, {"day": day, "number": 7}]:
        listed = await call(session, "order_list_all", state="PAID", **conditions)
        equal(f"the orders by {conditions}", [order for order in listed["items"] if order["user_id"] == prefix], [updated])
    await problem(session, "order_list_all", "`state`: give one value, because `day` needs it", day_from=day)
    await problem(session, "order_list_all", "`day`: give one value, because `number` needs it", state="PAID", number=7)
    await problem(session, "order_list_all", "`day`: give one value or a range, not both", state="PAID", day=day, day_to=day)

    # A function makes the partition key from two fields.
    score = {"state": "PAID", "season": 2026, "player": prefix}
    created = await call(session, "score_create", points=3, **score)
    equal("an item by the fields of a function", await call(session, "score_get", **score), created)
    updated = await call(session, "score_update", changes={"points": 4}, **score)
    equal("its update", (updated["points"], updated["season"]), (4, 2026))
    await problem(session, "score_get", "no item has this key", **(score | {"season": 2025}))

    await problem(session, "example_get", "no item has this key", id="none")
    await problem(session, "example_get", "missing field `id`")
    await problem(session, "example_get", "unknown field `no`", id="1", no=1)
    await problem(session, "example_get", "a value cannot be part of a key", id="a#b")
    await problem(session, "example_create", "cannot be part of a key", id="x" * 3000, name="n", category="c")
    await problem(session, "example_create", "too large", id=f"{prefix}-x", name="n" * 420_000, category="c")
    await problem(session, "order_list_by_state", "LOST", state="LOST")
    await problem(session, "order_get", "invalid value", user_id="u", number=4294967296)
    try:
        await session.call_tool("no_such_tool", {})
        sys.exit("FAILED: an unknown tool must be an error")
    except MCPError as error:
        contains("an unknown tool", str(error), "the server has no tool `no_such_tool`")


async def foreign_requests(url: str) -> None:
    """Requests of web pages are rejected before they reach a tool."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    port = url.split(":")[2].split("/")[0]
    cases = [({}, 200), ({"origin": f"http://127.0.0.1:{port}"}, 200), ({"origin": "https://example.com"}, 403)]
    cases += [({"origin": "null"}, 403), ({"origin": "http://localhost:1"}, 403), ({"host": "example.com"}, 403)]
    async with httpx2.AsyncClient(trust_env=False) as client:
        for headers, status in cases:
            response = await client.post(url, json=body, headers=accept | headers)
            equal(f"the status for {headers}", response.status_code, status)
        response = await client.post(url, content=b"x" * 1_000_000, headers=accept | {"content-type": "application/json"})
        equal("the status for a large body", response.status_code, 413)


async def main(url: str, command: list[str]) -> None:
    def over_stdio(*options: str) -> Any:
        return stdio_client(StdioServerParameters(command=command[0], args=[*command[1:], *options], env=dict(os.environ)))

    async with over_stdio() as streams, ClientSession(*streams) as session:
        await use(session, "stdio")
    async with over_stdio("--read-only") as streams, ClientSession(*streams) as session:
        equal("the tools that only read", sorted(await tools(session)), sorted(READS))
        await call(session, "example_get", id="stdio-1")
    async with streamable_http_client(url) as streams, ClientSession(streams[0], streams[1]) as session:
        await use(session, "http")
    await foreign_requests(url)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
print("everything is as expected")
