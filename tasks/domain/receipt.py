"""The evidence receipt of one head: what was run on it, when, with which result. Derived from the run's events. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from tasks.domain.checks import GateResult
from tasks.domain.decisions import Gated, LensReported, Provisioned, RepoChosen, Submitted, TurnTaken
from tasks.domain.events import Recorded
from tasks.domain.facts import PullRequestMoved
from tasks.domain.results import BranchPushed, HeadAdopted, MergePrepared

SCHEMA = 1
SAMPLED = frozenset({"mutation"})
"""Gates that stop when their time is spent: evidence, and not the same on every machine."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate. Exit codes are None where nothing of that kind ran, or where we stopped it; seconds; tests that ran."""

    name: str
    outcome: str
    command: str
    base: str
    head: str
    base_exit: int | None
    head_exit: int | None
    duration_s: float
    tests_base: int | None
    tests_head: int | None
    proven: tuple[str, ...]
    flaky: tuple[str, ...]
    new_failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LensLine:
    """One lens on this head."""

    lens: str
    decision: str
    findings: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """For exactly `head_oid`. `last_edit` stands before `tested_at`, or there is no receipt; times are UTC.

    `sha256` is of the canonical JSON of all the rest but `void_by`: another head that stands on the branch by now, "" while
    this one does.
    """

    run_id: str
    repo: str
    base_oid: str
    head_oid: str
    tree_oid: str
    setup: str
    gates: tuple[GateLine, ...]
    lenses: tuple[LensLine, ...]
    last_edit: datetime
    tested_at: datetime
    cost_usd: float
    cost_known: bool
    sha256: str = ""
    void_by: str = ""

    @property
    def short(self) -> str:
        """The hash as people compare it."""
        return self.sha256[:12]


def receipt(run_id: str, events: Iterable[Recorded]) -> Receipt | None:
    """The receipt of the newest commit that was gated; None before there is one, or where work went on after the tests."""
    made: Receipt | None = None
    repo, base, setup, cost, known = "", "", "", 0.0, True
    submitted: Submitted | None = None
    edited: datetime | None = None
    for recorded in events:
        match recorded.event:
            case RepoChosen():
                repo = recorded.event.repo
            case Provisioned():
                base, setup = recorded.event.base_oid, dict(recorded.event.commands).get("setup", "")
            case HeadAdopted(_, moved_to):
                base = moved_to
            case MergePrepared(_, moved_to, start) if start:
                base = moved_to
            case TurnTaken():
                cost += recorded.event.cost_usd or 0.0
                known = known and recorded.event.cost_usd is not None
            case Submitted():
                submitted, edited, made = recorded.event, recorded.at, None
            case Gated() if submitted and edited and recorded.event.oid == submitted.oid:
                made = Receipt(
                    run_id=run_id,
                    repo=repo,
                    base_oid=base,
                    head_oid=submitted.oid,
                    tree_oid=submitted.tree_oid,
                    setup=setup,
                    gates=tuple(map(_gate, recorded.event.results)),
                    lenses=(),
                    last_edit=edited,
                    tested_at=recorded.at,
                    cost_usd=0.0,
                    cost_known=True,
                )
            case LensReported():
                cost += recorded.event.cost_usd or 0.0
                known = known and recorded.event.cost_usd is not None
                made = _with_lens(made, recorded.event)
            case BranchPushed() | PullRequestMoved():
                made = _seen(made, recorded.event)
    if made is None:
        return None
    whole = replace(made, cost_usd=round(cost, 6), cost_known=known)
    return replace(whole, sha256=content_hash(whole))


def content_hash(made: Receipt) -> str:
    """sha256 of the canonical JSON (sorted keys, no blanks, UTF-8) of all but the hash itself and what made it void."""
    text = json.dumps(_plain(made), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def document(made: Receipt) -> dict[str, Any]:
    """The receipt as one JSON document, its hash beside it."""
    return {"receipt": _plain(made), "sha256": made.sha256, "void_by": made.void_by}


def differences(made: Receipt, again: tuple[GateResult, ...]) -> tuple[str, ...]:
    """What another run of the same gates says otherwise: one sentence each. Durations and samples are no difference."""
    now = {line.name: line for line in map(_gate, again) if line.name not in SAMPLED}
    told = []
    for line in (line for line in made.gates if line.name not in SAMPLED):
        other = now.pop(line.name, None)
        if other is None:
            told.append(f"{line.name}: it was {line.outcome}, and did not run now.")
            continue
        for name in (
            "outcome",
            "command",
            "base",
            "head",
            "head_exit",
            "tests_head",
            "proven",
            "new_failures",
        ):
            was, found = getattr(line, name), getattr(other, name)
            if was != found:
                told.append(f"{line.name}: {name.replace('_', ' ')} was {_said(was)}, now {_said(found)}.")
    return (
        *told,
        *(f"{name}: it did not run then, and is {line.outcome} now." for name, line in now.items()),
    )


def _gate(result: GateResult) -> GateLine:
    given = {f.name: getattr(result, f.name) for f in fields(GateLine)}
    return GateLine(**{**given, "outcome": str(result.outcome)})


def _with_lens(made: Receipt | None, told: LensReported) -> Receipt | None:
    verdict = told.verdict
    if made is None or verdict.head_oid != made.head_oid:
        return made
    others = tuple(line for line in made.lenses if line.lens != verdict.lens)
    line = LensLine(verdict.lens, str(verdict.decision), len(verdict.findings))
    return replace(made, lenses=tuple(sorted((*others, line), key=lambda x: x.lens)))


def _seen(made: Receipt | None, told: BranchPushed | PullRequestMoved) -> Receipt | None:
    """Another head on the branch makes it void; the same head again makes it good."""
    head = told.oid if isinstance(told, BranchPushed) else told.head_oid
    if made is None or not head:
        return made
    return replace(made, void_by="" if head == made.head_oid else head)


def _plain(made: Receipt) -> dict[str, Any]:
    values = asdict(made)
    for left_out in ("sha256", "void_by"):
        del values[left_out]
    for name in ("last_edit", "tested_at"):
        values[name] = values[name].isoformat()
    return {"schema": SCHEMA, **values}


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
