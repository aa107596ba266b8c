variable "binary" {
  description = "The name of the binary."
  type        = string
}

variable "package" {
  description = "The crate of the binary, for messages."
  type        = string
}

variable "folder" {
  description = "The folder in which `cargo lambda build --output-format zip` has written `<binary>/bootstrap.zip`. Null plans without the code."
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

variable "policy_arn" {
  description = "The ARN of the policy of the program."
  type        = string
}

variable "runtime_config_application_id" {
  description = "The id of the AppConfig application, from which the program reads the names of its tables."
  type        = string
}

variable "url" {
  description = "Whether the function has a URL. Its callers need AWS credentials."
  type        = bool
  default     = false
}

variable "streams" {
  description = "The tables whose streams invoke the function, by their names. A table without a stream is left out."
  type        = map(object({ stream_arn = string, stream_view_type = string }))
  default     = {}
}

variable "maximum_retry_attempts" {
  description = "How often records that fail are delivered again. After that, their place in the stream goes to the queue."
  type        = number
  default     = 10
}

variable "architecture" {
  description = "`x86_64`, or `arm64` for binaries that were built with `cargo lambda build --arm64`."
  type        = string
  default     = "x86_64"
}

variable "memory_size" {
  description = "The memory in MB. The share of a CPU grows with it."
  type        = number
  default     = 256
}

variable "timeout" {
  description = "The time limit of an invocation in seconds."
  type        = number
  default     = 30
}

variable "log_retention_days" {
  description = "How long the logs are kept, in days."
  type        = number
  default     = 30
}

variable "environment_variables" {
  description = "More environment variables, such as CURSOR_KEY."
  type        = map(string)
  default     = {}
}
