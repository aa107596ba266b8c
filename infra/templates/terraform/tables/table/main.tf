# The table @{ table.name }@. Its keys, indexes and settings are in config.json; monotable created this file once, and it is yours.
module "table" {
  source = "../../core/table"

  config_path                    = "${path.module}/@{ table.config_path }@"
  app                            = var.app
  name                           = "@{ table.name }@"
  environment                    = var.environment
  shared_key_arn                 = var.shared_key_arn
  runtime_config_application_arn = var.runtime_config_application_arn
}
