"""Constructs for the tables of monotable. `monotable synth` replaces this folder."""

from .runtime_config import RuntimeConfig
from .table import MonotableTable, TableOptions

__all__ = ["MonotableTable", "RuntimeConfig", "TableOptions"]
