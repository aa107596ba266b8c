#!/bin/sh
# Checks the CDK output: types, tests and synthesis of a rendered project in each language. Then compares the templates of the whole
# corpus: those of the CDK in each language, and those that monotable writes itself.
#
#   check.sh WORK    WORK keeps the packages from one run to the next; target/cdk is a good place
set -eu
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
here=$(cd "$(dirname "$0")" && pwd)
infra=$(cd "$here/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
corpus=$infra/tests/corpus
ts=$work/infra/cdk
py=$work/infra/cdk-python

rm -rf "$work/crates" "$work/out" "$work/target/lambda" "$ts/src" "$ts/test" "$py/core" "$py/tables" "$py/tests"
[ -d "$work/venv" ] || python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install -q --disable-pip-version-check -r "$infra/templates/cdk-python/requirements-dev.txt"
mkdir -p "$work/crates/orders" "$work/crates/user-events" "$work/crates/audit"
cp "$corpus/two-indexes.json" "$work/crates/orders/config.json"
cp "$corpus/environments.json" "$work/crates/user-events/config.json"
cp "$corpus/stream-both-images.json" "$work/crates/audit/config.json"
cp -R "$infra/tests/schemas" "$work/crates/"
# render OUTPUT PROJECT [KEY=NAME...]
render() {
    output=$1 project=$2
    shift 2
    cd "$infra"
    cargo run --quiet --locked --example render -- \
        "$output" "$work" "$project" crates/orders/config.json crates/user-events/config.json crates/audit/config.json \
        shop-api@crates/schemas/two-indexes.json shop-api@crates/schemas/environments.json \
        audit-lambda@crates/schemas/stream-both-images.json "$@"
    cd - >/dev/null
}
render cdk-typescript infra/cdk
render cdk-python infra/cdk-python
cp "$here/synth.ts" "$ts/"
cp "$here/synth.py" "$py/"

cd "$ts"
[ -d node_modules ] || npm install --no-audit --no-fund --no-package-lock --silent
npm run --silent typecheck
npm run --silent test
# The tests need no binaries. But a deployment without them would fail, so the synthesis has to tell how to build them.
mkdir -p "$work/out"
if npx cdk synth --quiet --output "$work/out/unbuilt" >"$work/out/unbuilt.log" 2>&1; then
    echo "cdk synth succeeds without the binaries of the functions"
    exit 1
fi
for binary in audit-lambda audit-lambda-stream; do
    message="../../target/lambda/$binary/bootstrap does not exist; build it: cargo lambda build --release --x86-64 -p audit-lambda"
    grep -qF "$message" "$work/out/unbuilt.log" || { cat "$work/out/unbuilt.log"; exit 1; }
    mkdir -p "$work/target/lambda/$binary"
    echo "stands for a binary" >"$work/target/lambda/$binary/bootstrap"
done
npx cdk synth --quiet --context env=dev --output "$work/out/cdk.out.ts"
node --import tsx synth.ts "$corpus" "$work/out/typescript"
# With tables of other stacks, the stack has one more part.
render cdk-typescript infra/cdk "It's=archive"
npm run --silent typecheck
npx cdk synth --quiet --output "$work/out/extra.ts"

cd "$py"
"$python" -m pytest -q
PATH=$work/venv/bin:$PATH "$ts/node_modules/.bin/cdk" synth --quiet --context env=dev --output "$work/out/cdk.out.py"
"$python" synth.py "$corpus" "$work/out/python"
render cdk-python infra/cdk-python "It's=archive"
PATH=$work/venv/bin:$PATH "$ts/node_modules/.bin/cdk" synth --quiet --output "$work/out/extra.py"
for language in ts py; do
    grep -q '"It.s' "$work/out/extra.$language/shop.template.json" ||
        { echo "the extra table is missing in the runtime configuration ($language)"; exit 1; }
done

# The whole application, with the policies of its programs.
render stack out/stack
for language in ts py; do
    "$python" "$here/compare.py" "$work/out/stack" "$work/out/cdk.out.$language"
done
"$python" "$here/compare.py" --functions "$work/out/cdk.out.ts" "$work/out/cdk.out.py"

cd "$corpus"
cargo run --quiet --locked --manifest-path "$infra/Cargo.toml" --example render -- \
    cloudformation "$corpus" "$work/out/cloudformation" *.json
"$python" "$here/compare.py" "$work/out/typescript" "$work/out/python"
"$python" "$here/compare.py" "$work/out/typescript" "$work/out/cloudformation"

# The file with environments, in each of them.
mkdir -p "$work/out/environments"
cp "$corpus/environments.json" "$work/out/environments/"
for environment in dev prod; do
    out=$work/out/$environment
    mkdir -p "$out/cloudformation"
    cp "$infra/tests/golden/environments.$environment.template.json" "$out/cloudformation/environments.template.json"
    cd "$ts"
    node --import tsx synth.ts "$work/out/environments" "$out/typescript" "$environment"
    cd "$py"
    "$python" synth.py "$work/out/environments" "$out/python" "$environment"
    "$python" "$here/compare.py" "$out/cloudformation" "$out/typescript"
    "$python" "$here/compare.py" "$out/cloudformation" "$out/python"
done
