output "name" {
  description = "The name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "The ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_name" {
  description = "The name of the role of the function, for more permissions."
  value       = aws_iam_role.this.name
}

output "url" {
  description = "The URL of the function, or null."
  value       = one(aws_lambda_function_url.this[*].function_url)
}

output "failed_records_url" {
  description = "The URL of the queue of the records that the function could not handle, or null if no stream invokes it."
  value       = one(aws_sqs_queue.failed[*].url)
}
