"""Loads a script: includes other files, splices parts, checks everything, and complains with line and path."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from integrations.simulators.model import positions
from integrations.simulators.model.checking import check_role, suggestion
from integrations.simulators.model.script import Call, Condition, Fault, Match, Role, Script, Step

_MODEL_BY_KEY: Mapping[str, type[BaseModel]] = {
    "match": Match,
    "steps": Step,
    "when": Condition,
    "all": Condition,
    "any": Condition,
    "not": Condition,
    "calls": Call,
    "fault": Fault,
}


class ScriptError(Exception):
    """The script cannot be played; `problems` holds one sentence per defect, each with file, line and path."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class LoadedRole:
    """A role with its parts spliced in. Labels point at indexes of `steps`."""

    name: str
    match: Match
    steps: tuple[Step, ...]
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LoadedScript:
    """What the simulator plays. Roles are tried in order; the first that matches plays."""

    name: str
    roles: tuple[LoadedRole, ...]


def load_script(path: Path) -> LoadedScript:
    """Reads, checks and flattens the script at `path`. Raises ScriptError naming every defect."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScriptError([f"{path}: cannot be read ({error.strerror})"]) from error
    return parse_script(text, name=path.name, base=path.parent)


def parse_script(text: str, *, name: str, base: Path) -> LoadedScript:
    """Like load_script, for a text; `include` is looked up in the directory `base`."""
    script = _gather(text, name=name, base=base, seen=((base / name).resolve(),))
    roles: list[LoadedRole] = []
    problems: list[str] = []
    for role_name, role in script.roles.items():
        loaded, found = _flatten(role_name, role, script.parts)
        problems += [f"{name}: roles.{role_name}: {problem}" for problem in found]
        roles.append(loaded)
    if not roles:
        problems.append(f"{name}: has no roles")
    if problems:
        raise ScriptError(problems)
    return LoadedScript(script.name or name, tuple(roles))


def _gather(text: str, *, name: str, base: Path, seen: tuple[Path, ...]) -> Script:
    own = _parse(text, name)
    parts, roles = dict(own.parts), dict(own.roles)
    for entry in own.include:
        path = (base / entry).resolve()
        if path in seen:
            raise ScriptError([f"{name}: include: {entry} includes itself"])
        try:
            included = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ScriptError([f"{name}: include: {entry} cannot be read ({error.strerror})"]) from error
        other = _gather(included, name=entry, base=path.parent, seen=(*seen, path))
        parts = {**other.parts, **parts}
        roles = {**roles, **{k: v for k, v in other.roles.items() if k not in roles}}
    return own.model_copy(update={"parts": parts, "roles": roles})


def _parse(text: str, name: str) -> Script:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScriptError([f"{name}:{error.lineno}: not JSON: {error.msg}"]) from error
    try:
        return Script.model_validate(data)
    except ValidationError as error:
        lines = positions.lines_of(text)
        raise ScriptError(_unique(_complaint(name, e, lines) for e in error.errors())) from error


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _complaint(name: str, error: Any, lines: Mapping[positions.Path, int]) -> str:
    path: list[str | int] = list(error["loc"])
    while path and tuple(path) not in lines:
        path.pop()
    where = f"{name}:{lines.get(tuple(path), 1)}: {_dotted(path) or 'script'}"
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}"
    known = _known_keys(path[:-1])
    close = get_close_matches(str(path[-1]), known, n=1)
    hint = f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"
    return f"{where}: unknown key; {hint}"


def _dotted(path: Iterable[str | int]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _known_keys(parents: list[str | int]) -> list[str]:
    names = [p for p in parents if isinstance(p, str)]
    model: type[BaseModel] = Script
    if len(names) >= 2:
        default = Step if names[0] == "parts" else Role
        model = _MODEL_BY_KEY.get(names[-1], default) if len(names) > 2 else default
    return [field.alias or key for key, field in model.model_fields.items()]


def _flatten(name: str, role: Role, parts: Mapping[str, list[Step]]) -> tuple[LoadedRole, list[str]]:
    problems: list[str] = []
    steps: list[Step] = []
    _splice(role.steps, parts, steps, problems, ())
    labels: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.label is None:
            continue
        if step.label in labels:
            problems.append(f'the label "{step.label}" stands on two steps')
        labels[step.label] = index
    problems += check_role(steps, labels)
    return LoadedRole(name, role.match, tuple(steps), labels), problems


def _splice(
    steps: Iterable[Step],
    parts: Mapping[str, list[Step]],
    into: list[Step],
    problems: list[str],
    inside: tuple[str, ...],
) -> None:
    for step in steps:
        if step.part is None:
            into.append(step)
        elif step.model_fields_set != {"part"}:
            problems.append(f'the step that splices the part "{step.part}" may hold nothing else')
        elif step.part in inside:
            problems.append(f'the part "{step.part}" contains itself')
        elif step.part not in parts:
            problems.append(f'there is no part "{step.part}"{suggestion(step.part, parts)}')
        else:
            _splice(parts[step.part], parts, into, problems, (*inside, step.part))
