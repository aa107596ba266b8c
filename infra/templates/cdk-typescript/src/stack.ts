import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
@%- if extra_tables or deployment_strategy %@
import { RuntimeConfig } from './core';
@%- endif %@
@% for table in tables -%@
import { @{table.class}@ } from './tables/@{table.file}@';
@% endfor %@
/** The tables of the application. Add your functions here, and allow them to use a table with its grants. */
export class ApplicationStack extends Stack {
@%- for table in tables %@
  readonly @{table.field}@Table: @{table.class}@;
@%- endfor %@

  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
@%- if extra_tables or deployment_strategy %@
    new RuntimeConfig(this, {
@%- if extra_tables %@
      extraTables: {
@%- for table in extra_tables %@
        @{table.key}@: @{table.name}@,
@%- endfor %@
      },
@%- endif %@
@%- if deployment_strategy %@
      deploymentStrategyId: @{deployment_strategy}@,
@%- endif %@
    });
@%- endif %@
@%- for table in tables %@
    this.@{table.field}@Table = new @{table.class}@(this, '@{table.class}@');
@%- endfor %@
  }
}
