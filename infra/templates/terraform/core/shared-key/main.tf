# The KMS key of all tables with `"kms": "shared"`. Without such a table, there is no key.

variable "app" {
  description = "The name of the application."
  type        = string
}

variable "environment" {
  description = "The environment, or null."
  type        = string
  default     = null
}

variable "tables" {
  description = "The output `key_settings` of each table of the application."
  type        = list(object({ shared = bool, rotation = bool, retain = bool, tags = map(string) }))
}

variable "account_id" {
  description = "The account that administers the key. The default is the account of the provider's credentials."
  type        = string
  default     = null
}

locals {
  sharing = [for table in var.tables : table if table.shared]
  # Where the tables differ, the safer setting applies. The key has the tags that all of them have.
  rotation                = anytrue(local.sharing[*].rotation)
  deletion_window_in_days = anytrue(local.sharing[*].retain) ? 30 : 7
  tags                    = { for key, value in try(local.sharing[0].tags, {}) : key => value if alltrue([for table in local.sharing : try(table.tags[key] == value, false)]) }
}

module "key" {
  source = "../key"
  count  = length(local.sharing) > 0 ? 1 : 0

  description             = "Encrypts tables of ${join("-", compact([var.app, var.environment]))}"
  rotation                = local.rotation
  deletion_window_in_days = local.deletion_window_in_days
  account_id              = var.account_id
  tags                    = local.tags
}

output "arn" {
  description = "The ARN of the key, or null."
  value       = one(module.key[*].arn)
}
