# The values of config.json apply wherever a variable is null.

variable "config_path" {
  description = "The path of the table's config.json. Terraform reads the file on each plan."
  type        = string
}

variable "app" {
  description = "The name of the application, the first part of the table's name."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]+$", var.app))
    error_message = "app consists of letters, digits, `_`, `-` and `.`, because it is part of the table's name."
  }
}

variable "name" {
  description = "The name of the table in the application, the second part of the table's name."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]+$", var.name))
    error_message = "name consists of letters, digits, `_`, `-` and `.`, because it is part of the table's name."
  }
}

variable "name_suffix" {
  description = "The last part of the table's name. The default is 8 random characters, which Terraform keeps in its state."
  type        = string
  default     = null
}

variable "environment" {
  description = "The environment, a key of `deploy.environments` in config.json. Null selects the values outside of `environments`."
  type        = string
  default     = null
}

variable "shared_key_arn" {
  description = "The ARN of the KMS key that `\"kms\": \"shared\"` uses. It may be known only after apply."
  type        = string
  default     = null
}

variable "runtime_config_application_arn" {
  description = "The ARN of the AppConfig application. With it, the policies in `policy_json` also allow to read the runtime configuration."
  type        = string
  default     = null
}

variable "account_id" {
  description = "The account that administers the table's own KMS key. The default is the account of the provider's credentials."
  type        = string
  default     = null
}

variable "table_name" {
  description = "A fixed name of the table, instead of `<app>-<name>-<suffix>`."
  type        = string
  default     = null
}

variable "billing" {
  description = "`PAY_PER_REQUEST` or `PROVISIONED`."
  type        = string
  default     = null
}

variable "capacity" {
  description = "The provisioned capacity of the table, and of each index without a capacity in config.json."
  type        = object({ read = number, write = number })
  default     = null
}

variable "autoscaling" {
  description = "The auto scaling of the table's read and write capacity."
  type        = object({ min = number, max = number, targetPercent = number })
  default     = null
}

variable "keep_scaled_capacity" {
  description = "Whether Terraform keeps the capacity that auto scaling has chosen for the table. Set this after the first apply; see the README."
  type        = bool
  default     = false
}

variable "kms" {
  description = "`own`, `shared`, `aws-owned`, or the ARN of a key. The value has to be known at plan time."
  type        = string
  default     = null
}

variable "key_rotation" {
  description = "Whether AWS rotates the table's own key every year."
  type        = bool
  default     = null
}

variable "point_in_time_recovery" {
  description = "The recovery period in days, 1 to 35, or `false`."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table."
  type        = bool
  default     = null
}

variable "on_removal" {
  description = "`retain` or `delete`; see the README for what this means in Terraform."
  type        = string
  default     = null
}

variable "tags" {
  description = "More tags of the table and of its own key. They win over the tags in config.json."
  type        = map(string)
  default     = {}
}
