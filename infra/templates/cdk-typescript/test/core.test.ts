// Tests of the constructs in src/core. `monotable synth` replaces this file; write your own tests in other files.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { MonotableTable, type MonotableTableProps, ProgramPolicy, RuntimeConfig } from '../src/core';

const TABLE = 'AWS::DynamoDB::Table';
const GSI = { indexName: 'gsi1', partitionKey: 'gsi1pk', sortKey: 'gsi1sk' };
const PROVISIONED = { billing: 'PROVISIONED', capacity: { read: 5, write: 4 } };
const folder = mkdtempSync(join(tmpdir(), 'monotable-'));
let files = 0;

/** Writes a config.json and returns its path. A text is written as it is. */
function config(words: object | string = {}): string {
  const path = join(folder, `config-${files++}.json`);
  const base = { runtimeConfigKey: 'Orders', localDev: { port: 8000, tableName: 'orders' } };
  writeFileSync(path, typeof words === 'string' ? words : JSON.stringify({ ...base, ...words }));
  return path;
}

function newStack(context?: Record<string, string>): Stack {
  return new Stack(new App({ context }), 'Test');
}

function table(words: object = {}, props: Partial<MonotableTableProps> = {}, stack = newStack()): MonotableTable {
  return new MonotableTable(stack, 'Orders', { config: config(words), ...props });
}

function template(construct: MonotableTable): Template {
  return Template.fromStack(Stack.of(construct));
}

function properties(construct: MonotableTable): Record<string, any> {
  return Object.values(template(construct).findResources(TABLE))[0]?.Properties;
}

test('a config without settings gives the safe defaults', () => {
  const result = template(table());
  result.hasResource(TABLE, {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
      GlobalSecondaryIndexes: Match.absent(),
      ProvisionedThroughput: Match.absent(),
      TableName: Match.absent(),
      Tags: Match.absent(),
    },
  });
  result.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
});

test('only a partition key gives a table without a sort key', () => {
  const found = properties(table({ tableConfig: { partitionKey: 'user_id' }, deploy: { tableName: 'Users' } }));
  assert.deepEqual(found.KeySchema, [{ AttributeName: 'user_id', KeyType: 'HASH' }]);
  assert.equal(found.TableName, 'Users');
});

test('indexes keep their keys, types and projections', () => {
  const found = properties(table({
    tableConfig: {
      globalSecondaryIndexes: [
        { indexName: 'hash-only', partitionKey: 'email', projection: 'KEYS_ONLY' },
        { indexName: 'several', partitionKeys: ['a', { name: 'b', type: 'N' }], sortKeys: ['c', 'sk'], projection: ['title'] },
      ],
      localSecondaryIndexes: [{ indexName: 'local', sortKey: { name: 'day', type: 'N' } }],
    },
  }));
  const names = found.AttributeDefinitions.map((attribute: any) => attribute.AttributeName + attribute.AttributeType);
  assert.deepEqual(names, ['pkS', 'skS', 'emailS', 'aS', 'bN', 'cS', 'dayN']);
  const [hashOnly, several] = found.GlobalSecondaryIndexes;
  assert.deepEqual(hashOnly.KeySchema, [{ AttributeName: 'email', KeyType: 'HASH' }]);
  assert.deepEqual(hashOnly.Projection, { ProjectionType: 'KEYS_ONLY' });
  assert.deepEqual(several.KeySchema.map((key: any) => key.KeyType), ['HASH', 'HASH', 'RANGE', 'RANGE']);
  assert.deepEqual(several.Projection, { ProjectionType: 'INCLUDE', NonKeyAttributes: ['title'] });
  assert.equal(found.LocalSecondaryIndexes[0].KeySchema[1].AttributeName, 'day');
});

test('an index without a capacity gets the capacity of the table', () => {
  const other = { ...GSI, indexName: 'gsi2', capacity: { read: 1, write: 2 } };
  const found = properties(table({ tableConfig: { ...PROVISIONED, globalSecondaryIndexes: [GSI, other] } }));
  const capacity = (read: number, write: number) => ({ ReadCapacityUnits: read, WriteCapacityUnits: write });
  assert.deepEqual(found.ProvisionedThroughput, capacity(5, 4));
  assert.deepEqual(found.GlobalSecondaryIndexes.map((index: any) => index.ProvisionedThroughput), [capacity(5, 4), capacity(1, 2)]);
});

