"""Constructs for the tables of monotable and their programs. `monotable synth` replaces this folder."""

from .function import RequestFunction, StreamFunction
from .program_policy import ProgramPolicy
from .runtime_config import RuntimeConfig
from .table import MonotableTable, TableOptions

__all__ = ["MonotableTable", "ProgramPolicy", "RequestFunction", "RuntimeConfig", "StreamFunction", "TableOptions"]
