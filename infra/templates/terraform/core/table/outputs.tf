output "table_name" {
  description = "The name of the table."
  value       = aws_dynamodb_table.this.name
}

output "table_arn" {
  description = "The ARN of the table."
  value       = aws_dynamodb_table.this.arn
}

output "kms_key_arn" {
  description = "The ARN of the KMS key of the table. It is null if DynamoDB owns the key."
  value       = local.key_arn
}

output "stream_arn" {
  description = "The ARN of the table's stream. It is null if the table has no stream."
  value       = local.stream == "" ? null : aws_dynamodb_table.this.stream_arn
}

output "stream_view_type" {
  description = "What the records of the stream contain. It is null if the table has no stream."
  value       = local.stream == "" ? null : local.stream
}

output "policy_json" {
  description = "IAM policies by the kind of access: `read`, `write`, `read_write`, `full`, and `stream` if the table has one."
  value       = local.policies
}

output "runtime_config_key" {
  description = "The key under which programs find the table in the runtime configuration."
  value       = local.runtime_config_key
}

output "key_settings" {
  description = "What core/shared-key has to know about the table."
  value = {
    shared   = local.kms == "shared"
    rotation = local.key_rotation
    retain   = local.on_removal != "delete"
    tags     = local.tags
  }
}
