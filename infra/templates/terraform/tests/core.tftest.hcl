# Tests of core/runtime-config and core/shared-key.

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
  app    = "shop"
  tables = [{ runtime_config_key = "Orders", table_name = "shop-orders-0" }, { runtime_config_key = "Users", table_name = "Users" }]
}

run "one_document_for_all_tables" {
  command = plan
  module {
    source = "./core/runtime-config"
  }
  variables {
    environment  = "dev"
    extra_tables = { Legacy = "legacy-table" }
  }

  assert {
    condition     = output.document == "{\"Legacy\":{\"tableName\":\"legacy-table\"},\"Orders\":{\"tableName\":\"shop-orders-0\"},\"Users\":{\"tableName\":\"Users\"}}"
    error_message = "The document is ${output.document}."
  }
  assert {
    condition     = nonsensitive(aws_appconfig_hosted_configuration_version.dynamodb.content) == output.document && aws_appconfig_hosted_configuration_version.dynamodb.content_type == "application/json"
    error_message = "AppConfig does not host the document."
  }
  assert {
    condition     = aws_appconfig_application.this.name == "shop-dev" && aws_appconfig_environment.default.name == "default" && aws_appconfig_configuration_profile.dynamodb.name == "dynamodb"
    error_message = "Programs do not find the document."
  }
  assert {
    condition     = aws_appconfig_deployment_strategy.instant[0].deployment_duration_in_minutes == 0 && aws_appconfig_deployment_strategy.instant[0].final_bake_time_in_minutes == 0 && aws_appconfig_deployment_strategy.instant[0].growth_factor == 100
    error_message = "The strategy does not deploy at once."
  }
  assert {
    condition     = aws_appconfig_deployment.dynamodb.deployment_strategy_id == "str1234" && output.application_id == "abc1234"
    error_message = "The deployment differs."
  }
}

run "a_given_strategy" {
  command = plan
  module {
    source = "./core/runtime-config"
  }
  variables {
    deployment_strategy_id = "giv1234"
  }

  assert {
    condition     = length(aws_appconfig_deployment_strategy.instant) == 0 && aws_appconfig_deployment.dynamodb.deployment_strategy_id == "giv1234"
    error_message = "The deployment does not use the given strategy."
  }
}

run "a_duplicate_runtime_config_key_is_rejected" {
  command = plan
  module {
    source = "./core/runtime-config"
  }
  variables {
    tables = [{ runtime_config_key = "Orders", table_name = "first" }, { runtime_config_key = "Orders", table_name = "second" }]
  }
  expect_failures = [var.tables]
}

run "an_extra_table_with_the_key_of_a_table_is_rejected" {
  command = plan
  module {
    source = "./core/runtime-config"
  }
  variables {
    extra_tables = { Orders = "another-table" }
  }
  expect_failures = [var.extra_tables]
}

run "tables_share_one_key" {
  command = plan
  module {
    source = "./core/shared-key"
  }
  variables {
    tables = [
      { shared = true, rotation = false, retain = false, tags = { team = "orders", stage = "dev" } },
      { shared = true, rotation = true, retain = true, tags = { team = "orders" } },
      { shared = false, rotation = true, retain = true, tags = {} },
    ]
  }

  assert {
    condition     = length(module.key) == 1 && output.arn == "arn:aws:kms:eu-central-1:111122223333:key/mock"
    error_message = "There is not exactly one key."
  }
  assert {
    condition     = local.rotation && local.deletion_window_in_days == 30 && local.tags == { team = "orders" }
    error_message = "The key does not have the safer settings and the common tags."
  }
}

run "without_a_shared_table_there_is_no_key" {
  command = plan
  module {
    source = "./core/shared-key"
  }
  variables {
    tables = [{ shared = false, rotation = true, retain = true, tags = {} }]
  }

  assert {
    condition     = length(module.key) == 0 && output.arn == null
    error_message = "There is a key that no table uses."
  }
}
