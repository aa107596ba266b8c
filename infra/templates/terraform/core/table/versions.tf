terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.28.0 and 6.29.0 fail for a table whose name is known only after apply, or whose indexes are dynamic blocks.
      version = ">= 5.100.0, < 7.0.0, != 6.28.0, != 6.29.0"
    }
  }
}
