variable "app" {
  description = "The name of the application."
  type        = string
}

variable "environment" {
  description = "The environment, or null."
  type        = string
  default     = null
}

# A list, because a map would silently keep only one of two tables with the same key.
variable "tables" {
  description = "The tables of the application: the key under which programs find each of them, and its name."
  type        = list(object({ runtime_config_key = string, table_name = string }))

  validation {
    condition = length(distinct(var.tables[*].runtime_config_key)) == length(var.tables)
    error_message = join("", [
      "Two tables have the same `runtimeConfigKey`: ",
      join(", ", [for key, same in { for table in var.tables : table.runtime_config_key => true... } : key if length(same) > 1]),
      ". Programs could find only one of them. Give each config.json another `runtimeConfigKey`; `monotable validate` checks one file at a time.",
    ])
  }
}

variable "extra_tables" {
  description = "Tables from elsewhere: the name of each one, by the key under which programs find it."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.extra_tables), var.tables[*].runtime_config_key)) == 0
    error_message = "A key of extra_tables is the `runtimeConfigKey` of a table of the application. Programs could find only one of the two; rename or remove the extra table."
  }

  validation {
    condition     = alltrue([for name in values(var.extra_tables) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "The values of extra_tables are names of tables: 3 to 255 letters, digits, `_`, `-` and `.`"
  }
}

variable "deployment_strategy_id" {
  description = "The id of an existing AppConfig deployment strategy. By default, the application has its own, which deploys at once."
  type        = string
  default     = null
}
