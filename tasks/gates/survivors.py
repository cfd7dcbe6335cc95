"""Mutation of the changed lines: which small changes to them do the change's own tests not notice? Evidence, no verdict."""

import re
import time
from collections import defaultdict
from dataclasses import replace

from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.cheating import FileText
from tasks.gates.compare import SideState
from tasks.gates.findings import shown
from tasks.gates.hygiene import ChangeSet
from tasks.gates.mutants import Mutant, mutants
from tasks.gates.proof import PLAIN_PYTEST, Trial
from tasks.gates.testfiles import is_test

_PER_FILE = 8
_MOST = 16
_SLOWER = 3.0
_LEAST_S = 5.0


def mutation(
    trial: Trial, change: ChangeSet, files: tuple[FileText, ...], *, budget_s: float
) -> tuple[GateResult, ...]:
    """One result, always passed: how many mutants of the changed product lines the tests noticed, and which they did not.

    Nothing where no Python product line changed or there is no time. Stops before `budget_s` is spent.
    """
    took = max(trial.checked.after.duration_s, 0.1)
    wanted = _drawn(change, files, seed=trial.head.subject.head_oid)
    if not wanted or took > budget_s:
        return ()
    plain = PLAIN_PYTEST.fullmatch(trial.check.command)
    command = f"{trial.check.command} -x" if plain else trial.check.command
    limits = replace(trial.head.conditions.limits, wall_s=max(_LEAST_S, took * _SLOWER))
    quick = replace(trial, limits=limits)
    ends = time.monotonic() + budget_s
    tried, survived = 0, []
    for mutant in wanted:
        if time.monotonic() + took > ends:
            break
        side = quick.on(trial.head.subject.head_oid, (), {mutant.path: mutant.source.encode()}, command)
        if side.state in (SideState.passed, SideState.nothing):
            survived.append(mutant)
        tried += side.state is not SideState.broken
    return (_told(tried, len(wanted), survived),) if tried else ()


def _drawn(change: ChangeSet, files: tuple[FileText, ...], *, seed: str) -> tuple[Mutant, ...]:
    added: dict[str, set[int]] = defaultdict(set)
    for line in change.lines or ():
        added[line.path].add(line.number)
    drawn = [
        mutant
        for file in files
        if file.path.endswith(".py") and file.after and not is_test(file.path) and _plain(file.path)
        for mutant in mutants(file.path, file.after, frozenset(added[file.path]), most=_PER_FILE, seed=seed)
    ]
    return tuple(drawn[:_MOST])


def _plain(path: str) -> bool:
    return re.fullmatch(r"[\w./-]+", path) is not None


def _told(tried: int, drawn: int, survived: list[Mutant]) -> GateResult:
    places = [f"{shown(m.path)}:{m.line}: {m.what}" for m in survived]
    noticed = tried - len(survived)
    what = "small change" if tried == 1 else "small changes"
    detail = f"The tests notice {noticed} of {tried} {what} to the changed lines"
    detail += f"; not noticed: {places[0]}" + (" …" if len(places) > 1 else "") if places else ""
    detail += f" ({drawn - tried} more were not tried, for want of time)" if drawn > tried else ""
    return GateResult("mutation", GateOutcome.passed, "not run", "pass", f"{detail}.", "\n".join(places))
