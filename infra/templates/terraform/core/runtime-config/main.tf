# The document in AWS AppConfig in which programs find the names of their tables.

locals {
  name = join("-", compact([var.app, var.environment]))
  entries = merge(
    { for table in var.tables : table.runtime_config_key => { tableName = table.table_name } },
    { for key, name in var.extra_tables : key => { tableName = name } },
  )
  document = jsonencode(local.entries)
}

resource "aws_appconfig_application" "this" {
  name        = local.name
  description = "Runtime configuration of ${local.name}"
}

resource "aws_appconfig_environment" "default" {
  name           = "default"
  application_id = aws_appconfig_application.this.id
}

resource "aws_appconfig_configuration_profile" "dynamodb" {
  name           = "dynamodb"
  application_id = aws_appconfig_application.this.id
  location_uri   = "hosted"
  type           = "AWS.Freeform"
}

# A new document replaces this resource. The old version stays until the new one is deployed.
resource "aws_appconfig_hosted_configuration_version" "dynamodb" {
  application_id           = aws_appconfig_application.this.id
  configuration_profile_id = aws_appconfig_configuration_profile.dynamodb.configuration_profile_id
  content_type             = "application/json"
  content                  = local.document

  lifecycle {
    create_before_destroy = true
  }
}

# The strategies of AWS wait for 10 minutes or more. An account can have 20 strategies; deployment_strategy_id shares one.
resource "aws_appconfig_deployment_strategy" "instant" {
  count = var.deployment_strategy_id == null ? 1 : 0

  name                           = "${local.name}-instant"
  description                    = "Deploys the runtime configuration of ${local.name} at once"
  deployment_duration_in_minutes = 0
  final_bake_time_in_minutes     = 0
  growth_factor                  = 100
  growth_type                    = "LINEAR"
  replicate_to                   = "NONE"
}

# One deployment for all tables, because AppConfig allows one at a time in an environment.
resource "aws_appconfig_deployment" "dynamodb" {
  application_id           = aws_appconfig_application.this.id
  environment_id           = aws_appconfig_environment.default.environment_id
  configuration_profile_id = aws_appconfig_configuration_profile.dynamodb.configuration_profile_id
  configuration_version    = aws_appconfig_hosted_configuration_version.dynamodb.version_number
  deployment_strategy_id   = var.deployment_strategy_id == null ? one(aws_appconfig_deployment_strategy.instant[*].id) : var.deployment_strategy_id
}
