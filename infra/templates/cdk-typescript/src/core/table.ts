import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { FULL, KEY_READ, KEY_READ_WRITE, READ, READ_WRITE, STREAM, WRITE } from './actions';
import { type Index, type KeyAttribute, type Overrides, type Settings, attributes, readSettings } from './config';
import { encryptionKey, removalPolicy } from './encryption';
import { RuntimeConfig } from './runtime-config';
import { scaleCapacity } from './scaling';

/** The properties of a table. Each one except `config` is optional, and wins over the `config.json`. */
export interface MonotableTableProps extends Overrides {
  /** The path of the table's `config.json`. A relative path starts at the folder of `cdk.json`. */
  readonly config: string;
  /** The name in `deploy.environments`. The default is the context value `env`, as in `cdk deploy -c env=dev`. */
  readonly environment?: string;
  /** The document that contains the table's name. The default is the document of the stack. */
  readonly runtimeConfig?: RuntimeConfig;
  /** A key from the stack, instead of the key that `kms` describes. */
  readonly encryptionKey?: kms.IKey;
  readonly tableClass?: dynamodb.TableClass;
  /** Whether CloudWatch reports the most accessed keys. */
  readonly contributorInsights?: boolean;
  readonly resourcePolicy?: iam.PolicyDocument;
  /** Any other property of `AWS::DynamoDB::Table`. These values win over everything else. */
  readonly cfnProps?: Partial<dynamodb.CfnTableProps>;
}

/**
 * A table with the keys, indexes and settings of a `config.json`, its encryption key, and its entry in the runtime configuration.
 *
 * It creates the CloudFormation resource `CfnTable`, because the CDK's own `Table` gives every index its own default capacity.
 */
export class MonotableTable extends Construct {
  /** The table, for code that needs the CDK's interface: metrics, event sources, other constructs. */
  readonly table: dynamodb.ITable;
  /** The CloudFormation resource, for properties that no other property sets. */
  readonly cfnTable: dynamodb.CfnTable;
  /** The key that encrypts the table; `undefined` if DynamoDB owns the key. */
  readonly encryptionKey?: kms.IKey;
  readonly runtimeConfig: RuntimeConfig;
  /** The key under which programs find the table in the runtime configuration. */
  readonly runtimeConfigKey: string;
  readonly tableName: string;
  readonly tableArn: string;
  /** The ARN of the table's stream; `undefined` if the table has no stream. */
  readonly tableStreamArn?: string;

  constructor(scope: Construct, id: string, props: MonotableTableProps) {
    super(scope, id);
    const environment: string | undefined = props.environment ?? this.node.tryGetContext('env');
    const settings = readSettings(props.config, environment, props);
    this.runtimeConfig = props.runtimeConfig ?? RuntimeConfig.of(this);
    this.encryptionKey = props.encryptionKey ?? encryptionKey(this, this.runtimeConfig, settings);

    this.cfnTable = new dynamodb.CfnTable(this, 'Table', {
      ...tableProps(settings, this.encryptionKey),
      tableClass: props.tableClass,
      contributorInsightsSpecification:
        props.contributorInsights === undefined ? undefined : { enabled: props.contributorInsights },
      resourcePolicy: props.resourcePolicy && { policyDocument: props.resourcePolicy },
      ...props.cfnProps,
    });
    this.cfnTable.applyRemovalPolicy(removalPolicy(settings));
    this.tableName = this.cfnTable.ref;
    this.tableArn = this.cfnTable.attrArn;
    this.tableStreamArn = this.cfnTable.streamSpecification && this.cfnTable.attrStreamArn;
    this.table = dynamodb.Table.fromTableAttributes(this, 'Interface', {
      tableArn: this.tableArn,
      tableStreamArn: this.tableStreamArn,
      encryptionKey: this.encryptionKey,
      grantIndexPermissions: true,
    });

    for (const { indexName, autoscaling } of [{ ...settings, indexName: undefined }, ...settings.globalIndexes]) {
      if (autoscaling) scaleCapacity(this, this.tableName, indexName, autoscaling);
    }
    this.runtimeConfigKey = settings.runtimeConfigKey;
    this.runtimeConfig.add(this.runtimeConfigKey, this.tableName, this.node.path);
  }

