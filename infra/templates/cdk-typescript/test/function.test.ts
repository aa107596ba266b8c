// Tests of the functions in src/core. `monotable synth` replaces this file; write your own tests in other files.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { MonotableTable, ProgramPolicy, RequestFunction, type RequestFunctionProps, StreamFunction } from '../src/core';

const FUNCTION = 'AWS::Lambda::Function';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const STREAM = { tableConfig: { stream: 'NEW_AND_OLD_IMAGES' } };

/** Returns a folder as `cargo lambda build` writes it. */
function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'monotable-'));
  writeFileSync(join(folder, 'bootstrap'), 'a binary');
  return folder;
}

/** Returns a table for each object of words, the policy of a program that uses them, and what all functions need. */
function program(...words: object[]) {
  const stack = new Stack(new App(), 'Test');
  const folder = build();
  const keys = words.map((_, number) => `Table${number}`);
  const tables = words.map((one, number) => {
    const config = join(folder, `config-${number}.json`);
    const base = { runtimeConfigKey: keys[number], localDev: { port: 8000, tableName: 'local' } };
    writeFileSync(config, JSON.stringify({ ...base, ...one }));
    return new MonotableTable(stack, `Table${number}`, { config });
  });
  const file = join(folder, 'programs.json');
  const permissions = keys.map((runtimeConfigKey) => {
    const grants = [{ actions: ['dynamodb:GetItem'] }];
    return { runtimeConfigKey, grants, keyActions: ['kms:Decrypt'], streamActions: ['dynamodb:GetRecords'] };
  });
  writeFileSync(file, JSON.stringify({ shop: permissions }));
  const policy = new ProgramPolicy(stack, 'ShopPolicy', { program: 'shop', tables, file });
  return { stack, props: { binary: 'shop-lambda', package: 'shop', policy, tables, folder: build() } };
}

function requests(props: Partial<RequestFunctionProps> = {}): Stack {
  const { stack, props: common } = program({});
  new RequestFunction(stack, 'ShopFunction', { ...common, ...props });
  return stack;
}

function streams(...words: object[]): Stack {
  const { stack, props } = program(...words);
  new StreamFunction(stack, 'ShopStreamFunction', { ...props, binary: 'shop-lambda-stream', streams: props.tables });
  return stack;
}

/** Returns the only resource of a type: its logical id, and its template. */
function only(stack: Stack, type: string): [string, any] {
  const found = Object.entries(Template.fromStack(stack).findResources(type));
  assert.equal(found.length, 1, type);
  return found[0]!;
}

test('a function has the defaults, and finds its tables', () => {
  const stack = requests();
  const [group, { Properties: properties, ...policies }] = only(stack, 'AWS::Logs::LogGroup');
  assert.deepEqual(properties, { RetentionInDays: 30 });
  assert.deepEqual([policies.DeletionPolicy, policies.UpdateReplacePolicy], ['Delete', 'Delete']);
  const [application] = only(stack, 'AWS::AppConfig::Application');
  Template.fromStack(stack).hasResourceProperties(FUNCTION, {
    Runtime: 'provided.al2023',
    Handler: 'bootstrap',
    Architectures: ['x86_64'],
    MemorySize: 256,
    Timeout: 30,
    LoggingConfig: { LogGroup: { Ref: group } },
    Environment: { Variables: { RUNTIME_CONFIG_APP_ID: { Ref: application } } },
  });
  Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
});

test('a function has the permissions of its program', () => {
  const stack = requests();
  const [policy] = only(stack, 'AWS::IAM::ManagedPolicy');
  const [role, { Properties: properties }] = only(stack, 'AWS::IAM::Role');
  const [basic, own, ...rest] = properties.ManagedPolicyArns;
  assert.ok(JSON.stringify(basic).includes(':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'), JSON.stringify(basic));
  assert.deepEqual([own, ...rest], [{ Ref: policy }]);
  Template.fromStack(stack).hasResourceProperties(FUNCTION, { Role: { 'Fn::GetAtt': [role, 'Arn'] } });
});

test('the URL is an output, and only a caller with permission can use it', () => {
  const template = Template.fromStack(requests());
  template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' });
  template.resourceCountIs('AWS::Lambda::Permission', 0);
  template.hasOutput('ShopFunctionUrl', { Value: { 'Fn::GetAtt': [Match.anyValue(), 'FunctionUrl'] } });
});

test('the stack can set any property of a function', () => {
  const { stack, props } = program({});
  const logGroup = new logs.LogGroup(stack, 'Group', { retention: logs.RetentionDays.ONE_DAY });
  new RequestFunction(stack, 'ShopFunction', {
    ...props,
    memorySize: 512,
    timeout: Duration.seconds(5),
    architecture: lambda.Architecture.ARM_64,
    environment: { LOG: 'debug' },
    description: 'the shop',
    logGroup,
    url: { authType: lambda.FunctionUrlAuthType.NONE },
  });
  const [group] = only(stack, 'AWS::Logs::LogGroup');
  const template = Template.fromStack(stack);
  template.hasResourceProperties(FUNCTION, {
    Runtime: 'provided.al2023',
    MemorySize: 512,
    Timeout: 5,
    Architectures: ['arm64'],
    Environment: { Variables: { LOG: 'debug', RUNTIME_CONFIG_APP_ID: Match.anyValue() } },
    Description: 'the shop',
    LoggingConfig: { LogGroup: { Ref: group } },
  });
  template.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE' });
});

