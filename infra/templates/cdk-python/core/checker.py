"""Checks of the values in a `config.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .settings import Autoscaling, Capacity, KeyAttribute

T = TypeVar("T")
Json = dict[str, Any]

STREAMS = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class Checker:
    """Checks the values of one `config.json`. Its errors name the file, the word and the remedy."""

    def __init__(self, file: str) -> None:
        self._file = file

    def fail(self, problem: str) -> NoReturn:
        """Raises an error about this file."""
        raise ValueError(f"{self._file}: {problem} (`monotable validate {self._file}` reports all mistakes)")

    def parse(self, path: Path) -> Json:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.fail("the file does not exist; correct the path, which starts at the folder of cdk.json")
        except (OSError, UnicodeDecodeError) as error:
            self.fail(f"the file cannot be read: {error}")
        try:
            value = json.loads(text, object_pairs_hook=self._unique)
        except json.JSONDecodeError as error:
            self.fail(f"the file is not JSON: {error}; correct it")
        return self.object("", value)

    def _unique(self, pairs: list[tuple[str, Any]]) -> Json:
        """Builds an object. Without this check, the last of two equal words would win."""
        found: Json = {}
        for word, value in pairs:
            if word in found:
                self.fail(f"`{word}` occurs twice in one object; keep one")
            found[word] = value
        return found

    def object(self, word: str, value: Any, words: Sequence[str] | None = None) -> Json:
        """Checks that `value` is an object. If `words` is present, the object can contain no other word."""
        if not isinstance(value, dict):
            self.fail(f"{f'`{word}`' if word else 'the file'} has to be an object, {{ .. }}")
        for name in value if words is not None else ():
            if name not in (words or ()):
                path = f"{word}.{name}" if word else name
                self.fail(f"`{path}` is unknown; remove it, or use one of {', '.join(words or ())}")
        return value

    def optional(self, word: str, value: Any, check: Callable[[str, Any], T]) -> T | None:
        return None if value is None else check(word, value)

    def text(self, word: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            self.fail(f"`{word}` has to be a text that is not empty; set it")
        return value

    def flag(self, word: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.fail(f"`{word}` has to be true or false")
        return value

    def list(self, word: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            self.fail(f"`{word}` has to be a list, [ .. ]")
        return value

    def whole(self, word: str, value: Any, least: int, most: int | None = None) -> int:
        # `True` is an `int` in Python.
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (most is not None and value > most)
        ):
            limits = f"of at least {least}" if most is None else f"from {least} to {most}"
            self.fail(f"`{word}` has to be a whole number {limits}")
        return value

    def one_of(self, word: str, value: Any, words: Sequence[str]) -> Any:
        if value not in words:
            known = " or ".join(f'"{one}"' for one in words)
            self.fail(f"`{word}` is {json.dumps(value)}, which is unknown; use {known}")
        return value

    def stream(self, word: str, value: Any) -> Any:
        return self.one_of(word, value, STREAMS)

    def key(self, word: str, value: Any) -> KeyAttribute:
        if isinstance(value, str):
            return KeyAttribute(self.text(word, value), "S")
        key = self.object(word, value, ["name", "type"])
        return KeyAttribute(
            self.text(f"{word}.name", key.get("name")),
            self.one_of(f"{word}.type", key.get("type", "S"), ["S", "N", "B"]),
        )

    def keys(self, word: str, one: Any, several: Any) -> tuple[KeyAttribute, ...]:
        """Returns the attributes of a key, which the file gives as one attribute or as a list of up to four."""
        single = self.optional(word, one, self.key)
        keys = [self.key(f"{word}s[{n}]", key) for n, key in enumerate(self.list(f"{word}s", several or []))]
        if single and keys:
            self.fail(f"`{word}` and `{word}s` are both present; keep one")
        if len(keys) > 4:
            self.fail(f"`{word}s` has {len(keys)} attributes, but DynamoDB allows 4; remove some")
        return (single,) if single else tuple(keys)

    def projection(self, word: str, value: Any) -> str | tuple[str, ...]:
        if isinstance(value, list) and value:
            return tuple(self.text(word, name) for name in value)
        if isinstance(value, str) and value in ("ALL", "KEYS_ONLY"):
            return value
        self.fail(f'`{word}` has to be "ALL", "KEYS_ONLY" or a list of attributes')

    def capacity(self, word: str, value: Any) -> Capacity:
        words = self.object(word, value, ["read", "write"])
        return {name: self.whole(f"{word}.{name}", words.get(name), 1) for name in ("read", "write")}  # type: ignore[return-value]

    def autoscaling(self, word: str, value: Any) -> Autoscaling:
        words = self.object(word, value, ["min", "max", "targetPercent"])
        least = self.whole(f"{word}.min", words.get("min"), 1)
        return {
            "min": least,
            "max": self.whole(f"{word}.max", words.get("max"), least),
            "target_percent": self.whole(f"{word}.targetPercent", words.get("targetPercent"), 20, 90),
        }

    def kms(self, word: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.one_of(word, value, ["own", "shared", "aws-owned"])
        return {"key_arn": self.text(f"{word}.keyArn", self.object(word, value, ["keyArn"]).get("keyArn"))}

    def recovery(self, word: str, value: Any) -> Any:
        return False if value is False else self.whole(word, value, 1, 35)

    def tags(self, word: str, value: Any) -> dict[str, str]:
        tags = self.object(word, value or {})
        for name, text in tags.items():
            if not isinstance(text, str):
                self.fail(f"`{word}.{name}` has to be a text; put it in quotes")
        return tags
