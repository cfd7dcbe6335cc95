"""What was ever stored can be read for ever: a fixture of every version of every event, and what happens with newer ones."""

import json
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, get_args

import pytest

from integrations.types.chat import UserKind
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Gated,
    LensReported,
    Noted,
    Provisioned,
    RemarksAnswered,
    ReviewStarted,
    Titled,
)
from tasks.domain.events import Event
from tasks.domain.facts import PressedInChat, PullRequestMoved, Remarked, RunRequested
from tasks.domain.remarks import Answer, Claim
from tasks.domain.request import Channel, ChannelPlace, Deliver, HostPlace, RepoHints
from tasks.domain.results import ChecksSeen, PermissionSeen, RepoInspected
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity, Status
from tasks.store.codec import UPCASTERS, VERSIONS, UnknownEvent, decode, encode
from tests.tasks.store.samples import ADA, BASE, FIXTURES, GATE, HEAD, REMARK, REQUEST, RULES, SAMPLES, stored

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
TODAY: dict[str, Event] = {type(event).__name__: event for event in SAMPLES}
_GATE = replace(GATE, base_exit=None, head_exit=None, proven=(), flaky=())
_RULES = replace(RULES, pushes=None, coauthor=False)
assert REQUEST.chat is not None
_REQUEST = replace(REQUEST, place=replace(REQUEST.chat, digest=""), account=None, kept=False)
INSPECTED = next(event for event in SAMPLES if isinstance(event, RepoInspected))
OLD_REQUEST = replace(
    _REQUEST, options=replace(REQUEST.options, plan=False), hints=RepoHints(), quoted=None, board=""
)
OLDER: dict[tuple[str, int], Event] = {
    ("RepoInspected", 1): RepoInspected(
        "acme/api", True, "ada", 7, Role.maintain, "main", "main", BASE, False, True, "slow"
    ),
    ("RunRequested", 1): RunRequested(replace(OLD_REQUEST, deliver=Deliver.new_pr), "Return 422"),
    ("RunRequested", 2): RunRequested(OLD_REQUEST, "Return 422", REMARK),
    ("RepoInspected", 2): replace(INSPECTED, person=UserKind.member),
    ("RunRequested", 3): RunRequested(_REQUEST, "Return 422", REMARK),
    ("PressedInChat", 1): PressedInChat(ADA, "ada", "request", "Also charges."),
    ("PermissionSeen", 1): PermissionSeen("inline:77", "ben", 9, Role.maintain, True),
    ("Titled", 1): Titled("Return 422"),
    ("ChecksSeen", 1): ChecksSeen(
        HEAD, (CheckState("ci", Conclusion.failure, "https://ci/1", "9"),), True, (("ci", "E"),)
    ),
    ("CiJudged", 1): CiJudged(HEAD, "red", "E  assert"),
    ("Gated", 1): Gated(HEAD, (_GATE,)),
    ("Gated", 2): Gated(HEAD, (GATE,)),
    ("Provisioned", 1): Provisioned(BASE, (("test", "pytest -q"),), True, "full", workspace="clone"),
    ("Accepted", 1): Accepted(),
    ("Accepted", 2): Accepted(Deliver.suggestions),
    ("Provisioned", 2): Provisioned(BASE, (("test", "pytest -q"),), True, "full", _RULES, "clone"),
    ("Provisioned", 3): Provisioned(BASE, (("test", "pytest -q"),), True, "full", _RULES, "overlay"),
    ("Provisioned", 4): Provisioned(
        BASE, (("test", "pytest -q"),), True, "full", replace(RULES, coauthor=False), "overlay"
    ),
    ("PullRequestMoved", 1): PullRequestMoved(812, "closed", True, HEAD, "ben"),
    ("Remarked", 1): Remarked(812, replace(REMARK, head="")),
    ("RemarksAnswered", 1): RemarksAnswered(
        2, (Answer("inline:77", Claim.fixed, "Renamed."),), HEAD, ("api/refunds.py",)
    ),
    ("ReviewStarted", 1): ReviewStarted(HEAD, 2),
    ("LensReported", 1): LensReported(
        LensVerdict(
            "security",
            HEAD,
            Decision.block,
            "One.",
            (
                Finding(
                    3,
                    "security",
                    Severity.blocking,
                    "api/refunds.py",
                    41,
                    "The amount is logged.",
                    "python -m x",
                    "1",
                    Status.fixed,
                ),
            ),
            "late",
            1,
        ),
        0.25,
    ),
}
"""(name, version) → what a fixture of an older version becomes today, where that is not the sample of today."""


