# IAM policies for programs that use the table.

locals {
  read_actions = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
  ]
  write_actions = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
  ]
  key_read_actions  = ["kms:Decrypt", "kms:DescribeKey"]
  key_write_actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]

  table_arns = [aws_dynamodb_table.this.arn, "${aws_dynamodb_table.this.arn}/index/*"]
  access = merge(
    {
      read       = { key_actions = local.key_read_actions, statements = [{ Effect = "Allow", Action = local.read_actions, Resource = local.table_arns }] }
      write      = { key_actions = local.key_write_actions, statements = [{ Effect = "Allow", Action = local.write_actions, Resource = local.table_arns }] }
      read_write = { key_actions = local.key_write_actions, statements = [{ Effect = "Allow", Action = sort(distinct(concat(local.read_actions, local.write_actions))), Resource = local.table_arns }] }
      full       = { key_actions = local.key_write_actions, statements = [{ Effect = "Allow", Action = ["dynamodb:*"], Resource = local.table_arns }] }
    },
    # The policy of a stream exists only if the table has one.
    { for stream in compact([local.stream]) : "stream" => {
      key_actions = local.key_read_actions
      statements = [
        { Effect = "Allow", Action = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], Resource = [aws_dynamodb_table.this.stream_arn] },
        # This action has no resource.
        { Effect = "Allow", Action = ["dynamodb:ListStreams"], Resource = ["*"] },
      ]
    } },
  )
  runtime_config_statements = [for arn in [var.runtime_config_application_arn] : {
    Effect   = "Allow"
    Action   = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]
    Resource = ["${arn}/*"]
  } if arn != null]

  policies = { for name, access in local.access : name => jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      access.statements,
      local.kms == "aws-owned" ? [] : [{ Effect = "Allow", Action = access.key_actions, Resource = [local.key_arn] }],
      local.runtime_config_statements,
    )
  }) }
}
