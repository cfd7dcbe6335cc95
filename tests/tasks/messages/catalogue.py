"""Every message of the catalogue (UX §6) about runs whose words of others are all the same given text."""

from collections.abc import Iterator
from datetime import timedelta

from integrations.types.chat import ChatFile, OutgoingMessage
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Explained,
    Failed,
    LensReported,
    LookFirst,
    Noted,
    PlanMade,
    QuestionAsked,
    Refused,
    Submitted,
    Titled,
)
from tasks.domain.digest import Week
from tasks.domain.events import Event
from tasks.domain.facts import DisputeDecided, RetryRequested, StopRequested
from tasks.domain.in_thread import Nudge
from tasks.domain.request import Person
from tasks.domain.results import MadeReady
from tasks.domain.run import Run
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FilesGiven,
    FollowsUp,
    Muted,
    Nudged,
    PlanProposed,
    RequestEdited,
)
from tasks.domain.verdict import Finding, Severity
from tasks.messages import chat, roots, switch
from tasks.messages.digest import digest
from tests.support.requests import NOON
from tests.tasks.messages import runs
from tests.tasks.messages.runs import ADA, HEAD, LINKS, a_run

NOW = NOON + timedelta(minutes=12)
Named = tuple[str, OutgoingMessage]


def of(text: str) -> Iterator[Named]:
    """(what it is, the message); a card (M1) draws as M12 in the classic profile."""
    for name, run in _runs(text):
        yield f"M1 {name}", chat.card(run, now=NOW, links=LINKS)
        for post in POSTS_OF.get(name, ()):
            yield f"{post} {name}", chat.post(post, run, now=NOW, links=LINKS)
        if name in ("received", "queued"):
            yield f"root {name}", roots.root(run, away_from="C0AWAY0001" if name == "queued" else "")
        if run.refusal:
            yield f"M11 {name}", chat.refusal(run, now=NOW, links=LINKS)
    yield "M2/M3 answered", chat.settled(answer=text, by="U1")
    yield "M17 weekly", digest(Week(12, 7, 10, 7, 9, 6, (("SBX-012", 2), ("late", 1))), name="2026-W47")
    yield "M17 weekly, few", digest(Week(2, 1, 2, 2, 2, 1), name="2026-W47")
    for on in (True, False):
        yield f"notice {on}", switch.turned(on=on, user="U1", reason=text, at=NOW)


POSTS_OF = {
    "which repo": ("M2",),
    "agent asks": ("M3",),
    "pr open": ("M5",),
    "ready": ("M6",),
    "coding": ("PH", "M13"),
    "second attempt": ("PH",),
    "disputed": ("M7",),
    "failed": ("M8",),
    "stopped": ("M14",),
    "ci given up": ("M19",),
    "plan": ("M4",),
    "assumed": ("M3.1",),
    "asked too": ("owner",),
    "handed": ("handed",),
    "answered": ("M18",),
    "branch left": ("M14",),
}


def _runs(text: str) -> Iterator[tuple[str, Run]]:
    finding = Finding(1, "security", Severity.blocking, text, 1, text, text, text)
    submitted = Submitted(HEAD, "t", runs.BASE, text, text, (LookFirst(text, 1, text),), (text,), 1, 1, 1)
    plan = PlanMade((text,) * 7)
    given = {"title": text, "text": text}
    told = [
        submitted
        if isinstance(x, Submitted)
        else plan
        if isinstance(x, PlanMade)
        else LensReported(runs.verdict("security", finding, finding, finding))
        if isinstance(x, LensReported)
        else x
        for x in runs.BLOCKED
    ]
    started = [plan if isinstance(x, PlanMade) else x for x in runs.PROVISIONED]
    notes = [Noted(f"X-{n}", text) for n in range(3)]
    ben = Person("slack", "T1", "U2", text)
    broken = Failed("AGT-007", text, text, text)
    yield "received", a_run(**given)
    yield "queued", a_run(*runs.STARTED, **given)
    yield "which repo", a_run(QuestionAsked(1, "repo", text, (text, "acme/api", "acme/b"), text), **given)
    yield "agent asks", a_run(*started, QuestionAsked(1, "agent", text, (text,) * 4, text), *notes, **given)
    yield "coding", a_run(*started, *notes, **given)
    yield "pr open", a_run(*told[: len(runs.OPENED)], *notes, **given)
    yield "disputed", a_run(*told, Disputed(HEAD), *notes, **given)
    yield "ready", a_run(*told, Disputed(HEAD), DisputeDecided(ADA, False, text), MadeReady(812), **given)
    yield "failed", a_run(*told, broken, **given)
    yield "second attempt", a_run(*told, broken, RetryRequested(ADA), **given)
    yield (
        "ci given up",
        a_run(*told, CiJudged(HEAD, "red", text), Failed("CI-003", text, text, text), **given),
    )
    yield from _in_thread(text, started, given)
    yield "stopped", a_run(*told, StopRequested(ben), **given)
    yield "refused", a_run(Refused("REPO-004", f"There is no repository {text}."), **given)


def _in_thread(text: str, started: list[Event], given: dict[str, str]) -> Iterator[tuple[str, Run]]:
    """What people do in the thread beside the work."""
    until = NOON + timedelta(minutes=20)
    asks, to = QuestionAsked(1, "agent", text, (text,), text), Person("slack", "T1", "U2", text)
    yield "plan", a_run(*started, PlanProposed(1, (text,) * 6, (text,) * 9, (text, text)), **given)
    yield "assumed", a_run(*started, Assumed(1, text, (text, f"{text}.", "c"), text, until), **given)
    yield "asked too", a_run(*started, asks, Nudged(1, Nudge.handed_over, "U2"), **given)
    yield "handed", a_run(*started, Muted(to, True), RequestEdited(to, text), FollowsUp("R-1"), **given)
    files = tuple(ChatFile(f"F{n}", text, "image/png", 1) for n in range(12))
    yield (
        "answered",
        a_run(*runs.STARTED, FilesGiven(files), Titled(text or "x", True), Explained(HEAD, text), **given),
    )
    left = (*started, runs.SUBMITTED, *runs.LEFT[-2:], StopRequested(to))
    yield "branch left", a_run(*left, BranchDiscarded("sortie/R-1042-x", HEAD, text), **given)