def fixture(name: str, version: int) -> dict[str, Any]:
    path = FIXTURES / f"{name}.v{version}.json"
    assert path.exists(), f"no fixture: run python -m tests.tasks.store.samples, and commit {path.name}"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def versions() -> list[tuple[str, int]]:
    """Every (name, version) that can stand in a database."""
    return [(name, version) for name in KINDS for version in range(1, VERSIONS.get(name, 1) + 1)]


def test_every_event_of_today_has_a_sample() -> None:
    assert sorted(TODAY) == sorted(KINDS) and len(SAMPLES) == len(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_sample_leaves_no_field_at_its_default(name: str) -> None:
    """A field that is left out would not be seen to change."""
    assert list(at_default(TODAY[name], name)) == []


def at_default(value: Any, path: str) -> list[str]:
    """Paths of the fields that hold their default, at any depth."""
    if isinstance(value, tuple):
        return [p for i, item in enumerate(value) for p in at_default(item, f"{path}[{i}]")]
    if not is_dataclass(value):
        return []
    found = []
    for f in fields(value):
        held = getattr(value, f.name)
        default = f.default_factory() if f.default_factory is not MISSING else f.default
        found += [f"{path}.{f.name}"] if held == default else at_default(held, f"{path}.{f.name}")
    return found


@pytest.mark.parametrize("name", KINDS)
def test_todays_encoding_is_the_newest_fixture(name: str) -> None:
    version = VERSIONS.get(name, 1)
    assert stored(TODAY[name]) == fixture(name, version), (
        f"{name} is stored in another way than before: raise VERSIONS[{name!r}] in tasks/store/codec.py, "
        f"lift version {version} in UPCASTERS and keep a fixture of both"
    )


@pytest.mark.parametrize(("name", "version"), versions())
def test_every_version_ever_stored_is_read_as_the_event_it_means(name: str, version: int) -> None:
    row = fixture(name, version)
    assert (row["type"], row["version"]) == (name, version)
    expected = OLDER.get((name, version), TODAY[name])
    found = decode(name, version, json.dumps(row["data"]))
    assert found == expected and type(found) is type(expected)


def test_no_fixture_and_no_upcaster_is_left_over() -> None:
    assert {p.name for p in FIXTURES.iterdir()} == {f"{n}.v{v}.json" for n, v in versions()}
    assert set(UPCASTERS) == {(n, v) for n, v in versions() if v < VERSIONS.get(n, 1)}
    assert set(VERSIONS) <= set(KINDS)


@pytest.mark.parametrize(
    ("name", "version"), [("Praised", 1), ("", 1), ("Noted", VERSIONS.get("Noted", 1) + 1), ("Run", 1)]
)
def test_a_name_or_a_version_from_the_future_is_said_to_be_unknown(name: str, version: int) -> None:
    _, _, data = encode(Noted("X-1", "y"))
    with pytest.raises(UnknownEvent, match=f"{name} v{version}"):
        decode(name, version, data)


def test_a_request_of_the_code_host_is_read_back_as_one() -> None:
    """Where it was asked tells the two kinds of place apart, with nothing but their fields."""
    place = HostPlace("acme/api", 12, False, "Refunds fail", "They do.", "d" * 64)
    asked = RunRequested(replace(REQUEST, place=place, channel=Channel.github_issue), "Return 422")
    name, version, data = encode(asked)
    assert decode(name, version, data) == asked


def test_a_request_whose_thread_is_not_open_yet_is_read_back_as_one() -> None:
    place = ChannelPlace("T1", "C1")
    asked = RunRequested(replace(REQUEST, place=place, channel=Channel.slack_command), "Return 422")
    name, version, data = encode(asked)
    assert decode(name, version, data) == asked
