# Tests of core/table. They need neither credentials nor a network: `terraform init && terraform test`.

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
  app         = "shop"
  name        = "orders"
  name_suffix = "0"
}

run "defaults" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/defaults.json"
  }

  assert {
    condition     = output.table_name == "shop-orders-0"
    error_message = "The name of the table is ${output.table_name}."
  }
  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "The table has other keys or another billing mode."
  }
  assert {
    condition     = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { pk = "S", sk = "S", gsi1pk = "S", gsi1sk = "S", email = "S" }
    error_message = "The attribute definitions differ."
  }
  assert {
    condition     = { for index in aws_dynamodb_table.this.global_secondary_index : index.name => "${index.hash_key}/${index.range_key == null ? "" : index.range_key}/${index.projection_type}" } == { "gsi1pk-gsi1sk-index" = "gsi1pk/gsi1sk/ALL", "by-email" = "email//ALL" }
    error_message = "The indexes differ."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.point_in_time_recovery[0].recovery_period_in_days == 35
    error_message = "Point-in-time recovery is not on for 35 days."
  }
  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Deletion protection is off."
  }
  assert {
    condition     = output.kms_key_arn == "arn:aws:kms:eu-central-1:111122223333:key/mock" && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == output.kms_key_arn
    error_message = "The table's own key does not encrypt the table."
  }
  assert {
    condition     = !aws_dynamodb_table.this.stream_enabled && output.stream_arn == null && !aws_dynamodb_table.this.ttl[0].enabled && length(aws_appautoscaling_target.this) == 0
    error_message = "There is a stream, an expiry time or auto scaling that config.json does not ask for."
  }
  assert {
    condition     = keys(output.policy_json) == ["full", "read", "read_write", "write"]
    error_message = "There are policies for ${join(", ", keys(output.policy_json))}."
  }
  assert {
    condition     = jsondecode(output.policy_json.read_write).Statement[0].Resource == ["arn:aws:dynamodb:eu-central-1:111122223333:table/mock", "arn:aws:dynamodb:eu-central-1:111122223333:table/mock/index/*"]
    error_message = "The policy does not name the table and its indexes."
  }
  assert {
    condition     = length(jsondecode(output.policy_json.read).Statement[0].Action) == 6 && length(jsondecode(output.policy_json.write).Statement[0].Action) == 5 && length(jsondecode(output.policy_json.read_write).Statement[0].Action) == 10
    error_message = "The numbers of actions differ."
  }
  assert {
    condition     = jsondecode(output.policy_json.write).Statement[1] == { Action = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"], Effect = "Allow", Resource = ["arn:aws:kms:eu-central-1:111122223333:key/mock"] }
    error_message = "The write policy does not allow to use the key."
  }
}

run "each_default_can_be_turned_off" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path            = "./tests/configs/defaults.json"
    kms                    = "aws-owned"
    point_in_time_recovery = false
    deletion_protection    = false
    on_removal             = "delete"
    billing                = "PROVISIONED"
    capacity               = { read = 5, write = 5 }
    table_name             = "Orders"
    tags                   = { team = "orders" }
  }

  assert {
    condition     = aws_dynamodb_table.this.name == "Orders" && aws_dynamodb_table.this.tags == tomap({ team = "orders" })
    error_message = "Name or tags differ."
  }
  assert {
    condition     = !aws_dynamodb_table.this.server_side_encryption[0].enabled && output.kms_key_arn == null && length(module.key) == 0
    error_message = "The table has a customer-managed key."
  }
  assert {
    condition     = length(jsondecode(output.policy_json.full).Statement) == 1
    error_message = "The policy names a key."
  }
  assert {
    condition     = !aws_dynamodb_table.this.point_in_time_recovery[0].enabled && !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Point-in-time recovery or deletion protection is on."
  }
  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 5 && alltrue([for index in aws_dynamodb_table.this.global_secondary_index : index.read_capacity == 5 && index.write_capacity == 5])
    error_message = "The table or an index has another capacity."
  }
}

run "rotation_of_the_own_key_can_be_turned_off" {
  command = plan
  module {
    source = "./core/key"
  }
  variables {
    description = "a key"
    rotation    = false
  }

  assert {
    condition     = !aws_kms_key.this.enable_key_rotation
    error_message = "AWS rotates the key."
  }
  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[0].Principal.AWS == "arn:aws:iam::111122223333:root" && length(jsondecode(aws_kms_key.this.policy).Statement) == 1
    error_message = "The key policy differs."
  }
}

