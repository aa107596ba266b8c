variable "app" {
  description = "The name of the application."
  type        = string
  default     = "@{ app }@"
}

variable "environment" {
  description = "The environment, a key of `deploy.environments` in config.json. Null selects the values outside of `environments`."
  type        = string
  default     = null
}

variable "extra_tables" {
  description = "Tables from elsewhere: the name of each one, by the key under which programs find it."
  type        = map(string)
@%- if extra_tables %@
  default = {
@%- for table in extra_tables %@
    @{ table.key }@ = @{ table.name }@
@%- endfor %@
  }
@%- else %@
  default     = {}
@%- endif %@
}

@%- if functions %@

variable "lambda_folder" {
  description = "The folder in which `cargo lambda build --output-format zip` writes the functions. Null plans without the code, as the tests do."
  type        = string
  default     = "../../target/lambda"
}
@%- endif %@

variable "deployment_strategy_id" {
  description = "The id of an existing AppConfig deployment strategy, such as one that several applications share."
  type        = string
  default     = @{ deployment_strategy }@
}
