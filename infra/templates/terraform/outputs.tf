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
@%- if functions %@

output "function_urls" {
  description = "The URL of each function for requests. Callers need AWS credentials and the permissions `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`."
  value = {
@%- set names = functions | rejectattr("is_for_streams") | map(attribute="binary") | list %@
@%- for function in functions if not function.is_for_streams %@
    "@{ function.binary }@"@{ " " * (names | map("length") | max - function.binary | length) }@ = module.@{ function.snake }@_function.url
@%- endfor %@
  }
}

output "failed_records_urls" {
  description = "The URL of the queue of the records that a function could not handle."
  value = {
@%- set names = functions | selectattr("is_for_streams") | map(attribute="binary") | list %@
@%- for function in functions if function.is_for_streams %@
    "@{ function.binary }@"@{ " " * (names | map("length") | max - function.binary | length) }@ = module.@{ function.snake }@_function.failed_records_url
@%- endfor %@
  }
}
@%- endif %@
