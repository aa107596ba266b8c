#!/bin/sh
# Applies a rendered Terraform project to MiniStack, and writes its outputs to standard output, as JSON.
#
#   apply.sh PROJECT ENDPOINT PLUGINS [VARIABLE=VALUE ..]
#
# PROJECT is the folder with main.tf; its config.json files have to be where its modules expect them. ENDPOINT is the address of
# MiniStack, such as http://127.0.0.1:4566. PLUGINS contains the aws provider 5.100.0. The project needs no change, because the
# provider takes everything from the environment. Run the script again to apply a change; the state is in PROJECT.
set -eu
project=$1 endpoint=$2
plugins=$(cd "$3" && pwd)
shift 3
for variable in "$@"; do
    shift
    set -- "$@" "-var=$variable"
done

# A configuration file or a profile of the user must not lead elsewhere.
unset TF_CLI_CONFIG_FILE AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true CHECKPOINT_DISABLE=1
export AWS_ENDPOINT_URL="$endpoint" AWS_REGION=eu-central-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

cd "$project"
terraform init -input=false -no-color -plugin-dir="$plugins" >&2
terraform apply -input=false -no-color -auto-approve "$@" >&2
terraform output -no-color -json
