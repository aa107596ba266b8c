from typing import Any

from constructs import Construct

from core import MonotableTable


class @{class}@(MonotableTable):
    """The table `@{name}@`, with the keys, indexes and settings of its `config.json`."""

    def __init__(self, scope: Construct, construct_id: str, **options: Any) -> None:
        # The path starts at the folder of cdk.json.
        super().__init__(scope, construct_id, **{"config": @{config}@, **options})
