output "arn" {
  description = "The ARN of the policy. Attach it to the role of the program."
  value       = aws_iam_policy.this.arn
}

output "policy_json" {
  description = "The text of the policy."
  value       = local.policy
}
