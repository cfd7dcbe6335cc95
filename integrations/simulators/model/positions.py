"""Finds the line on which each value of a JSON text stands, so that a complaint can name it."""

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # present in CPython, absent from typeshed
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
_decoder = json.JSONDecoder()


def lines_of(text: str) -> dict[Path, int]:
    """Line number (from 1) of every key and array element of a valid JSON `text`, by path."""
    found: dict[Path, int] = {}
    _value(text, _skip(text, 0), (), found)
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _value(text: str, at: int, path: Path, found: dict[Path, int]) -> int:
    if text[at] == "{":
        return _object(text, at, path, found)
    if text[at] == "[":
        return _array(text, at, path, found)
    return _decoder.raw_decode(text, at)[1]


def _object(text: str, at: int, path: Path, found: dict[Path, int]) -> int:
    at = _skip(text, at + 1)
    while text[at] != "}":
        start = at
        key, at = scanstring(text, at + 1, True)
        found[(*path, key)] = text.count("\n", 0, start) + 1
        at = _skip(text, _skip(text, at) + 1)
        at = _skip(text, _value(text, at, (*path, key), found))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _array(text: str, at: int, path: Path, found: dict[Path, int]) -> int:
    at = _skip(text, at + 1)
    index = 0
    while text[at] != "]":
        found[(*path, index)] = text.count("\n", 0, at) + 1
        at = _skip(text, _value(text, at, (*path, index), found))
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return at + 1
