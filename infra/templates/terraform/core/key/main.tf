# A customer-managed KMS key.

variable "description" {
  description = "The description of the key."
  type        = string
}

variable "rotation" {
  description = "Whether AWS rotates the key every year."
  type        = bool
  default     = true
}

variable "deletion_window_in_days" {
  description = "The days that AWS waits before it deletes the key, 7 to 30."
  type        = number
  default     = 30
}

variable "account_id" {
  description = "The account that administers the key. The default is the account of the provider's credentials."
  type        = string
  default     = null
}

variable "tags" {
  description = "The tags of the key."
  type        = map(string)
  default     = {}
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {
  count = var.account_id == null ? 1 : 0
}

locals {
  account_id = var.account_id == null ? one(data.aws_caller_identity.current[*].account_id) : var.account_id
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = var.rotation
  deletion_window_in_days = var.deletion_window_in_days
  tags                    = var.tags

  # The account decides through IAM who may use the key. There is no statement for a service: DynamoDB uses the key on behalf of
  # the caller, whose IAM policy therefore needs the KMS actions.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersKey"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

output "arn" {
  description = "The ARN of the key."
  value       = aws_kms_key.this.arn
}
