"""The actions of the grants. They match the grants of the CDK's own `Table`, so that either can replace the other."""

_DESCRIBE = ["dynamodb:DescribeTable"]
_GET = ["dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:ConditionCheckItem"]
_RECORDS = ["dynamodb:GetRecords", "dynamodb:GetShardIterator"]
_PUT = ["dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]

READ = [*_GET, *_RECORDS, *_DESCRIBE]
WRITE = [*_PUT, *_DESCRIBE]
READ_WRITE = [*_GET, *_RECORDS, *_PUT, *_DESCRIBE]
FULL = ["dynamodb:*"]
STREAM = ["dynamodb:DescribeStream", *_RECORDS]

KEY_READ = ["kms:Decrypt", "kms:DescribeKey"]
KEY_READ_WRITE = [*KEY_READ, "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]

RUNTIME_CONFIG = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"]
