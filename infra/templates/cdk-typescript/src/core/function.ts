import { existsSync } from 'node:fs';
import { Annotations, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ProgramPolicy } from './program-policy';
import { RuntimeConfig } from './runtime-config';
import type { MonotableTable } from './table';

/** The properties of a function. Those of `lambda.Function` are optional, and win over the defaults. */
export interface ProgramFunctionProps extends Partial<lambda.FunctionProps> {
  /** The name of the binary. */
  readonly binary: string;
  /** The crate that contains the binary. */
  readonly package: string;
  /** The permissions of the program. */
  readonly policy: ProgramPolicy;
  /** The tables that the program uses. */
  readonly tables: readonly MonotableTable[];
  /**
   * The folder with the file `bootstrap`. A relative path starts at the folder of `cdk.json`. The default is
   * `../../target/lambda/<binary>`, where `cargo lambda build` writes the file.
   */
  readonly folder?: string;
}

export interface RequestFunctionProps extends ProgramFunctionProps {
  /** Properties of the URL, such as `cors`. They win over the defaults. */
  readonly url?: lambda.FunctionUrlOptions;
}

export interface StreamFunctionProps extends ProgramFunctionProps {
  /** The tables whose streams invoke the function. A table without a stream is ignored. */
  readonly streams: readonly MonotableTable[];
}

/** A function that runs a binary of a program, with the permissions of the program. */
class ProgramFunction extends lambda.Function {
  constructor(scope: Construct, id: string, props: ProgramFunctionProps) {
    const { binary, package: crate, policy, tables, folder = `../../target/lambda/${binary}`, ...options } = props;
    const file = `${folder}/bootstrap`;
    const isMissing = options.code === undefined && !existsSync(file);
    const runtimeConfig = tables[0]?.runtimeConfig ?? RuntimeConfig.of(scope);
    super(scope, id, {
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      architecture: lambda.Architecture.X86_64,
      memorySize: 256,
      timeout: Duration.seconds(30),
      ...options,
      code: options.code ?? (isMissing ? placeholder() : lambda.Code.fromAsset(folder, { exclude: ['*.zip'] })),
      logGroup: options.logGroup ?? (options.logRetention === undefined ? logGroup(scope, id) : undefined),
      environment: { RUNTIME_CONFIG_APP_ID: runtimeConfig.applicationId, ...options.environment },
    });
    // The role refers to the policy, so the function waits for its permissions.
    this.role?.addManagedPolicy(policy);
    if (isMissing) {
      // An exception would also fail the tests of the stack, which need no build.
      const target = this.architecture.name === lambda.Architecture.ARM_64.name ? '--arm64' : '--x86-64';
      Annotations.of(this).addError(`${file} does not exist; build it: cargo lambda build --release ${target} -p ${crate}`);
    }
  }
}

/** A function that answers HTTP requests to its URL. Only a caller with permission in IAM can use the URL. */
export class RequestFunction extends ProgramFunction {
  readonly functionUrl: lambda.FunctionUrl;

  constructor(scope: Construct, id: string, { url, ...props }: RequestFunctionProps) {
    super(scope, id, props);
    this.functionUrl = this.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM, ...url });
    new CfnOutput(Stack.of(this), `${id}Url`, { value: this.functionUrl.url });
  }
}

/** A function that the streams of tables invoke. */
export class StreamFunction extends ProgramFunction {
  /** The queue that tells which records have failed too often; `undefined` if no table has a stream. */
  readonly failedRecords?: sqs.Queue;

  constructor(scope: Construct, id: string, { streams, ...props }: StreamFunctionProps) {
    super(scope, id, props);
    const tables = streams.filter((table) => table.tableStreamArn !== undefined);
    if (tables.length === 0) {
      Annotations.of(this).addWarningV2(
        'monotable:noStream',
        `no table of ${props.binary} has a stream, so nothing invokes it; set \`stream\` in config.json`,
      );
      return;
    }
    this.failedRecords = new sqs.Queue(this, 'FailedRecords', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    for (const table of tables) {
      // `DynamoEventSource` would add permissions that the policy of the program already has.
      const mapping = new lambda.EventSourceMapping(this, `${table.node.id}Stream`, {
        target: this,
        eventSourceArn: table.tableStreamArn,
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 10,
        // This also allows the role to send messages to the queue.
        onFailure: new SqsDlq(this.failedRecords),
      });
      // Lambda checks the permissions on the stream when it creates the mapping.
      mapping.node.addDependency(props.policy);
    }
    new CfnOutput(Stack.of(this), `${id}FailedRecordsUrl`, { value: this.failedRecords.queueUrl });
  }
}

/** Lambda would create a group that keeps its messages forever, and that stays when the stack is deleted. */
function logGroup(scope: Construct, id: string): logs.LogGroup {
  return new logs.LogGroup(scope, `${id}Logs`, {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** Returns an empty folder instead of a binary that is not built. */
function placeholder(): lambda.Code {
  return lambda.Code.fromAsset(__dirname, { exclude: ['*'] });
}
