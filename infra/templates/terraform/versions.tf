terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

# Region and credentials come from the environment, such as AWS_REGION and AWS_PROFILE.
provider "aws" {}
