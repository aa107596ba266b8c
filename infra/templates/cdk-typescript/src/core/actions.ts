/** The actions of the grants: those of the CDK's own `Table`, without two actions of streams, which have no effect on tables. */

const DESCRIBE = ['dynamodb:DescribeTable'];
const GET = ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:ConditionCheckItem'];
const PUT = ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

export const READ = [...GET, ...DESCRIBE];
export const WRITE = [...PUT, ...DESCRIBE];
export const READ_WRITE = [...GET, ...PUT, ...DESCRIBE];
export const FULL = ['dynamodb:*'];
export const STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

export const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
export const KEY_READ_WRITE = [...KEY_READ, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'];

export const RUNTIME_CONFIG = ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'];
