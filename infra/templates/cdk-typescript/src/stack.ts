import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
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
@%- for table in tables %@
    this.@{table.field}@Table = new @{table.class}@(this, '@{table.class}@');
@%- endfor %@
  }
}
