# config.json, with defaults filled in. Nothing here fails for a wrong file: problems.tf collects what is wrong with it.

locals {
  # An editor may have written a byte order mark.
  config       = jsondecode(trimprefix(file(var.config_path), "\ufeff"))
  table        = try(local.config.tableConfig, {})
  deploy       = try(local.config.deploy, {})
  environments = try(local.deploy.environments, {})
  # The environment wins over `deploy`, which wins over the defaults.
  environment = try(local.environments[var.environment], {})
  settings = merge(
    {
      kms                 = "own"
      keyRotation         = true
      pointInTimeRecovery = 35
      deletionProtection  = true
      onRemoval           = "retain"
      tableName           = null
      capacity            = try(local.table.capacity, null)
      autoscaling         = try(local.table.autoscaling, null)
    },
    local.deploy,
    local.environment,
  )

  runtime_config_key = try(tostring(local.config.runtimeConfigKey), "")

  kms_word            = var.kms != null ? var.kms : try(local.settings.kms.keyArn, tostring(local.settings.kms), "")
  kms                 = contains(["own", "shared", "aws-owned"], local.kms_word) ? local.kms_word : "arn"
  key_rotation        = var.key_rotation != null ? var.key_rotation : try(tobool(local.settings.keyRotation), true)
  recovery            = var.point_in_time_recovery != null ? var.point_in_time_recovery : try(tostring(local.settings.pointInTimeRecovery), "")
  recovery_days       = try(tonumber(local.recovery), 0)
  deletion_protection = var.deletion_protection != null ? var.deletion_protection : try(tobool(local.settings.deletionProtection), true)
  on_removal          = var.on_removal != null ? var.on_removal : try(tostring(local.settings.onRemoval), "")
  fixed_name          = var.table_name != null ? var.table_name : try(coalesce(local.settings.tableName), "")
  tags                = merge(try(local.deploy.tags, {}), try(local.environment.tags, {}), var.tags)

  billing     = var.billing != null ? var.billing : try(tostring(local.table.billing), "PAY_PER_REQUEST")
  provisioned = local.billing == "PROVISIONED"
  capacity = {
    read  = var.capacity != null ? var.capacity.read : try(tonumber(local.settings.capacity.read), null)
    write = var.capacity != null ? var.capacity.write : try(tonumber(local.settings.capacity.write), null)
  }
  autoscaling = {
    min           = var.autoscaling != null ? var.autoscaling.min : try(tonumber(local.settings.autoscaling.min), null)
    max           = var.autoscaling != null ? var.autoscaling.max : try(tonumber(local.settings.autoscaling.max), null)
    targetPercent = var.autoscaling != null ? var.autoscaling.targetPercent : try(tonumber(local.settings.autoscaling.targetPercent), null)
  }
  autoscaled = var.autoscaling != null || try(local.settings.autoscaling, null) != null

  ttl_attribute = try(tostring(local.table.ttlAttribute), null) == null ? "" : tostring(local.table.ttlAttribute)
  stream        = try(local.table.stream, null) == null ? "" : try(tostring(local.table.stream), "?")

  # A file that sets only a partition key describes a table without a sort key.
  partition_key_spec = try(local.table.partitionKey, null)
  sort_key_spec      = try(local.table.sortKey, null)
  partition_key = {
    name = local.partition_key_spec == null ? "pk" : try(tostring(local.partition_key_spec.name), tostring(local.partition_key_spec), "")
    type = try(tostring(local.partition_key_spec.type), "S")
  }
  sort_keys = concat(
    local.partition_key_spec == null && local.sort_key_spec == null ? [{ name = "sk", type = "S" }] : [],
    [for key in [local.sort_key_spec] : {
      name = try(tostring(key.name), tostring(key), "")
      type = try(tostring(key.type), "S")
    } if key != null],
  )

  index_specs = {
    global = try([for index in local.table.globalSecondaryIndexes : index], [])
    local  = try([for index in local.table.localSecondaryIndexes : index], [])
  }
  indexes = { for kind, specs in local.index_specs : kind => [for index in specs : {
    name = try(tostring(index.indexName), "")
    partition_keys = [for key in concat([try(index.partitionKey, null)], try([for key in index.partitionKeys : key], [])) : {
      name = try(tostring(key.name), tostring(key), "")
      type = try(tostring(key.type), "S")
    } if key != null]
    sort_keys = [for key in concat([try(index.sortKey, null)], try([for key in index.sortKeys : key], [])) : {
      name = try(tostring(key.name), tostring(key), "")
      type = try(tostring(key.type), "S")
    } if key != null]
    projection = try(tostring(index.projection), can(index.projection) ? "INCLUDE" : "ALL")
    attributes = try([for attribute in index.projection : tostring(attribute)], [])
    capacity = {
      read  = try(tonumber(index.capacity.read), local.capacity.read)
      write = try(tonumber(index.capacity.write), local.capacity.write)
    }
    autoscaling = {
      min           = try(tonumber(index.autoscaling.min), null)
      max           = try(tonumber(index.autoscaling.max), null)
      targetPercent = try(tonumber(index.autoscaling.targetPercent), null)
    }
    autoscaled = try(index.autoscaling, null) != null
  }] }
  all_indexes = concat(local.indexes.global, local.indexes.local)

  key_attributes = concat(
    [local.partition_key],
    local.sort_keys,
    flatten([for index in local.all_indexes : concat(index.partition_keys, index.sort_keys)]),
  )
  # The types of each key attribute; more than one is a mistake.
  attribute_types = { for name, types in { for key in local.key_attributes : key.name => key.type... } : name => distinct(types) }
}
