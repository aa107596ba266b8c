from typing import Any

from aws_cdk import Stack
from constructs import Construct

@% if core -%@
from core import @{core | join(', ')}@
@% endif -%@
@% for table in tables -%@
from tables.@{table.file}@ import @{table.class}@
@% endfor %@

class ApplicationStack(Stack):
    """The tables@% if programs %@ and the programs@% endif %@ of the application. Add your functions here, and allow them to use a table with its grants."""

    def __init__(self, scope: Construct, construct_id: str, **options: Any) -> None:
        super().__init__(scope, construct_id, **options)
@%- if extra_tables or deployment_strategy %@
        RuntimeConfig(
            self,
@%- if extra_tables %@
            extra_tables={
@%- for table in extra_tables %@
                @{table.key}@: @{table.name}@,
@%- endfor %@
            },
@%- endif %@
@%- if deployment_strategy %@
            deployment_strategy_id=@{deployment_strategy}@,
@%- endif %@
        )
@%- endif %@
@%- for table in tables %@
        self.@{table.field}@_table = @{table.class}@(self, "@{table.class}@")
@%- endfor %@
@%- for program in programs %@
        # The permissions of @{program.name}@.
        self.@{program.snake}@_policy = ProgramPolicy(
            self,
            "@{program.policy}@",
            program="@{program.name}@",
            tables=[@% for table in program.tables %@self.@{table}@_table@% if not loop.last %@, @% endif %@@% endfor %@],
        )
@%- for function in program.functions %@
@%- set construct = 'StreamFunction' if function.is_for_streams else 'RequestFunction' %@
        self.@{function.snake}@_function = @{construct}@(
            self,
            "@{function.id}@",
            binary="@{function.binary}@",
            package="@{function.package}@",
            policy=self.@{program.snake}@_policy,
            tables=[@% for table in program.tables %@self.@{table}@_table@% if not loop.last %@, @% endif %@@% endfor %@],
@%- if function.is_for_streams %@
            streams=[@% for table in function.streams %@self.@{table}@_table@% if not loop.last %@, @% endif %@@% endfor %@],
@%- endif %@
        )
@%- endfor %@
@%- endfor %@