  /** Allows these actions, such as `dynamodb:PartiQLSelect`, on the table and its indexes. It allows no action on the key. */
  grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    const arns = [this.tableArn, `${this.tableArn}/index/*`];
    return this.withName(iam.Grant.addToPrincipal({ grantee, actions, resourceArns: arns }), grantee);
  }

  /** Allows reading items. */
  grantReadData(grantee: iam.IGrantable): iam.Grant {
    return this.withKey(this.grant(grantee, ...READ), grantee, KEY_READ);
  }

  /** Allows writing items. */
  grantWriteData(grantee: iam.IGrantable): iam.Grant {
    return this.withKey(this.grant(grantee, ...WRITE), grantee, KEY_READ_WRITE);
  }

  /** Allows reading and writing items. */
  grantReadWriteData(grantee: iam.IGrantable): iam.Grant {
    return this.withKey(this.grant(grantee, ...READ_WRITE), grantee, KEY_READ_WRITE);
  }

  /** Allows all actions of DynamoDB on the table, including its deletion. */
  grantFullAccess(grantee: iam.IGrantable): iam.Grant {
    return this.withKey(this.grant(grantee, ...FULL), grantee, KEY_READ_WRITE);
  }

  /** Allows these actions on the stream. It allows no action on the key. */
  grantStream(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    return this.withName(iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.streamArn()] }), grantee);
  }

  /** Allows reading the stream. */
  grantStreamRead(grantee: iam.IGrantable): iam.Grant {
    const list = this.grantTableListStreams(grantee);
    return this.withKey(list.combine(this.grantStream(grantee, ...STREAM)), grantee, KEY_READ);
  }

  /** Allows listing the streams of the account. IAM cannot limit this action to one table. */
  grantTableListStreams(grantee: iam.IGrantable): iam.Grant {
    this.streamArn();
    return iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:ListStreams'], resourceArns: ['*'] });
  }

  /** Lets a Lambda function find the table. Another grantee can get this with `runtimeConfig.grantRead`. */
  private withName(grant: iam.Grant, grantee: iam.IGrantable): iam.Grant {
    return grantee instanceof lambda.FunctionBase ? grant.combine(this.runtimeConfig.grantRead(grantee)) : grant;
  }

  private withKey(grant: iam.Grant, grantee: iam.IGrantable, actions: string[]): iam.Grant {
    return this.encryptionKey ? grant.combine(this.encryptionKey.grant(grantee, ...actions)) : grant;
  }

  private streamArn(): string {
    if (this.tableStreamArn === undefined) {
      throw new Error(`${this.node.path} has no stream; set \`tableConfig.stream\` in its config.json, or the property \`stream\``);
    }
    return this.tableStreamArn;
  }
}

function tableProps(settings: Settings, key: kms.IKey | undefined): dynamodb.CfnTableProps {
  const { partitionKey, sortKey, globalIndexes, localIndexes, pointInTimeRecovery } = settings;
  const recovery = pointInTimeRecovery === false ? undefined : pointInTimeRecovery;
  return {
    tableName: settings.tableName,
    attributeDefinitions: attributes(settings).map(({ name, type }) => ({ attributeName: name, attributeType: type })),
    keySchema: keySchema([partitionKey], sortKey ? [sortKey] : []),
    globalSecondaryIndexes: some(globalIndexes.map((index) => ({
      indexName: index.indexName,
      keySchema: keySchema(index.partitionKeys, index.sortKeys),
      projection: projection(index),
      provisionedThroughput: throughput(settings, index),
    }))),
    localSecondaryIndexes: some(localIndexes.map((index) => ({
      indexName: index.indexName,
      keySchema: keySchema([partitionKey], index.sortKeys),
      projection: projection(index),
    }))),
    billingMode: settings.billing,
    provisionedThroughput: throughput(settings),
    pointInTimeRecoverySpecification: {
      pointInTimeRecoveryEnabled: recovery !== undefined,
      recoveryPeriodInDays: recovery,
    },
    sseSpecification: key && { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: key.keyArn },
    deletionProtectionEnabled: settings.deletionProtection,
    timeToLiveSpecification:
      settings.ttlAttribute === undefined ? undefined : { attributeName: settings.ttlAttribute, enabled: true },
    streamSpecification: settings.stream && { streamViewType: settings.stream },
    tags: some(Object.entries(settings.tags).map(([key, value]) => ({ key, value }))),
  };
}

function keySchema(
  partition: readonly KeyAttribute[],
  sort: readonly KeyAttribute[],
): dynamodb.CfnTable.KeySchemaProperty[] {
  return [
    ...partition.map(({ name }) => ({ attributeName: name, keyType: 'HASH' })),
    ...sort.map(({ name }) => ({ attributeName: name, keyType: 'RANGE' })),
  ];
}

function projection({ projection }: Index): dynamodb.CfnTable.ProjectionProperty {
  return typeof projection === 'string'
    ? { projectionType: projection }
    : { projectionType: 'INCLUDE', nonKeyAttributes: [...projection] };
}

/** Returns the capacity of the table or of an index. An index without a capacity gets the capacity of the table. */
function throughput(settings: Settings, index?: Index): dynamodb.CfnTable.ProvisionedThroughputProperty | undefined {
  const capacity = index?.capacity ?? settings.capacity;
  return capacity && { readCapacityUnits: capacity.read, writeCapacityUnits: capacity.write };
}

/** CloudFormation treats a missing list and an empty one differently in a diff, so an empty list is left out. */
function some<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
