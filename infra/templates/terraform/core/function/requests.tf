# The URL of a function for requests.

resource "aws_lambda_function_url" "this" {
  count = var.url ? 1 : 0

  function_name = aws_lambda_function.this.function_name
  # Callers sign their requests and need the permissions `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`.
  authorization_type = "AWS_IAM"
}