run "every_word_of_config_json" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path                    = "./tests/configs/full.json"
    environment                    = "prod"
    runtime_config_application_arn = "arn:aws:appconfig:eu-central-1:111122223333:application/abc1234"
  }

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "device" && aws_dynamodb_table.this.range_key == "at" && aws_dynamodb_table.this.read_capacity == 5 && aws_dynamodb_table.this.write_capacity == 6
    error_message = "Keys or capacity of the table differ."
  }
  assert {
    condition     = { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { device = "B", at = "N", day = "N", kind = "S", state = "S" }
    error_message = "The attribute definitions differ."
  }
  assert {
    condition     = { for index in aws_dynamodb_table.this.global_secondary_index : index.name => [index.read_capacity, index.write_capacity] } == { "by-day" = [2, 3], "by-kind" = [5, 6] }
    error_message = "The capacities of the indexes differ."
  }
  assert {
    condition     = [for index in aws_dynamodb_table.this.global_secondary_index : sort(index.non_key_attributes) if index.name == "by-day"][0] == tolist(["title", "total"])
    error_message = "The projection of by-day differs."
  }
  assert {
    condition     = [for index in aws_dynamodb_table.this.local_secondary_index : "${index.name}/${index.range_key}"] == ["by-state/state"]
    error_message = "The local index differs."
  }
  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "Expiry time or stream differ."
  }
  assert {
    condition = { for key, target in aws_appautoscaling_target.this : key => "${target.resource_id} ${target.scalable_dimension} ${target.min_capacity}-${target.max_capacity}" } == {
      "table/read"         = "table/shop-orders-0 dynamodb:table:ReadCapacityUnits 5-100"
      "table/write"        = "table/shop-orders-0 dynamodb:table:WriteCapacityUnits 5-100"
      "index/by-day/read"  = "table/shop-orders-0/index/by-day dynamodb:index:ReadCapacityUnits 2-20"
      "index/by-day/write" = "table/shop-orders-0/index/by-day dynamodb:index:WriteCapacityUnits 2-20"
    }
    error_message = "The scalable targets differ."
  }
  assert {
    condition     = aws_appautoscaling_policy.this["index/by-day/write"].target_tracking_scaling_policy_configuration[0].target_value == 50
    error_message = "The target of the index is not 50 percent."
  }
  assert {
    condition     = jsondecode(output.policy_json.stream).Statement[0].Resource == [output.stream_arn]
    error_message = "The stream policy does not name the stream."
  }
  assert {
    condition     = jsondecode(output.policy_json.read).Statement[2].Resource == ["arn:aws:appconfig:eu-central-1:111122223333:application/abc1234/*"]
    error_message = "The read policy does not allow to read the runtime configuration."
  }
}

run "an_environment_wins_over_deploy" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/full.json"
    environment = "dev"
  }

  assert {
    condition     = aws_dynamodb_table.this.name == "full-dev" && aws_dynamodb_table.this.tags == tomap({ team = "orders", stage = "dev" })
    error_message = "Name or tags differ."
  }
  assert {
    condition     = aws_dynamodb_table.this.read_capacity == 1 && { for index in aws_dynamodb_table.this.global_secondary_index : index.name => index.read_capacity } == { "by-day" = 2, "by-kind" = 1 }
    error_message = "The capacities differ."
  }
  assert {
    condition     = !aws_dynamodb_table.this.server_side_encryption[0].enabled && !aws_dynamodb_table.this.point_in_time_recovery[0].enabled && !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "A default of the other environments is on."
  }
}

run "a_partition_key_alone" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path    = "./tests/configs/hash-only.json"
    shared_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/shared"
  }

  assert {
    condition     = aws_dynamodb_table.this.name == "Users" && aws_dynamodb_table.this.hash_key == "user_id" && aws_dynamodb_table.this.range_key == null && length(aws_dynamodb_table.this.attribute) == 1
    error_message = "The keys differ."
  }
  assert {
    condition     = output.kms_key_arn == "arn:aws:kms:eu-central-1:111122223333:key/shared" && length(module.key) == 0
    error_message = "The table does not use the shared key."
  }
}

run "scaled_capacity_is_kept" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path          = "./tests/configs/full.json"
    keep_scaled_capacity = true
  }

  assert {
    condition     = local.table_capacity.read == null && local.table_capacity.write == null
    error_message = "The table gets the capacity of config.json."
  }
}

run "a_shared_key_without_an_arn_is_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/hash-only.json"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "a_multi_attribute_key_is_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/bad-multi-attribute-key.json"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "unknown_billing_is_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/bad-billing.json"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "provisioned_without_capacity_is_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/bad-capacity.json"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "unknown_words_and_values_are_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/bad-words.json"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "an_unknown_environment_is_rejected" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path = "./tests/configs/full.json"
    environment = "stage"
  }
  expect_failures = [aws_dynamodb_table.this]
}

run "retain_without_deletion_protection_is_a_warning" {
  command = plan
  module {
    source = "./core/table"
  }
  variables {
    config_path         = "./tests/configs/defaults.json"
    deletion_protection = false
  }
  expect_failures = [check.removal]
}
