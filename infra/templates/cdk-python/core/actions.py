"""The actions of the grants: those of the CDK's own `Table`, without two actions of streams, which have no effect on tables."""

_DESCRIBE = ["dynamodb:DescribeTable"]
_GET = ["dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:ConditionCheckItem"]
_PUT = ["dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]

READ = [*_GET, *_DESCRIBE]
WRITE = [*_PUT, *_DESCRIBE]
READ_WRITE = [*_GET, *_PUT, *_DESCRIBE]
FULL = ["dynamodb:*"]
STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]

KEY_READ = ["kms:Decrypt", "kms:DescribeKey"]
KEY_READ_WRITE = [*KEY_READ, "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]

RUNTIME_CONFIG = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"]
