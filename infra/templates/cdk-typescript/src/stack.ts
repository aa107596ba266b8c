import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
@%- if core %@
import { @{core | join(', ')}@ } from './core';
@%- endif %@
@% for table in tables -%@
import { @{table.class}@ } from './tables/@{table.file}@';
@% endfor %@
/** The tables@% if programs %@ and the programs@% endif %@ of the application. Add your functions here, and allow them to use a table with its grants. */
export class ApplicationStack extends Stack {
@%- for table in tables %@
  readonly @{table.field}@Table: @{table.class}@;
@%- endfor %@
@%- for program in programs %@
  /** The permissions of @{program.name}@. */
  readonly @{program.camel}@Policy: ProgramPolicy;
@%- for function in program.functions %@
@%- set construct = 'StreamFunction' if function.is_for_streams else 'RequestFunction' %@
  readonly @{function.camel}@Function: @{construct}@;
@%- endfor %@
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
@%- for program in programs %@
    this.@{program.camel}@Policy = new ProgramPolicy(this, '@{program.policy}@', {
      program: '@{program.name}@',
      tables: [@% for table in program.tables %@this.@{table}@Table@% if not loop.last %@, @% endif %@@% endfor %@],
    });
@%- for function in program.functions %@
@%- set construct = 'StreamFunction' if function.is_for_streams else 'RequestFunction' %@
    this.@{function.camel}@Function = new @{construct}@(this, '@{function.id}@', {
      binary: '@{function.binary}@',
      package: '@{function.package}@',
      policy: this.@{program.camel}@Policy,
      tables: [@% for table in program.tables %@this.@{table}@Table@% if not loop.last %@, @% endif %@@% endfor %@],
@%- if function.is_for_streams %@
      streams: [@% for table in function.streams %@this.@{table}@Table@% if not loop.last %@, @% endif %@@% endfor %@],
@%- endif %@
    });
@%- endfor %@
@%- endfor %@
  }
}