test('autoscaling gives a target and a policy for reads and for writes', () => {
  const autoscaling = { min: 5, max: 50, targetPercent: 70 };
  const result = template(table({ tableConfig: { ...PROVISIONED, autoscaling, globalSecondaryIndexes: [{ ...GSI, autoscaling }] } }));
  result.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 4);
  result.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 4);
  result.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    ScalableDimension: 'dynamodb:index:WriteCapacityUnits',
    MinCapacity: 5,
    MaxCapacity: 50,
  });
});

test('each default can be turned off in the stack', () => {
  const off = table({}, { deletionProtection: false, pointInTimeRecovery: false, keyRotation: false, onRemoval: 'delete' });
  const found = properties(off);
  assert.equal(found.DeletionProtectionEnabled, false);
  assert.deepEqual(found.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: false });
  template(off).hasResource(TABLE, { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  template(off).hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete', Properties: { EnableKeyRotation: false } });
});

test('each default can be turned off in the config', () => {
  const off = table({ deploy: { deletionProtection: false, pointInTimeRecovery: 7, kms: 'aws-owned', onRemoval: 'delete' } });
  const found = properties(off);
  assert.equal(found.DeletionProtectionEnabled, false);
  assert.equal(found.PointInTimeRecoverySpecification.RecoveryPeriodInDays, 7);
  assert.equal(found.SSESpecification, undefined);
  template(off).resourceCountIs('AWS::KMS::Key', 0);
  template(off).hasResource(TABLE, { DeletionPolicy: 'Delete' });
});

test('the stack can switch between the billing modes', () => {
  const words = { tableConfig: { globalSecondaryIndexes: [GSI] } };
  const provisioned = properties(table(words, { billing: 'PROVISIONED', capacity: { read: 5, write: 5 } }));
  assert.equal(provisioned.BillingMode, 'PROVISIONED');
  assert.equal(provisioned.GlobalSecondaryIndexes[0].ProvisionedThroughput.ReadCapacityUnits, 5);
  const onDemand = properties(table({ tableConfig: PROVISIONED }, { billing: 'PAY_PER_REQUEST' }));
  assert.equal(onDemand.BillingMode, 'PAY_PER_REQUEST');
  assert.equal(onDemand.ProvisionedThroughput, undefined);
});

test('the stack can set any other property of the table', () => {
  const found = properties(table({ deploy: { tags: { team: 'a', stage: 'x' } } }, {
    ttlAttribute: 'expires_at',
    stream: 'NEW_IMAGE',
    tags: { stage: 'y' },
    contributorInsights: true,
    cfnProps: { warmThroughput: { readUnitsPerSecond: 12000 } },
  }));
  assert.deepEqual(found.TimeToLiveSpecification, { AttributeName: 'expires_at', Enabled: true });
  assert.deepEqual(found.StreamSpecification, { StreamViewType: 'NEW_IMAGE' });
  assert.deepEqual(found.Tags, [{ Key: 'stage', Value: 'y' }, { Key: 'team', Value: 'a' }]);
  assert.deepEqual(found.ContributorInsightsSpecification, { Enabled: true });
  assert.deepEqual(found.WarmThroughput, { ReadUnitsPerSecond: 12000 });
});

test('the context selects the environment', () => {
  const deploy = { tags: { team: 'a' }, environments: { dev: { deletionProtection: false, tags: { stage: 'dev' } } } };
  const found = properties(table({ deploy }, {}, newStack({ env: 'dev' })));
  assert.equal(found.DeletionProtectionEnabled, false);
  assert.equal(found.Tags.length, 2);
  assert.equal(properties(table({ deploy })).DeletionProtectionEnabled, true);
});

test('an unknown environment is an error that lists the known ones', () => {
  const deploy = { environments: { dev: {}, prod: {} } };
  assert.throws(() => table({ deploy }, { environment: 'prd' }), /config-\d+\.json: .*`prd`, only dev, prod/);
});

test('tables with a shared key use the same key, with the safer settings', () => {
  const stack = newStack();
  for (const [id, onRemoval] of [['A', 'delete'], ['B', 'retain']]) {
    const words = { runtimeConfigKey: id, deploy: { kms: 'shared', onRemoval, tags: { team: 'x', table: id } } };
    new MonotableTable(stack, `${id}`, { config: config(words) });
  }
  const result = Template.fromStack(stack);
  result.resourceCountIs('AWS::KMS::Key', 1);
  result.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { Tags: [{ Key: 'team', Value: 'x' }] } });
});

