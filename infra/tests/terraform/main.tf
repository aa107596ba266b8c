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
  description = "The folder of the config.json files, relative to this one."
  type        = string
}

variable "environment" {
  description = "The environment of the files that have environments."
  type        = string
  default     = null
}

locals {
  tables = toset([for file in fileset(var.configs, "*.json") : trimsuffix(file, ".json")])
}

module "table" {
  source   = "./core/table"
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
  source = "./core/runtime-config"

  app         = "corpus"
  environment = var.environment
  tables      = [for table in module.table : { runtime_config_key = table.runtime_config_key, table_name = table.table_name }]
}
