# Tests of core/function.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:111122223333:function:mock" }
  }
  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://mock.lambda-url.eu-central-1.on.aws/" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:111122223333:mock", url = "https://sqs.eu-central-1.amazonaws.com/111122223333/mock" }
  }
}

variables {
  binary                        = "shop-lambda"
  package                       = "shop-lambda"
  folder                        = null
  app                           = "shop"
  policy_arn                    = "arn:aws:iam::111122223333:policy/shop"
  runtime_config_application_id = "abc1234"
}

run "a_function_has_its_policy_and_finds_its_tables" {
  command = plan
  module {
    source = "./core/function"
  }
  variables {
    environment = "dev"
    url         = true

    environment_variables = { CURSOR_KEY = "secret" }
  }

  assert {
    condition     = aws_lambda_function.this.function_name == "shop-dev-shop-lambda" && aws_lambda_function.this.runtime == "provided.al2023"
    error_message = "The function is ${aws_lambda_function.this.function_name}."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ RUNTIME_CONFIG_APP_ID = "abc1234", CURSOR_KEY = "secret" })
    error_message = "The variables differ."
  }
  assert {
    condition     = aws_iam_role_policy_attachment.program.policy_arn == var.policy_arn
    error_message = "The role does not have the policy of the program."
  }
  assert {
    condition     = endswith(aws_iam_role_policy_attachment.logs.policy_arn, "/AWSLambdaBasicExecutionRole")
    error_message = "The function cannot write its logs."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/shop-dev-shop-lambda" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The logs are in ${aws_cloudwatch_log_group.this.name}."
  }
  assert {
    condition     = output.url != null && aws_lambda_function_url.this[0].authorization_type == "AWS_IAM"
    error_message = "Everybody can call the function, or nobody."
  }
  assert {
    condition     = length(aws_lambda_event_source_mapping.this) == 0 && output.failed_records_url == null
    error_message = "A function without streams has a queue."
  }
}

run "streams_invoke_a_function" {
  command = plan
  module {
    source = "./core/function"
  }
  variables {
    binary = "shop-lambda-stream"
    streams = {
      orders = { stream_arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/orders/stream/1", stream_view_type = "NEW_AND_OLD_IMAGES" }
      users  = { stream_arn = null, stream_view_type = null }
    }
  }

  assert {
    condition     = keys(aws_lambda_event_source_mapping.this) == ["orders"]
    error_message = "The mappings are ${join(", ", keys(aws_lambda_event_source_mapping.this))}."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this["orders"].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "A record that fails repeats the records before it."
  }
  assert {
    condition = (
      aws_lambda_event_source_mapping.this["orders"].starting_position == "TRIM_HORIZON" &&
      aws_lambda_event_source_mapping.this["orders"].bisect_batch_on_function_error &&
      aws_lambda_event_source_mapping.this["orders"].maximum_retry_attempts == 10
    )
    error_message = "The settings of the mapping differ."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this["orders"].destination_config[0].on_failure[0].destination_arn == aws_sqs_queue.failed[0].arn
    error_message = "Records that were given up are lost."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.failed[0].policy).Statement[0].Resource == aws_sqs_queue.failed[0].arn
    error_message = "The function may not use its queue."
  }
  assert {
    condition     = output.url == null && output.failed_records_url == aws_sqs_queue.failed[0].url
    error_message = "The outputs differ."
  }
}

run "a_long_name_is_shortened_to_a_unique_one" {
  command = plan
  module {
    source = "./core/function"
  }
  variables {
    binary = "a-program-with-a-very-long-name-that-does-not-fit-into-64-characters"
  }

  assert {
    condition     = length(output.name) == 64 && startswith(output.name, "shop-a-program-with-a-very-long-name-")
    error_message = "The name is ${output.name}."
  }
}

run "a_function_that_was_not_built_is_reported" {
  command = plan
  module {
    source = "./core/function"
  }
  variables {
    folder = "no-such-folder"
  }
  expect_failures = [check.code]
}
