# The tables of this application, planned without credentials.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = {
      arn        = "arn:aws:dynamodb:eu-central-1:111122223333:table/mock"
      stream_arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/mock/stream/2026-01-01T00:00:00.000"
    }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:111122223333:key/mock" }
  }
  # The provider accepts ids of 4 to 7 characters.
  mock_resource "aws_appconfig_application" {
    defaults = { id = "abc1234", arn = "arn:aws:appconfig:eu-central-1:111122223333:application/abc1234" }
  }
  mock_resource "aws_appconfig_environment" {
    defaults = { environment_id = "env1234" }
  }
  mock_resource "aws_appconfig_configuration_profile" {
    defaults = { configuration_profile_id = "pro1234" }
  }
  mock_resource "aws_appconfig_hosted_configuration_version" {
    defaults = { version_number = 1 }
  }
  mock_resource "aws_appconfig_deployment_strategy" {
    defaults = { id = "str1234" }
  }
}

# Functions need no code for a plan.
variables {
  lambda_folder = null
}

run "programs_find_every_table" {
  command = plan

  assert {
    condition     = toset(module.runtime_config.keys) == toset(concat(local.tables[*].runtime_config_key, keys(var.extra_tables)))
    error_message = "The runtime configuration has the keys ${join(", ", module.runtime_config.keys)}."
  }
  assert {
    condition     = output.runtime_config_application_id == "abc1234"
    error_message = "The application id is not the output."
  }
}
