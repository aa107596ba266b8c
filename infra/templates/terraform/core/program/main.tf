# The least permissions of a program that `monotable connect` has created, as a managed policy.

locals {
  prefix      = join("-", compact([var.app, var.environment, var.name]))
  programs    = jsondecode(file(var.file))
  permissions = try(local.programs[var.name], [])
  tables      = { for table in var.tables : table.runtime_config_key => table }
  missing     = [for used in local.permissions : used.runtimeConfigKey if !contains(keys(local.tables), used.runtimeConfigKey)]

  uses = [for used in local.permissions : merge(used, local.tables[used.runtimeConfigKey]) if length(local.missing) == 0]
  statements = concat(
    flatten([for used in local.uses : [for grant in used.grants : merge(
      { Effect = "Allow", Action = grant.actions, Resource = can(grant.index) ? "${used.table_arn}/index/${grant.index}" : used.table_arn },
      [for keys in try([grant.leadingKeys], []) : { Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = keys } } }]...
    )]]),
    flatten([for used in local.uses : [for arn in [used.stream_arn] : [
      { Effect = "Allow", Action = used.streamActions, Resource = arn },
      # This action has no resource.
      { Effect = "Allow", Action = ["dynamodb:ListStreams"], Resource = "*" },
    ] if arn != null && length(used.streamActions) > 0]]),
    flatten([for used in local.uses : [for arn in [used.kms_key_arn] : { Effect = "Allow", Action = used.keyActions, Resource = arn } if arn != null]]),
    [{
      Effect   = "Allow"
      Action   = ["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession"]
      Resource = "${var.runtime_config_application_arn}/*"
    }],
  )
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_policy" "this" {
  # The provider adds a suffix, because policies of all regions are in one list. A prefix can have 102 characters.
  name_prefix = "${substr(local.prefix, 0, 101)}-"
  description = "Permissions of ${var.name} for its tables"
  policy      = local.policy

  lifecycle {
    precondition {
      condition     = can(local.programs[var.name])
      error_message = "${var.file} has no program `${var.name}`. Run `monotable synth`, or remove the module."
    }

    precondition {
      condition     = length(local.missing) == 0
      error_message = "${var.name} uses the tables ${join(", ", local.missing)}, which are not in `tables`."
    }
  }
}
