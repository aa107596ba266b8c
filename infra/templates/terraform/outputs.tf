output "runtime_config_application_id" {
  description = "The variable RUNTIME_CONFIG_APP_ID of programs that use the tables."
  value       = module.runtime_config.application_id
}

output "table_names" {
  description = "The name of each table, by its `runtimeConfigKey`."
  value       = { for table in local.tables : table.runtime_config_key => table.table_name }
}

output "policy_json" {
  description = "The IAM policies of each table, by its `runtimeConfigKey` and the kind of access."
  value       = { for table in local.tables : table.runtime_config_key => table.policy_json }
}
@%- if programs %@

output "program_policy_arns" {
  description = "The ARN of the policy of each program."
  value = {
@%- for program in programs %@
    "@{ program.name }@"@{ " " * (program_width - program.name | length) }@ = module.@{ program.snake }@_policy.arn
@%- endfor %@
  }
}
@%- endif %@
