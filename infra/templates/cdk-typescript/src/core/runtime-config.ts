import { ArnFormat, CfnOutput, Lazy, Stack } from 'aws-cdk-lib';
import * as appconfig from 'aws-cdk-lib/aws-appconfig';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RUNTIME_CONFIG } from './actions';

export interface RuntimeConfigProps {
  /** Tables that other stacks own: the key of each table, and its name. */
  readonly extraTables?: Readonly<Record<string, string>>;
  /** The id of an existing deployment strategy. By default, the construct creates one that deploys at once. */
  readonly deploymentStrategyId?: string;
}

/**
 * The document in AWS AppConfig that tells programs the names of their tables.
 *
 * Each table adds itself, so you need this construct only to set its properties: create it before the tables. A stack has one
 * document. To use one document in several stacks, pass it to the tables as `runtimeConfig`.
 */
export class RuntimeConfig extends Construct {
  /** The id of the AppConfig application. Programs read it from the variable `RUNTIME_CONFIG_APP_ID`. */
  readonly applicationId: string;
  private readonly tables = new Map<string, { tableName: string; owner: string }>();

  /** Returns the document of the stack around `scope`. The first call creates it. */
  static of(scope: Construct): RuntimeConfig {
    const stack = Stack.of(scope);
    const found = stack.node.children.find((child) => child instanceof RuntimeConfig);
    return (found as RuntimeConfig | undefined) ?? new RuntimeConfig(stack);
  }

  constructor(stack: Stack, props: RuntimeConfigProps = {}) {
    super(stack, 'RuntimeConfig');
    for (const [key, tableName] of Object.entries(props.extraTables ?? {})) {
      this.add(key, tableName, 'extraTables');
    }
    const name = stack.stackName.slice(0, 64);
    const application = new appconfig.CfnApplication(this, 'Application', {
      name,
      description: `Runtime configuration of ${name}`,
    });
    const applicationId = (this.applicationId = application.ref);
    const environment = new appconfig.CfnEnvironment(this, 'Environment', { applicationId, name: 'default' });
    const profile = new appconfig.CfnConfigurationProfile(this, 'Profile', {
      applicationId,
      name: 'dynamodb',
      locationUri: 'hosted',
      type: 'AWS.Freeform',
    });
    const version = new appconfig.CfnHostedConfigurationVersion(this, 'Version', {
      applicationId,
      configurationProfileId: profile.ref,
      contentType: 'application/json',
      content: Lazy.string({ produce: () => stack.toJsonString(this.content()) }),
    });
    // One deployment for all tables: AppConfig runs one deployment at a time in an environment.
    new appconfig.CfnDeployment(this, 'Deployment', {
      applicationId,
      environmentId: environment.ref,
      configurationProfileId: profile.ref,
      configurationVersion: version.ref,
      deploymentStrategyId: props.deploymentStrategyId ?? this.instantStrategy(name).ref,
    });
    new CfnOutput(stack, 'RuntimeConfigApplicationId', { value: applicationId });
  }

  /** Adds the name of a table. `owner` is the construct that an error about a duplicate key names. */
  add(key: string, tableName: string, owner: string): void {
    const first = this.tables.get(key);
    if (first) {
      throw new Error(
        `the runtimeConfigKey "${key}" belongs to both ${first.owner} and ${owner}, so a program could not tell the tables apart; ` +
          'give one of them another `runtimeConfigKey`',
      );
    }
    this.tables.set(key, { tableName, owner });
  }

  /** Allows `grantee` to read the document. If it is a Lambda function, it also gets `RUNTIME_CONFIG_APP_ID`. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    if (hasEnvironment(grantee)) grantee.addEnvironment('RUNTIME_CONFIG_APP_ID', this.applicationId);
    const arn = Stack.of(this).formatArn({
      service: 'appconfig',
      resource: 'application',
      resourceName: `${this.applicationId}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    return iam.Grant.addToPrincipal({ grantee, actions: RUNTIME_CONFIG, resourceArns: [arn] });
  }

  private content(): Record<string, { tableName: string }> {
    const sorted = [...this.tables].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, { tableName }]) => [key, { tableName }]));
  }

  private instantStrategy(name: string): appconfig.CfnDeploymentStrategy {
    return new appconfig.CfnDeploymentStrategy(this, 'Strategy', {
      name,
      description: 'Deploys at once',
      deploymentDurationInMinutes: 0,
      growthType: 'LINEAR',
      growthFactor: 100,
      finalBakeTimeInMinutes: 0,
      replicateTo: 'NONE',
    });
  }
}

/** Returns whether the grantee is a Lambda function whose environment the stack can set. An alias or an imported one is not. */
function hasEnvironment(grantee: iam.IGrantable): grantee is lambda.Function {
  return 'addEnvironment' in grantee;
}
