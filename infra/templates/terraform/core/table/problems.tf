# What is wrong with config.json. `monotable validate` reports the same mistakes, and more, with their positions in the file.
# Terraform has to find at least those that would otherwise give another table than the file describes.

locals {
  table_words  = ["partitionKey", "sortKey", "globalSecondaryIndexes", "localSecondaryIndexes", "ttlAttribute", "stream", "billing", "capacity", "autoscaling"]
  index_words  = ["indexName", "name", "partitionKey", "partitionKeys", "sortKey", "sortKeys", "projection", "capacity", "autoscaling"]
  deploy_words = ["kms", "keyRotation", "pointInTimeRecovery", "deletionProtection", "onRemoval", "tags", "tableName"]

  words = concat(
    [
      { place = "the file", found = try(keys(local.config), []), known = ["$schema", "runtimeConfigKey", "localDev", "tableConfig", "deploy"] },
      { place = "`tableConfig`", found = try(keys(local.table), []), known = local.table_words },
      { place = "`deploy`", found = try(keys(local.deploy), []), known = concat(local.deploy_words, ["environments"]) },
    ],
    [for name in try(keys(local.environments), []) : {
      place = "the environment `${name}`"
      found = try(keys(local.environments[name]), [])
      known = concat(local.deploy_words, ["capacity", "autoscaling"])
    }],
    [for index in concat(local.index_specs.global, local.index_specs.local) : {
      place = "the index `${try(tostring(index.indexName), "")}`"
      found = try(keys(index), [])
      known = local.index_words
    }],
  )

  file_problems = concat(
    flatten([for word in local.words : [for key in setsubtract(word.found, word.known) : "${word.place} has no key `${key}`"]]),
    local.runtime_config_key == "" ? ["`runtimeConfigKey` is missing"] : [],
    var.environment == null || try(length(local.environments), 0) == 0 || can(local.environments[var.environment]) ? [] : [
      "the environment `${var.environment}` does not exist; the environments are ${join(", ", try(keys(local.environments), []))}",
    ],
  )

  key_problems = concat(
    [for key in local.key_attributes : "a key attribute has no name" if key.name == ""],
    [for key in local.key_attributes : "the key attribute `${key.name}` has the type `${key.type}`; it is `S`, `N` or `B`" if !contains(["S", "N", "B"], key.type)],
    [for name, types in local.attribute_types : "the key attribute `${name}` has two types: ${join(" and ", types)}" if length(types) > 1],
    contains(local.sort_keys[*].name, local.partition_key.name) ? ["`${local.partition_key.name}` is both the partition key and the sort key"] : [],
    contains(keys(local.attribute_types), local.ttl_attribute) ? ["`ttlAttribute` is `${local.ttl_attribute}`, a key attribute"] : [],
  )

  index_problems = concat(
    [for name, same in { for index in local.all_indexes : index.name => true... } : "${length(same)} indexes have the name `${name}`" if length(same) > 1],
    [for index in local.all_indexes : "an index has no `indexName`" if index.name == ""],
    [for index in local.indexes.global : "the index `${index.name}` has no `partitionKey`" if length(index.partition_keys) == 0],
    [for index in local.indexes.local : "the local index `${index.name}` needs a `sortKey`, and no `partitionKey`" if length(index.partition_keys) > 0 || length(index.sort_keys) == 0],
    [for index in local.all_indexes : "the projection of the index `${index.name}` is `ALL`, `KEYS_ONLY` or a list of attributes" if !contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection) || (index.projection == "INCLUDE") != (length(index.attributes) > 0)],
    length(local.sort_keys) == 0 && length(local.indexes.local) > 0 ? ["a table without a sort key cannot have local indexes"] : [],
    length(local.indexes.global) > 20 ? ["the table has ${length(local.indexes.global)} global indexes; DynamoDB allows 20"] : [],
    length(local.indexes.local) > 5 ? ["the table has ${length(local.indexes.local)} local indexes; DynamoDB allows 5"] : [],
    [for index in local.all_indexes : join(" ", [
      "the index `${index.name}` has a multi-attribute key.",
      "That needs `key_schema` in `global_secondary_index`, and so the aws provider 6.30.0 or newer.",
      "This module also supports 5.100, which has only `hash_key` and `range_key` with one attribute each.",
      "Deploy this table with CloudFormation or the CDK, or give each key of the index one attribute.",
    ]) if length(index.partition_keys) > 1 || length(index.sort_keys) > 1],
  )

  scaling = concat(
    [{ place = "the table", capacity = local.capacity, autoscaling = local.autoscaling, autoscaled = local.autoscaled }],
    [for index in local.indexes.global : { place = "the index `${index.name}`", capacity = index.capacity, autoscaling = index.autoscaling, autoscaled = index.autoscaled }],
  )
  # Every place that may set capacity or autoscaling, whether or not this environment uses it.
  capacity_words = concat(
    [{ place = "`tableConfig`", found = try(keys(local.table), []) }, { place = "the module call", found = concat(var.capacity != null ? ["capacity"] : [], var.autoscaling != null ? ["autoscaling"] : []) }],
    [for name in try(keys(local.environments), []) : { place = "the environment `${name}`", found = try(keys(local.environments[name]), []) }],
    [for index in local.index_specs.global : { place = "the index `${try(tostring(index.indexName), "")}`", found = try(keys(index), []) }],
  )
  capacity_problems = concat(
    contains(["PAY_PER_REQUEST", "PROVISIONED"], local.billing) ? [] : ["`billing` is `${local.billing}`; it is `PAY_PER_REQUEST` or `PROVISIONED`"],
    local.provisioned && (local.capacity.read == null || local.capacity.write == null) ? ["`billing` is `PROVISIONED`, but `capacity` is missing; add `\"capacity\": { \"read\": 5, \"write\": 5 }`"] : [],
    local.billing != "PAY_PER_REQUEST" ? [] : flatten([for place in local.capacity_words : [for word in ["capacity", "autoscaling"] : "${place.place} sets `${word}`, which needs `\"billing\": \"PROVISIONED\"`" if contains(place.found, word)]]),
    flatten([for index in local.index_specs.local : [for word in ["capacity", "autoscaling"] : "the local index `${try(tostring(index.indexName), "")}` sets `${word}`, but it uses the capacity of the table" if can(index[word])]]),
    [for place in local.scaling : "the `capacity` of ${place.place} has to be at least 1" if try(min(place.capacity.read, place.capacity.write) < 1, false)],
    [for place in local.scaling : "the `autoscaling` of ${place.place} needs `min` and `max` with 1 <= `min` <= `max`, and `targetPercent` from 20 to 90"
    if place.autoscaled && !try(place.autoscaling.min >= 1 && place.autoscaling.min <= place.autoscaling.max && place.autoscaling.targetPercent >= 20 && place.autoscaling.targetPercent <= 90, false)],
  )

  deploy_problems = concat(
    local.kms == "arn" && !can(regex("^arn:aws[a-z-]*:kms:[^:]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", local.kms_word)) ? ["`kms` is \"own\", \"shared\", \"aws-owned\" or { \"keyArn\": \"arn:aws:kms:..\" }"] : [],
    contains(["own", "shared"], local.kms) || (var.key_rotation == null && !can(local.deploy.keyRotation) && !can(local.environment.keyRotation)) ? [] : ["`keyRotation` concerns a key that the deployment creates, but `kms` selects another key"],
    can(tobool(local.settings.keyRotation)) ? [] : ["`keyRotation` is `true` or `false`"],
    can(tobool(local.settings.deletionProtection)) ? [] : ["`deletionProtection` is `true` or `false`"],
    local.recovery == "false" || (local.recovery_days >= 1 && local.recovery_days <= 35 && floor(local.recovery_days) == local.recovery_days) ? [] : ["`pointInTimeRecovery` is `false`, or a number of days from 1 to 35"],
    contains(["retain", "delete"], local.on_removal) ? [] : ["`onRemoval` is `retain` or `delete`"],
    local.stream == "" || contains(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"], local.stream) ? [] : ["`stream` is `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`"],
    local.fixed_name == "" || can(regex("^[a-zA-Z0-9_.-]{3,255}$", local.fixed_name)) ? [] : ["the table name `${local.fixed_name}` needs 3 to 255 letters, digits, `_`, `-` and `.`"],
    length(local.tags) > 50 ? ["the table has ${length(local.tags)} tags; DynamoDB allows 50"] : [],
    [for key, value in local.tags : "the tag `${key}` needs a key of 1 to 128 characters without `aws:` at the start, and a value of up to 256" if !can(regex("^.{1,128}$", key)) || startswith(key, "aws:") || length(value) > 256],
  )

  problems = distinct(concat(local.file_problems, local.key_problems, local.index_problems, local.capacity_problems, local.deploy_problems))
}
