# The tables of @{ app }@. monotable created this file once, and it is yours. The folder core/ belongs to monotable.

locals {
  tables = [
@%- for table in tables %@
    module.@{ table.id }@,
@%- endfor %@
  ]
}
@%- for table in tables %@

module "@{ table.id }@" {
  source = "./tables/@{ table.name }@"

  app                            = var.app
  environment                    = var.environment
  shared_key_arn                 = module.shared_key.arn
  runtime_config_application_arn = module.runtime_config.application_arn
}
@%- endfor %@

# The KMS key of the tables whose config.json says `"kms": "shared"`.
module "shared_key" {
  source = "./core/shared-key"

  app         = var.app
  environment = var.environment
  tables = [
@%- for table in tables %@
    module.@{ table.id }@.key_settings,
@%- endfor %@
  ]
}

# Where programs find the names of the tables.
module "runtime_config" {
  source = "./core/runtime-config"

  app                    = var.app
  environment            = var.environment
  tables                 = local.tables
  extra_tables           = var.extra_tables
  deployment_strategy_id = var.deployment_strategy_id
}
@%- for program in programs %@

# The permissions of @{ program.name }@.@% if not program.functions %@ Attach the policy to the role of the program.@% endif %@
module "@{ program.snake }@_policy" {
  source = "./core/program"

  name                           = "@{ program.name }@"
  file                           = "${path.module}/programs.json"
  app                            = var.app
  environment                    = var.environment
  tables                         = local.tables
  runtime_config_application_arn = module.runtime_config.application_arn
}
@%- for function in program.functions %@

module "@{ function.snake }@_function" {
  source = "./core/function"

  binary                        = "@{ function.binary }@"
  package                       = "@{ function.package }@"
  folder                        = var.lambda_folder
  app                           = var.app
  environment                   = var.environment
  policy_arn                    = module.@{ program.snake }@_policy.arn
  runtime_config_application_id = module.runtime_config.application_id
@%- if function.is_for_streams %@
  streams                       = { @% for table in function.streams %@@{ table }@ = module.@{ table }@@% if not loop.last %@, @% endif %@@% endfor %@ }
@%- else %@
  url                           = true
@%- endif %@
}
@%- endfor %@
@%- endfor %@