test('a function uses the runtime configuration of its tables', () => {
  const { stack, props } = program({});
  const other = new Stack(stack.node.root as App, 'Other');
  new RequestFunction(other, 'ShopFunction', props);
  const template = Template.fromStack(other);
  template.resourceCountIs('AWS::AppConfig::Application', 0);
  const imported = { 'Fn::ImportValue': Match.stringLikeRegexp('RuntimeConfigApplication') };
  template.hasResourceProperties(FUNCTION, { Environment: { Variables: { RUNTIME_CONFIG_APP_ID: imported } } });
});

test('the code is the binary without its zip file', () => {
  const folder = build();
  writeFileSync(join(folder, 'bootstrap.zip'), 'the binary again');
  const { directory } = (requests({ folder }).node.root as App).synth();
  const assets = readdirSync(directory).filter((name) => name.startsWith('asset.'));
  assert.deepEqual(assets.map((asset) => readdirSync(join(directory, asset))), [['bootstrap']]);
});

test('a function without a build is an error that tells the command', () => {
  const message = (props: Partial<RequestFunctionProps>) => {
    const stack = requests({ binary: 'no-such-binary', folder: undefined, ...props });
    Template.fromStack(stack).resourceCountIs(FUNCTION, 1);
    return Annotations.fromStack(stack).findError('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${entry.data}`);
  };
  const problem = '/Test/ShopFunction: ../../target/lambda/no-such-binary/bootstrap does not exist';
  assert.deepEqual(message({}), [`${problem}; build it: cargo lambda build --release --x86-64 -p shop`]);
  const arm = { architecture: lambda.Architecture.ARM_64 };
  assert.deepEqual(message(arm), [`${problem}; build it: cargo lambda build --release --arm64 -p shop`]);
  // Other code needs no build.
  assert.deepEqual(message({ code: lambda.Code.fromAsset(build()) }), []);
});

test('the stream of a table invokes the function, and failed records go to a queue', () => {
  const stack = streams(STREAM);
  const [table] = only(stack, 'AWS::DynamoDB::Table');
  const [handler] = only(stack, FUNCTION);
  const [queue, { Properties: properties }] = only(stack, 'AWS::SQS::Queue');
  const [policy] = only(stack, 'AWS::IAM::ManagedPolicy');
  const [, mapping] = only(stack, MAPPING);
  assert.deepEqual(mapping.Properties, {
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
    EventSourceArn: { 'Fn::GetAtt': [table, 'StreamArn'] },
    FunctionName: { Ref: handler },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 10,
    StartingPosition: 'TRIM_HORIZON',
  });
  assert.deepEqual(mapping.DependsOn, [policy]);
  assert.deepEqual(properties, { MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true });
  const template = Template.fromStack(stack);
  const statement = Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
  template.hasResourceProperties('AWS::SQS::QueuePolicy', { PolicyDocument: { Statement: [statement] } });
  template.hasOutput('ShopStreamFunctionFailedRecordsUrl', { Value: { Ref: queue } });
  template.resourceCountIs('AWS::Lambda::Url', 0);
});

test('the role of the function may send to the queue, and gets nothing twice', () => {
  const stack = streams(STREAM);
  const [queue] = only(stack, 'AWS::SQS::Queue');
  const [, { Properties: properties }] = only(stack, 'AWS::IAM::Policy');
  const statements: any[] = properties.PolicyDocument.Statement;
  assert.deepEqual(statements.map(({ Resource }) => Resource), [{ 'Fn::GetAtt': [queue, 'Arn'] }]);
  assert.ok(statements[0].Action.includes('sqs:SendMessage'), JSON.stringify(statements));
});

test('each table with a stream invokes the function', () => {
  const stack = streams(STREAM, {}, STREAM);
  const template = Template.fromStack(stack);
  const mappings = Object.values(template.findResources(MAPPING));
  const sources = mappings.map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0]);
  assert.deepEqual(sources.map((source) => source.slice(0, 'Table0'.length)), ['Table0', 'Table2']);
  template.resourceCountIs('AWS::SQS::Queue', 1);
});

test('a function of streams without any stream has a warning', () => {
  const stack = streams({});
  for (const type of [MAPPING, 'AWS::SQS::Queue', 'AWS::SQS::QueuePolicy']) Template.fromStack(stack).resourceCountIs(type, 0);
  const message = 'no table of shop-lambda-stream has a stream, so nothing invokes it; set `stream` in config\\.json';
  Annotations.fromStack(stack).hasWarning('/Test/ShopStreamFunction', Match.stringLikeRegexp(message));
  Annotations.fromStack(streams(STREAM)).hasNoWarning('*', Match.anyValue());
});
