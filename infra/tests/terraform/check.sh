#!/bin/sh
# Checks the Terraform output: format, validity and tests of a rendered project.
#
#   check.sh WORK [DIR]    WORK keeps the provider from one run to the next; DIR contains the provider if the registry is not reachable
set -eu
unset TF_CLI_CONFIG_FILE
infra=$(cd "$(dirname "$0")/../.." && pwd)
corpus=$infra/tests/corpus
mkdir -p "$1/crates/orders" "$1/crates/user-events"
work=$(cd "$1" && pwd)
project=$work/infra/terraform
cp "$corpus/two-indexes.json" "$work/crates/orders/config.json"
cp "$corpus/environments.json" "$work/crates/user-events/config.json"
rm -rf "$project/core" "$project/tables" "$project/tests" "$project"/*.tf
cd "$infra"
cargo run --quiet --locked --example render -- \
    terraform "$work" infra/terraform crates/orders/config.json crates/user-events/config.json "It's=archive"

cd "$project"
terraform fmt -check -diff -recursive
terraform init -input=false ${2:+"-plugin-dir=$2"} >/dev/null
terraform validate
terraform test
