output "table_name" {
  description = "The name of the table."
  value       = module.table.table_name
}

output "table_arn" {
  description = "The ARN of the table."
  value       = module.table.table_arn
}

output "kms_key_arn" {
  description = "The ARN of the KMS key of the table, or null."
  value       = module.table.kms_key_arn
}

output "stream_arn" {
  description = "The ARN of the table's stream, or null."
  value       = module.table.stream_arn
}

output "stream_view_type" {
  description = "What the records of the stream contain, or null."
  value       = module.table.stream_view_type
}

output "policy_json" {
  description = "IAM policies by the kind of access: `read`, `write`, `read_write`, `full`, and `stream` if the table has one."
  value       = module.table.policy_json
}

output "runtime_config_key" {
  description = "The key under which programs find the table."
  value       = module.table.runtime_config_key
}

output "key_settings" {
  description = "What core/shared-key has to know about the table."
  value       = module.table.key_settings
}
