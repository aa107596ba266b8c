"""Prints the results of loads as a table, and fails if a response was an error or an acknowledged write is not stored.

    python report.py FOLDER NAME..
"""

import json
import os
import sys
from pathlib import Path

# The memory of the generated API at the end may be larger than in the middle by this factor.
FLAT = 1.1


def lost(folder: Path, name: str) -> int:
    """Returns how many examples of both loads were acknowledged, but are not in the table."""
    acknowledged = {
        line for load in (f"{name}-first", name) for line in (folder / f"{load}.acknowledged").read_text().splitlines()
    }
    if not acknowledged:
        raise SystemExit(f"{name}: no write was acknowledged")
    with (folder / f"{name}.stored").open() as lines:
        stored = {json.loads(line)["pk"]["S"].removeprefix("EXAMPLE#") for line in lines}
    return len(acknowledged - stored)


def main() -> None:
    """Prints the table."""
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    print("| API and engine | requests/s | p50 ms | p99 ms | CPU ms of API | of engine | errors | creates | lost | MB: start, middle, end |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    rates, cpus, faults = {}, {}, []
    for name in names:
        first, load = (json.loads((folder / f"{name}{which}.json").read_text()) for which in ("-first", ""))
        errors = first["errors"] + load["errors"]
        samples = [map(int, line.split()) for line in (folder / f"{name}.samples").read_text().splitlines()]
        pages, api_ticks, _, engine_ticks = zip(*samples)
        memory = [count * os.sysconf("SC_PAGE_SIZE") / 1e6 for count in pages]
        per_request = 1000 / os.sysconf("SC_CLK_TCK") / load["requests"]
        cpus[name] = (api_ticks[-1] - api_ticks[0]) * per_request
        engine = (engine_ticks[-1] - engine_ticks[0]) * per_request
        creates = len((folder / f"{name}.acknowledged").read_text().splitlines())
        missing = lost(folder, name)
        rates[name] = load["requests"] / load["micros"] * 1e6
        sizes = ", ".join(f"{size:.0f}" for size in memory)
        print(
            f"| {name} | {rates[name]:.0f} | {load['p50'] / 1000:.1f} | {load['p99'] / 1000:.1f} | {cpus[name]:.2f} | {engine:.2f} "
            f"| {errors} | {creates} | {missing} | {sizes} |"
        )
        if errors or missing:
            faults.append(f"{name}: {errors} errors, {missing} lost writes")
        if name.startswith("monotable") and memory[2] > memory[1] * FLAT:
            faults.append(f"{name}: the memory grows")
    ours, theirs = "monotable-dynamodb-local", "fastapi-dynamodb-local"
    print(
        f"\nOn DynamoDB Local, the generated API handles {rates[ours] / rates[theirs]:.1f} times as many requests per second as "
        f"FastAPI, and takes {cpus[theirs] / cpus[ours]:.1f} times less CPU time for each."
    )
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
