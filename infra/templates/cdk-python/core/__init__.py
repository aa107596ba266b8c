"""Constructs for the tables of monotable. `monotable synth` replaces this folder."""

from .program_policy import ProgramPolicy
from .runtime_config import RuntimeConfig
from .table import MonotableTable, TableOptions

__all__ = ["MonotableTable", "ProgramPolicy", "RuntimeConfig", "TableOptions"]
