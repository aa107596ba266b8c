output "application_id" {
  description = "The id of the AppConfig application, for the variable RUNTIME_CONFIG_APP_ID of programs."
  value       = aws_appconfig_application.this.id
}

output "application_arn" {
  description = "The ARN of the AppConfig application."
  value       = aws_appconfig_application.this.arn
}

output "document" {
  description = "The document: `{\"<runtimeConfigKey>\": {\"tableName\": \"..\"}}`."
  value       = local.document
}

output "keys" {
  description = "The keys under which programs find the tables."
  value       = keys(local.entries)
}

output "policy_json" {
  description = "The IAM policy for a program that reads the document. The policies of a table include it."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]
      Resource = ["${aws_appconfig_application.this.arn}/*"]
    }]
  })
}
