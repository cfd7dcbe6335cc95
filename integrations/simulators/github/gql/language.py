"""Parses and executes GraphQL documents over plain dictionaries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"[\s,﻿]+|#[^\n]*|(?P<t>\"\"\"[\s\S]*?\"\"\"|\"(?:\\.|[^\"\\])*\"|\.\.\.|[{}()\[\]:=!$@|]"
    r"|-?\d+(?:\.\d+)?|[_A-Za-z]\w*)"
)
_NUMBER = re.compile(r"-?\d")
MAX_DEPTH = 25


class GraphQLError(Exception):
    """One error of an answer: message, type (UNPROCESSABLE, NOT_FOUND, …)."""

    def __init__(self, message: str, type: str | None = None) -> None:
        super().__init__(message)
        self.message, self.type = message, type

    def body(self, path: list[str]) -> dict[str, Any]:
        """The entry of `errors`."""
        body: dict[str, Any] = {"message": self.message}
        if self.type is not None:
            body.update(type=self.type, path=path)
        return body


@dataclass(slots=True)
class Field:
    """A selected field; a fragment is a field with `on` set and no name."""

    name: str = ""
    alias: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    selection: list[Field] = field(default_factory=list)
    on: str | None = None


@dataclass(slots=True)
class Variable:
    name: str


@dataclass(slots=True)
class Document:
    kind: str
    selection: list[Field]
    defaults: dict[str, Any]
    fragments: dict[str, Field]


class Parser:
    """Recursive descent over one document."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def document(self) -> Document:
        """The first operation and all fragments. Raises GraphQLError."""
        found: Document | None = None
        fragments: dict[str, Field] = {}
        while self._peek():
            word = self._peek()
            if word == "fragment":
                self._next()
                name = self._next()
                self._expect("on")
                fragments[name] = Field(on=self._next(), selection=self._selection())
                continue
            operation = self._operation()
            found = found or operation
        if found is None:
            raise GraphQLError("A query attribute must be specified and must be a string.")
        found.fragments = fragments
        return found

    def _operation(self) -> Document:
        kind = "query"
        if self._peek() in ("query", "mutation"):
            kind = self._next()
            if self._peek() not in ("{", "("):
                self._next()
        defaults = self._variables() if self._peek() == "(" else {}
        return Document(kind, self._selection(), defaults, {})

    def _variables(self) -> dict[str, Any]:
        defaults: dict[str, Any] = {}
        self._expect("(")
        while self._peek() != ")":
            self._expect("$")
            name = self._next()
            self._expect(":")
            while self._peek() not in ("$", ")", "="):
                self._next()
            if self._peek() == "=":
                self._next()
                defaults[name] = self._value()
        self._next()
        return defaults

    def _selection(self) -> list[Field]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise GraphQLError("Query has too great a depth.")
        self._expect("{")
        fields = []
        while self._peek() != "}":
            fields.append(self._field())
        self._next()
        self._depth -= 1
        return fields

    def _field(self) -> Field:
        if self._peek() == "...":
            self._next()
            if self._peek() == "on":
                self._next()
                return Field(on=self._next(), selection=self._selection())
            if self._peek() == "{":
                return Field(on="", selection=self._selection())
            return Field(name="...", alias=self._next())
        name = alias = self._next()
        if self._peek() == ":":
            self._next()
            name = self._next()
        arguments = {}
        if self._peek() == "(":
            self._next()
            while self._peek() != ")":
                key = self._next()
                self._expect(":")
                arguments[key] = self._value()
            self._next()
        selection = self._selection() if self._peek() == "{" else []
        return Field(name, alias, arguments, selection)

    def _value(self) -> Any:
        token = self._next()
        if token == "$":
            return Variable(self._next())
        if token == "[":
            return self._sequence()
        if token == "{":
            return self._object()
        if token.startswith('"""'):
            return token[3:-3].strip()
        if token.startswith('"') or _NUMBER.match(token):
            return json.loads(token)
        return {"true": True, "false": False, "null": None}.get(token, token)

    def _sequence(self) -> list[Any]:
        values = []
        while self._peek() != "]":
            values.append(self._value())
        self._next()
        return values

    def _object(self) -> dict[str, Any]:
        values = {}
        while self._peek() != "}":
            key = self._next()
            self._expect(":")
            values[key] = self._value()
        self._next()
        return values

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise GraphQLError("Expected one of SCHEMA, QUERY, MUTATION, …, actual: (none) (end of input)")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        got = self._next()
        if got != token:
            raise GraphQLError(f'Parse error on "{got}": expected "{token}"')


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        hit = _TOKEN.match(text, at)
        if hit is None:
            raise GraphQLError(f'Parse error on "{text[at]}"')
        if hit["t"]:
            found.append(hit["t"])
        at = hit.end()
    return found


class Execution:
    """Runs the selections of a document over objects: dicts whose values may be functions of the arguments."""

    def __init__(self, document: Document, variables: Mapping[str, Any]) -> None:
        self._fragments = document.fragments
        self._variables = {**document.defaults, **variables}
        self.errors: list[dict[str, Any]] = []

    def select(self, obj: Mapping[str, Any], selection: list[Field], path: list[str]) -> dict[str, Any]:
        """The chosen fields of an object; a field that fails is null and noted in `errors`."""
        result: dict[str, Any] = {}
        for each in selection:
            if each.name == "...":
                each = self._fragment(each.alias)
            if each.on is not None:
                if each.on in ("", obj["__typename"], "Node", "Actor"):
                    result.update(self.select(obj, each.selection, path))
                continue
            try:
                result[each.alias] = self._resolve(obj, each, [*path, each.alias])
            except GraphQLError as error:
                result[each.alias] = None
                self.errors.append(error.body([*path, each.alias]))
        return result

    def _fragment(self, name: str) -> Field:
        if name not in self._fragments:
            raise GraphQLError(f"Fragment {name} was used, but not defined")
        return self._fragments[name]

    def _resolve(self, obj: Mapping[str, Any], each: Field, path: list[str]) -> Any:
        if each.name not in obj:
            kind = obj["__typename"]
            raise GraphQLError(f"Field '{each.name}' doesn't exist on type '{kind}'")
        value = obj[each.name]
        if callable(value):
            function: Callable[[dict[str, Any]], Any] = value
            value = function({k: self._bind(v) for k, v in each.arguments.items()})
        return self._shape(value, each, path)

    def _shape(self, value: Any, each: Field, path: list[str]) -> Any:
        if isinstance(value, list):
            return [self._shape(v, each, path) for v in value]
        if isinstance(value, Mapping) and "__typename" in value:
            if not each.selection:
                raise GraphQLError(f"Field must have selections (field '{each.name}')")
            return self.select(value, each.selection, path)
        return value

    def _bind(self, value: Any) -> Any:
        if isinstance(value, Variable):
            return self._variables.get(value.name)
        if isinstance(value, list):
            return [self._bind(v) for v in value]
        if isinstance(value, dict):
            return {k: self._bind(v) for k, v in value.items()}
        return value
