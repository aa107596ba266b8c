#!/usr/bin/env bash
# Loads the API that `monotable connect api` generates, and the same API in FastAPI, and prints a table.
#
#     bench/api/run.sh WORK
#
# WORK is a folder for the generated workspace, the build and the results. A second run in it builds little.
# It needs Linux, wrk, curl, Python 3.10, and for DynamoDB Local also Java 17 and `monotable engine install`.
#
# MONOTABLE        the tool, by default `monotable` on the PATH; a release build, because it contains the embedded engine
# SECONDS_OF_LOAD  the length of each load, by default 30
# PORT, API_PORT   the ports of the table and of the APIs, by default 8000 and 3000
set -euo pipefail

work="$(mkdir -p "${1:?give a folder}" && cd "$1" && pwd)"
here="$(cd "$(dirname "$0")" && pwd)"
monotable="$(command -v "${MONOTABLE:-monotable}")" || { echo "monotable is not on the PATH; set MONOTABLE" >&2; exit 1; }
for program in wrk curl; do
    command -v "$program" >/dev/null || { echo "$program is not installed (apt-get install $program)" >&2; exit 1; }
done
seconds="${SECONDS_OF_LOAD:-30}" port="${PORT:-8000}" api="127.0.0.1:${API_PORT:-3000}"
shop="$work/shop" results="$work/results" venv="$work/venv"
export CARGO_TARGET_DIR="$work/target"

mkdir -p "$shop" "$results"
cd "$shop"
[ -d crates/my-table ] || "$monotable" new my-table --monotable-path "$here/../.." --no-fetch
[ -d crates/my-table-api ] || "$monotable" connect api --table my-table --no-fetch
# The versions that the generated workspace is tested with.
cp "$here/../../cli/tests/golden/generated.lock" Cargo.lock
cargo build --release --locked --package my-table-api
[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
config="$shop/crates/my-table/config.json"
table="$("$venv/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["localDev"]["tableName"])' "$config")"

# The data is in memory: on a disk, the engines wait for it at each write, and the load would measure the disk.
MONOTABLE_STATE_DIR="$(mktemp -d /dev/shm/monotable.XXXXXX)"
export MONOTABLE_STATE_DIR

server='' engine=''
stop() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    server=''
    "$monotable" dev stop >/dev/null 2>&1 || true
}
trap 'stop; rm -rf "$MONOTABLE_STATE_DIR"' EXIT

# Starts an empty table on an engine. Without the guard of `dev`, so that only the API and the engine are measured.
start_table() {
    "$venv/bin/python" - "$config" "$1" "$port" <<'PYTHON'
import json, sys
path, engine, port = sys.argv[1:]
config = json.load(open(path))
config["localDev"] |= {"engine": engine, "port": int(port)}
json.dump(config, open(path, "w"), indent=2)
PYTHON
    "$monotable" dev reset --yes >/dev/null
    "$monotable" dev --detach --no-guard >/dev/null
    engine="$("$monotable" dev status --json | "$venv/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["pid"])')"
}

wait_for() {
    for _ in $(seq 100); do
        sleep 0.1
        # If another program listens on the port, the server ends, but curl gets a response.
        kill -0 "$server" 2>/dev/null || break
        curl --silent --fail --output /dev/null "http://$api$1" && return
    done
    echo "the API does not start on $api; its log is in $results" >&2
    exit 1
}

# Both APIs may use all cores, log only warnings, and keep their connections to the table.
start_monotable() {
    LOCAL_DEV=true MONOTABLE_CONFIG="$config" BIND_ADDRESS="$api" RUST_LOG=warn CURSOR_KEY="$(printf '%064d' 7)" \
        "$CARGO_TARGET_DIR/release/my-table-api" >"$1" 2>&1 &
    server=$!
}
start_fastapi() {
    TABLE_ENDPOINT="http://127.0.0.1:$port" TABLE_NAME="$table" \
        "$venv/bin/uvicorn" --app-dir "$here" --host "${api%:*}" --port "${api#*:}" --workers "$(nproc)" \
        --log-level warning --no-access-log app:app >"$1" 2>&1 &
    server=$!
}

# Prints the memory in pages, and the CPU time in ticks, of a process and of its child processes.
usage() {
    for process in "$1" $(pgrep --parent "$1"); do
        cat "/proc/$process/stat"
    done | awk '{ memory += $24; time += $14 + $15 } END { print memory, time }'
}
sample() { echo "$(usage "$server") $(usage "$engine")" >>"$1"; }

# load NAME SECONDS: 64 connections.
load() {
    RUN="$1" RESULT="$results/$1" \
        wrk --threads 2 --connections 64 --duration "$2" --timeout 10 --script "$here/load.lua" "http://$api"
}

# measure API ENGINE
measure() {
    local name="$1-$2"
    echo "==> $1 on $2"
    start_table "$2"
    "start_$1" "$results/$name.log"
    wait_for '/queries/examples/list-by-category?category=none'
    # The first load fills the pages, and the caches of the API and of the engine.
    load "$name-first" 5 >/dev/null
    rm -f "$results/$name.samples"
    sample "$results/$name.samples"
    { sleep "$((seconds / 2))"; sample "$results/$name.samples"; } &
    local middle=$!
    load "$name" "$seconds"
    wait "$middle"
    sample "$results/$name.samples"
    uptime
    # Not with `--output`, which continues the file of an earlier run.
    "$monotable" table dump >"$results/$name.stored"
    stop
}

measure monotable embedded
measure monotable dynamodb-local
measure fastapi dynamodb-local
"$venv/bin/python" "$here/report.py" "$results" monotable-embedded monotable-dynamodb-local fastapi-dynamodb-local
