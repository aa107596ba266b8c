# One plan of many config.json files, without credentials. See README.md.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variable "configs" {
  description = "The folder of the config.json files."
  type        = string
  default     = "../corpus"
}

variable "environment" {
  description = "The environment of the files that have environments."
  type        = string
  default     = null
}

locals {
  configs = { for file in fileset(var.configs, "*.json") : trimsuffix(file, ".json") => jsondecode(file("${var.configs}/${file}")) }
  # The module rejects multi-attribute keys, which table.tftest.hcl covers.
  tables = toset([for name, config in local.configs : name if !anytrue([
    for index in try(config.tableConfig.globalSecondaryIndexes, []) :
    length(try(index.partitionKeys, [])) > 1 || length(try(index.sortKeys, [])) > 1
  ])])
}

module "table" {
  source   = "../../templates/terraform/core/table"
  for_each = local.tables

  config_path    = "${var.configs}/${each.key}.json"
  app            = "corpus"
  name           = each.key
  name_suffix    = "0"
  environment    = var.environment
  account_id     = "111122223333"
  shared_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/shared"
}

module "runtime_config" {
  source = "../../templates/terraform/core/runtime-config"

  app         = "corpus"
  environment = var.environment
  tables      = [for table in module.table : { runtime_config_key = table.runtime_config_key, table_name = table.table_name }]
}

output "skipped" {
  description = "The files with multi-attribute keys."
  value       = setsubtract(keys(local.configs), local.tables)
}
