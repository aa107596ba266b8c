/** The actions of the grants. They match the grants of the CDK's own `Table`, so that either can replace the other. */

const DESCRIBE = ['dynamodb:DescribeTable'];
const GET = ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:ConditionCheckItem'];
const RECORDS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
const PUT = ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

export const READ = [...GET, ...RECORDS, ...DESCRIBE];
export const WRITE = [...PUT, ...DESCRIBE];
export const READ_WRITE = [...GET, ...RECORDS, ...PUT, ...DESCRIBE];
export const FULL = ['dynamodb:*'];
export const STREAM = ['dynamodb:DescribeStream', ...RECORDS];

export const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
export const KEY_READ_WRITE = [...KEY_READ, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'];

export const RUNTIME_CONFIG = ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'];
