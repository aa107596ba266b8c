# A Lambda function of a program that `monotable connect lambda` has created: its role, its logs, and what invokes it.

locals {
  full_name = join("-", compact([var.app, var.environment, var.binary]))
  # Lambda accepts names of up to 64 characters.
  name = length(local.full_name) <= 64 ? local.full_name : "${substr(local.full_name, 0, 55)}-${substr(sha256(local.full_name), 0, 8)}"
  file = "${var.folder == null ? "." : var.folder}/${var.binary}/bootstrap.zip"
  # The view type and not the ARN decides, because a plan does not know the ARN of a new stream.
  streams     = { for name, table in var.streams : name => table.stream_arn if table.stream_view_type != null }
  queue_count = length(local.streams) > 0 ? 1 : 0
}

data "aws_partition" "current" {}

# The plan of a change elsewhere does not need the code, so this is only a warning. Without the file, Lambda gets no new code.
check "code" {
  assert {
    condition     = var.folder == null || fileexists(local.file)
    error_message = "${local.file} does not exist. Build it: cargo lambda build --release ${var.architecture == "arm64" ? "--arm64" : "--x86-64"} --output-format zip -p ${var.package}"
  }
}

resource "aws_iam_role" "this" {
  # A prefix can have 38 characters.
  name_prefix = "${substr(local.full_name, 0, 37)}-"
  description = "The function ${var.binary}"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy_attachment" "program" {
  role       = aws_iam_role.this.name
  policy_arn = var.policy_arn
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  function_name    = local.name
  role             = aws_iam_role.this.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = local.file
  source_code_hash = fileexists(local.file) ? filebase64sha256(local.file) : null
  memory_size      = var.memory_size
  timeout          = var.timeout

  environment {
    variables = merge({ RUNTIME_CONFIG_APP_ID = var.runtime_config_application_id }, var.environment_variables)
  }

  # The first invocation needs the permissions. Lambda would create a log group whose events never expire.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy_attachment.logs,
    aws_iam_role_policy_attachment.program,
  ]
}
