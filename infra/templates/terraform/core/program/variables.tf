variable "name" {
  description = "The name of the program in the file."
  type        = string
}

variable "file" {
  description = "The path of the file with the permissions of all programs, which `monotable synth` writes."
  type        = string
}

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
  description = "The tables of the application. The policy concerns only those that the program uses."
  type        = list(object({ runtime_config_key = string, table_arn = string, stream_arn = string, kms_key_arn = string }))
}

variable "runtime_config_application_arn" {
  description = "The ARN of the AppConfig application, from which the program reads the names of its tables."
  type        = string
}
