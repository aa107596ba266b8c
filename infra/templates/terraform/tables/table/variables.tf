variable "app" {
  description = "The name of the application."
  type        = string
}

variable "environment" {
  description = "The environment, or null."
  type        = string
}

variable "shared_key_arn" {
  description = "The ARN of the key that the tables of the application share, or null."
  type        = string
}

variable "runtime_config_application_arn" {
  description = "The ARN of the AppConfig application."
  type        = string
}