test('all tables are in one document with one deployment', () => {
  const stack = newStack();
  new RuntimeConfig(stack, { extraTables: { Old: 'old-table' }, deploymentStrategyId: 'abc1234' });
  new MonotableTable(stack, 'A', { config: config({ runtimeConfigKey: 'A' }) });
  new MonotableTable(stack, 'B', { config: config({ runtimeConfigKey: 'B' }) });
  const result = Template.fromStack(stack);
  result.resourceCountIs('AWS::AppConfig::HostedConfigurationVersion', 1);
  result.resourceCountIs('AWS::AppConfig::DeploymentStrategy', 0);
  result.hasResourceProperties('AWS::AppConfig::Deployment', { DeploymentStrategyId: 'abc1234' });
  result.hasOutput('RuntimeConfigApplicationId', {});
  const [version] = Object.values(result.findResources('AWS::AppConfig::HostedConfigurationVersion'));
  const parts = version?.Properties.Content['Fn::Join'][1];
  const text = parts.map((part: any) => (typeof part === 'string' ? part : 'REF')).join('');
  assert.deepEqual(JSON.parse(text), { A: { tableName: 'REF' }, B: { tableName: 'REF' }, Old: { tableName: 'old-table' } });
});

test('two tables with one runtimeConfigKey are an error that names both', () => {
  const stack = newStack();
  new MonotableTable(stack, 'A', { config: config() });
  assert.throws(() => new MonotableTable(stack, 'B', { config: config() }), /"Orders" belongs to both Test\/A and Test\/B/);
});

/** Returns the actions of a grant for each kind of resource. */
function granted(grant: (table: MonotableTable, role: iam.Role) => void, words: object = {}): Record<string, string[]> {
  const construct = table({ tableConfig: { stream: 'KEYS_ONLY' }, ...words });
  grant(construct, new iam.Role(construct, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
  const [policy] = Object.values(template(construct).findResources('AWS::IAM::Policy'));
  const found: Record<string, string[]> = {};
  for (const { Action, Resource } of policy?.Properties.PolicyDocument.Statement) {
    found[JSON.stringify(Resource).includes('/index/*') ? 'table' : Action.includes('kms:Decrypt') ? 'key' : 'other'] =
      [Action].flat().sort();
  }
  return found;
}

const READ = ['BatchGetItem', 'ConditionCheckItem', 'DescribeTable', 'GetItem', 'Query', 'Scan'];
const WRITE = ['BatchWriteItem', 'DeleteItem', 'DescribeTable', 'PutItem', 'UpdateItem'];
const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = [...KEY_READ, 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
const dynamodb = (actions: string[]) => [...new Set(actions)].sort().map((action) => `dynamodb:${action}`);

test('each grant contains the actions on the table, its indexes and its key', () => {
  assert.deepEqual(granted((table, role) => table.grantReadData(role)), { table: dynamodb(READ), key: KEY_READ });
  assert.deepEqual(granted((table, role) => table.grantWriteData(role)), { table: dynamodb(WRITE), key: KEY_WRITE });
  const both = { table: dynamodb([...READ, ...WRITE]), key: KEY_WRITE };
  assert.deepEqual(granted((table, role) => table.grantReadWriteData(role)), both);
  assert.deepEqual(granted((table, role) => table.grantFullAccess(role)), { table: ['dynamodb:*'], key: KEY_WRITE });
  assert.deepEqual(granted((table, role) => table.grant(role, 'dynamodb:GetItem')), { table: ['dynamodb:GetItem'] });
  assert.deepEqual(granted((table, role) => table.grantReadData(role), { deploy: { kms: 'aws-owned' } }), { table: dynamodb(READ) });
});

test('the grants of the stream', () => {
  const stream = dynamodb(['DescribeStream', 'GetRecords', 'GetShardIterator']);
  assert.deepEqual(granted((table, role) => table.grantStream(role, 'dynamodb:GetRecords'), { tableConfig: { stream: 'KEYS_ONLY' } }), {
    other: ['dynamodb:GetRecords'],
  });
  assert.deepEqual(granted((table, role) => table.grantTableListStreams(role)), { other: ['dynamodb:ListStreams'] });
  assert.deepEqual(granted((table, role) => table.grantStreamRead(role)), { other: stream, key: KEY_READ });
  const without = table();
  assert.throws(() => without.grantStreamRead(new iam.AccountRootPrincipal()), /Test\/Orders has no stream; set/);
});

test('a function that is granted access finds the table', () => {
  const construct = table();
  const code = lambda.Code.fromInline('exports.handler = () => {}');
  const runtime = lambda.Runtime.NODEJS_22_X;
  const handler = new lambda.Function(construct, 'Function', { code, runtime, handler: 'index.handler' });
  construct.grantReadWriteData(handler);
  const result = template(construct);
  result.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { RUNTIME_CONFIG_APP_ID: { Ref: Match.stringLikeRegexp('RuntimeConfigApplication') } } },
  });
  result.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'] }),
      ]),
    },
  });
});

