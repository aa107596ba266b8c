# The streams that invoke a function, and the queue of the records that it could not handle.

resource "aws_lambda_event_source_mapping" "this" {
  for_each = local.streams

  function_name     = aws_lambda_function.this.arn
  event_source_arn  = each.value
  starting_position = "TRIM_HORIZON"
  # A record that fails is delivered again, and those before it are not.
  function_response_types        = ["ReportBatchItemFailures"]
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = var.maximum_retry_attempts

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failed[0].arn
    }
  }

  depends_on = [aws_iam_role_policy.failed]
}

# A message says where the records are in the stream. The stream keeps them for 24 hours.
resource "aws_sqs_queue" "failed" {
  count = local.queue_count

  name_prefix               = "${substr(local.full_name, 0, 46)}-failed-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "failed" {
  count = local.queue_count

  queue_url = aws_sqs_queue.failed[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.failed[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_iam_role_policy" "failed" {
  count = local.queue_count

  name = "failed-records"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failed[0].arn }]
  })
}
