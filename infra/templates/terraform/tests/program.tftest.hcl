# Tests of core/program.

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

variables {
  name = "api"
  file = "tests/configs/programs.json"
  app  = "shop"
  tables = [
    { runtime_config_key = "Orders", table_arn = "table-arn", stream_arn = "stream-arn", kms_key_arn = "key-arn" },
    { runtime_config_key = "Users", table_arn = "other-arn", stream_arn = "other-arn", kms_key_arn = "other-arn" },
  ]
  runtime_config_application_arn = "application-arn"
}

run "the_policy_contains_the_permissions_of_the_program" {
  command = plan
  module {
    source = "./core/program"
  }
  variables {
    environment = "dev"
  }

  assert {
    condition = jsondecode(output.policy_json).Statement == [
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"], Resource = "table-arn", Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["ORDER#*"] } } },
      { Effect = "Allow", Action = ["dynamodb:Query"], Resource = "table-arn/index/gsi1" },
      { Effect = "Allow", Action = ["dynamodb:GetRecords"], Resource = "stream-arn" },
      { Effect = "Allow", Action = ["dynamodb:ListStreams"], Resource = "*" },
      { Effect = "Allow", Action = ["kms:Decrypt"], Resource = "key-arn" },
      { Effect = "Allow", Action = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"], Resource = "application-arn/*" },
    ]
    error_message = "The policy is ${output.policy_json}."
  }
  assert {
    condition     = aws_iam_policy.this.policy == output.policy_json && aws_iam_policy.this.name_prefix == "shop-dev-api-"
    error_message = "The resource differs."
  }
}

run "without_a_stream_and_a_key_the_policy_has_no_statement_for_them" {
  command = plan
  module {
    source = "./core/program"
  }
  variables {
    tables = [{ runtime_config_key = "Orders", table_arn = "table-arn", stream_arn = null, kms_key_arn = null }]
  }

  assert {
    condition     = length(jsondecode(output.policy_json).Statement) == 3
    error_message = "The policy is ${output.policy_json}."
  }
}

run "a_program_that_the_file_does_not_have_is_rejected" {
  command = plan
  module {
    source = "./core/program"
  }
  variables {
    name = "worker"
  }
  expect_failures = [aws_iam_policy.this]
}

run "a_table_that_is_missing_is_rejected" {
  command = plan
  module {
    source = "./core/program"
  }
  variables {
    tables = [{ runtime_config_key = "Users", table_arn = "other-arn", stream_arn = null, kms_key_arn = null }]
  }
  expect_failures = [aws_iam_policy.this]
}