/** Returns a table, and a policy for it from a file with one program. */
function programPolicy(words: object, program = 'api'): ProgramPolicy {
  const grants = [
    { actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], leadingKeys: ['ORDER#*'] },
    { actions: ['dynamodb:Query'], index: 'gsi1' },
  ];
  const permissions = { runtimeConfigKey: 'Orders', grants, keyActions: KEY_WRITE, streamActions: dynamodb(['GetRecords']) };
  const file = config(JSON.stringify({ api: [permissions] }));
  const construct = table(words);
  return new ProgramPolicy(construct, 'ApiPolicy', { program, tables: [construct], file });
}

test('the policy of a program contains its permissions and nothing else', () => {
  const statements = (words: object): any[] => {
    const [policy] = Object.values(Template.fromStack(Stack.of(programPolicy(words))).findResources('AWS::IAM::ManagedPolicy'));
    return policy?.Properties.PolicyDocument.Statement;
  };
  const own = statements({ deploy: { kms: 'aws-owned' } });
  assert.deepEqual(own.map(({ Action }) => Action), [
    ['dynamodb:GetItem', 'dynamodb:PutItem'],
    'dynamodb:Query',
    ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'],
  ]);
  assert.deepEqual(own[0].Condition, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ORDER#*'] } });
  assert.ok(JSON.stringify(own[1].Resource).includes('/index/gsi1'), JSON.stringify(own[1]));
  // The key and the stream, if the table has them.
  const all = statements({ tableConfig: { stream: 'KEYS_ONLY' } });
  assert.deepEqual(all.slice(2, 5).map(({ Action }) => Action), ['dynamodb:GetRecords', 'dynamodb:ListStreams', KEY_WRITE]);
  assert.ok(JSON.stringify(all[2].Resource).includes('StreamArn'), JSON.stringify(all[2]));
});

test('a program that the file does not have is an error', () => {
  assert.throws(() => programPolicy({}, 'worker'), /there is no program "worker"; run `monotable synth`/);
  assert.throws(() => programPolicy({ runtimeConfigKey: 'Users' }), /api uses the table "Orders"; add it to `tables`/);
});

for (const [name, words, message] of [
  ['a text that is not JSON', '{ "runtimeConfigKey": ', /: the file is not JSON: .*; correct it/],
  ['a word that occurs twice', '{ "runtimeConfigKey": "A", "runtimeConfigKey": "B" }', /`runtimeConfigKey` occurs twice.*; keep one/],
  ['an unknown word', { deploys: {} }, /`deploys` is unknown; remove it, or use one of/],
  ['an unknown billing mode', { tableConfig: { billing: 'FREE' } }, /`tableConfig.billing` is "FREE".*use "PAY_PER_REQUEST" or/],
  ['PROVISIONED without a capacity', { tableConfig: { billing: 'PROVISIONED' } }, /needs `tableConfig.capacity`; add/],
  ['a capacity without PROVISIONED', { tableConfig: { capacity: { read: 1, write: 1 } } }, /`capacity` needs .* or remove/],
  ['two indexes with one name', { tableConfig: { globalSecondaryIndexes: [GSI, GSI] } }, /two indexes .*"gsi1"; rename/],
  ['a recovery period of 36 days', { deploy: { pointInTimeRecovery: 36 } }, /`deploy.pointInTimeRecovery` .* from 1 to 35/],
  ['an attribute with two types', { tableConfig: { globalSecondaryIndexes: [{ indexName: 'abc', partitionKey: { name: 'pk', type: 'N' } }] } }, /`pk` has two types/],
] as const) {
  test(`${name} is an error with a remedy`, () => {
    const path = config(words);
    const build = () => new MonotableTable(newStack(), 'Orders', { config: path });
    assert.throws(build, (error: Error) => {
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      assert.ok(error.message.endsWith(`(\`monotable validate ${path}\` reports all mistakes)`), error.message);
      return true;
    });
  });
}

test('a missing file is an error that names the path', () => {
  const build = () => new MonotableTable(newStack(), 'Orders', { config: 'no/such/config.json' });
  assert.throws(build, /^Error: no\/such\/config\.json: the file does not exist; correct the path/);
});
