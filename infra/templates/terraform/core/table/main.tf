# The table that config.json describes, and its own KMS key.

# The suffix lets one account contain the application several times. Terraform chooses it once and keeps it in the state.
resource "terraform_data" "suffix" {
  count = local.fixed_name == "" && var.name_suffix == null ? 1 : 0
  input = substr(uuid(), 0, 8)

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  suffix        = var.name_suffix == null ? one(terraform_data.suffix[*].output) : var.name_suffix
  physical_name = local.fixed_name == "" ? "${var.app}-${var.name}-${local.suffix}" : local.fixed_name
  key_arn = (
    local.kms == "own" ? one(module.key[*].arn) :
    local.kms == "shared" ? var.shared_key_arn :
    local.kms == "arn" ? local.kms_word :
    null
  )
  # Null keeps the value in the state, which follows the table.
  table_capacity = !local.provisioned || (var.keep_scaled_capacity && local.autoscaled) ? { read = null, write = null } : local.capacity
}

module "key" {
  source = "../key"
  count  = local.kms == "own" ? 1 : 0

  description             = "Encrypts the table ${var.name}"
  rotation                = local.key_rotation
  deletion_window_in_days = local.on_removal == "delete" ? 7 : 30
  account_id              = var.account_id
  tags                    = local.tags
}

resource "aws_dynamodb_table" "this" {
  # checkov:skip=CKV_AWS_119:Checkov cannot evaluate the kind of key, which is in config.json. By default, it is a customer-managed key.
  name                        = local.physical_name
  billing_mode                = local.billing
  read_capacity               = local.table_capacity.read
  write_capacity              = local.table_capacity.write
  hash_key                    = local.partition_key.name
  range_key                   = one(local.sort_keys[*].name)
  stream_enabled              = local.stream != ""
  stream_view_type            = local.stream == "" ? null : local.stream
  deletion_protection_enabled = local.deletion_protection
  tags                        = local.tags

  dynamic "attribute" {
    for_each = local.attribute_types
    content {
      name = attribute.key
      type = attribute.value[0]
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes.global
    iterator = index
    content {
      name               = index.value.name
      hash_key           = one(index.value.partition_keys[*].name)
      range_key          = one(index.value.sort_keys[*].name)
      projection_type    = index.value.projection
      non_key_attributes = index.value.projection == "INCLUDE" ? index.value.attributes : null
      read_capacity      = local.provisioned ? index.value.capacity.read : null
      write_capacity     = local.provisioned ? index.value.capacity.write : null
    }
  }

  dynamic "local_secondary_index" {
    for_each = local.indexes.local
    iterator = index
    content {
      name               = index.value.name
      range_key          = one(index.value.sort_keys[*].name)
      projection_type    = index.value.projection
      non_key_attributes = index.value.projection == "INCLUDE" ? index.value.attributes : null
    }
  }

  # The blocks below are always present: the provider ignores a missing one, so a setting would stay on after it leaves config.json.
  ttl {
    attribute_name = local.ttl_attribute
    enabled        = local.ttl_attribute != ""
  }

  # Without a customer-managed key, DynamoDB encrypts the table with its own key.
  server_side_encryption {
    enabled     = local.kms != "aws-owned"
    kms_key_arn = local.key_arn
  }

  point_in_time_recovery {
    enabled                 = local.recovery != "false"
    recovery_period_in_days = local.recovery == "false" ? null : local.recovery_days
  }

  lifecycle {
    precondition {
      condition     = length(local.problems) == 0
      error_message = <<-EOT
        Terraform cannot deploy the table of ${var.config_path}:
        - ${join("\n- ", local.problems)}
        `monotable validate` shows mistakes in the file with their positions.
      EOT
    }

    precondition {
      condition     = local.kms != "shared" || var.shared_key_arn != null
      error_message = "${var.config_path} says `\"kms\": \"shared\"`, but shared_key_arn is not set; pass the ARN of the key, as main.tf does with `module.shared_key.arn`."
    }
  }
}

check "removal" {
  assert {
    condition     = local.on_removal != "retain" || local.deletion_protection
    error_message = "The table of ${var.config_path} has `\"onRemoval\": \"retain\"` without `deletionProtection`. Terraform deletes such a table when you remove it from the configuration; the README says how to keep it."
  }
}
