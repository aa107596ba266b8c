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
