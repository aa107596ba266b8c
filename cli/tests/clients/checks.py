"""The checks of the programs in this folder. A failed check prints a message and ends the program with exit code 1."""

import argparse
import sys
from typing import Any, NoReturn


def fail(message: str) -> NoReturn:
    """Ends the program."""
    sys.exit(f"FAILED: {message}")


def equal(what: str, found: Any, expected: Any) -> None:
    """Fails if two values differ."""
    if found != expected:
        fail(f"{what}\n  expected: {expected!r}\n  found:    {found!r}")


def contains(what: str, text: str, part: str) -> None:
    """Fails if a text does not contain another one."""
    if part not in text:
        fail(f"{what}\n  expected: a text with {part!r}\n  found:    {text!r}")


def arguments(description: str) -> argparse.ArgumentParser:
    """Returns a parser with the options of every program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--endpoint", required=True, help="such as http://localhost:8000")
    parser.add_argument("--table", required=True, help="the table that `monotable dev` has created")
    return parser
