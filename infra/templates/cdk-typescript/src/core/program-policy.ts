import { readFileSync } from 'node:fs';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { MonotableTable } from './table';

export interface ProgramPolicyProps {
  /** The name of the program in the file. */
  readonly program: string;
  /** The tables that the program uses. */
  readonly tables: readonly MonotableTable[];
  /** The file with the permissions of all programs. The default is `programs.json` in the folder of `cdk.json`. */
  readonly file?: string;
}

/** What a program does with a table, as `monotable synth` writes it. */
interface Permissions {
  readonly runtimeConfigKey: string;
  readonly grants: readonly { actions: string[]; index?: string; leadingKeys?: string[] }[];
  readonly keyActions: readonly string[];
  readonly streamActions: readonly string[];
}

/**
 * The least permissions of a program that `monotable connect` has created, as a managed policy. Attach it to the role of the program:
 * `policy.attachToRole(role)`. The program also needs the variable `RUNTIME_CONFIG_APP_ID`, the id of the AppConfig application.
 */
export class ProgramPolicy extends iam.ManagedPolicy {
  constructor(scope: Construct, id: string, props: ProgramPolicyProps) {
    super(scope, id, { description: `Permissions of ${props.program} for its tables` });
    const file = props.file ?? 'programs.json';
    for (const permissions of read(file, props.program)) {
      const table = props.tables.find((one) => one.runtimeConfigKey === permissions.runtimeConfigKey);
      if (table === undefined) {
        throw new Error(`${this.node.path}: ${props.program} uses the table "${permissions.runtimeConfigKey}"; add it to \`tables\``);
      }
      this.allow(table, permissions);
    }
    for (const runtimeConfig of new Set(props.tables.map((table) => table.runtimeConfig))) runtimeConfig.grantRead(this);
    new CfnOutput(Stack.of(this), `${id}Arn`, { value: this.managedPolicyArn });
  }

  private allow(table: MonotableTable, { grants, keyActions, streamActions }: Permissions): void {
    for (const { actions, index, leadingKeys } of grants) {
      this.addStatements(new iam.PolicyStatement({
        actions,
        resources: [index === undefined ? table.tableArn : `${table.tableArn}/index/${index}`],
        conditions: leadingKeys && { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': leadingKeys } },
      }));
    }
    if (table.tableStreamArn !== undefined && streamActions.length > 0) {
      this.addStatements(
        new iam.PolicyStatement({ actions: [...streamActions], resources: [table.tableStreamArn] }),
        // This action has no resource.
        new iam.PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }),
      );
    }
    if (table.encryptionKey) {
      this.addStatements(new iam.PolicyStatement({ actions: [...keyActions], resources: [table.encryptionKey.keyArn] }));
    }
  }
}

function read(file: string, program: string): readonly Permissions[] {
  const found = JSON.parse(readFileSync(file, 'utf8'))[program];
  if (found === undefined) {
    throw new Error(`${file}: there is no program "${program}"; run \`monotable synth\`, or remove its policy from the stack`);
  }
  return found;
}
