from typing import Any

from aws_cdk import Stack
from constructs import Construct

@% for table in tables -%@
from tables.@{table.file}@ import @{table.class}@
@% endfor %@

class ApplicationStack(Stack):
    """The tables of the application. Add your functions here, and allow them to use a table with its grants."""

    def __init__(self, scope: Construct, construct_id: str, **options: Any) -> None:
        super().__init__(scope, construct_id, **options)
@%- for table in tables %@
        self.@{table.field}@_table = @{table.class}@(self, "@{table.class}@")
@%- endfor %@
