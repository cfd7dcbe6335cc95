"""The run's events in words, for its page. Pure; whatever people, agents or vendors wrote stays plain text."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tasks.domain.checks import GateOutcome, GateResult, blocks, wants_person
from tasks.domain.events import (
    Accepted,
    BranchPushed,
    CardPosted,
    ChecksSeen,
    CiChanged,
    CiJudged,
    Disputed,
    DisputeDecided,
    EffectFailed,
    Event,
    Failed,
    Gated,
    LensReported,
    MadeReady,
    Noted,
    PlanMade,
    Posted,
    Provisioned,
    PullRequestMoved,
    PullRequestOpened,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
    Refused,
    Replied,
    RepoChosen,
    RepoInspected,
    RetryRequested,
    ReviewSettled,
    ReviewStarted,
    RunRequested,
    StepFailed,
    StopRequested,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.request import Person
from tasks.messages.words import count, lens_name, verdict_words

Names = Mapping[tuple[str, str], str]
"""(chat account, user id) → the linked login."""
NOBODY: Names = MappingProxyType({})
NOW = datetime.min


class Who(StrEnum):
    """Who did it: a person, Sortie itself, one of its agents, or the code host."""

    person = "person"
    sortie = "sortie"
    agent = "agent"
    host = "host"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `detail` is text behind a fold, verbatim; `problem` marks what went wrong; `turns` counts joined turns."""

    at: datetime
    who: Who
    text: str
    detail: str = ""
    problem: bool = False
    turns: int = 0


def entries(events: tuple[Recorded, ...], names: Names = NOBODY) -> tuple[Entry, ...]:
    """Every event that says something to people, oldest first; turns of one agent in a row are one line."""
    found: list[Entry] = []
    tools: Counter[str] = Counter()
    role = ""
    for recorded in events:
        event = recorded.event
        if isinstance(event, TurnTaken):
            joined = bool(found) and found[-1].turns > 0 and role == event.role
            tools = tools + Counter(event.tools) if joined else Counter(event.tools)
            role = event.role
            turns = found.pop().turns + 1 if joined else 1
            found.append(Entry(recorded.at, Who.agent, _turns(role, turns, tools), turns=turns))
        elif entry := sentence(event, names):
            found.append(replace(entry, at=recorded.at))
    return tuple(found)


def sentence(event: Event, names: Names = NOBODY) -> Entry | None:
    """One event as one line, None where it would say nothing new. Its time is filled in by `entries`."""
    return _from_people(event, names) or _from_host(event) or _from_agents(event) or _from_us(event)


def _from_people(event: Event, names: Names) -> Entry | None:
    match event:
        case RunRequested(request):
            return _said(f"{name(request.requester, names)} asked.", request.text)
        case Replied(by, text, _, steering):
            return _said(f"{name(by, names)} {'steered the agent' if steering else 'added context'}.", text)
        case QuestionAnswered(_, answer, by):
            return _said(f"{name(by, names)} answered: {answer}")
        case StopRequested(by):
            return _said(f"{name(by, names)} stopped the run.")
        case RetryRequested(by):
            return _said(f"{name(by, names)} asked for another attempt.")
        case DisputeDecided(by, True):
            return _said(f"{name(by, names)} decided: fix it.")
        case DisputeDecided(by, False, reason):
            return _said(f"{name(by, names)} decided that it is not a problem.", reason)
    return None


def _from_host(event: Event) -> Entry | None:
    match event:
        case ChecksSeen(_, checks, settled):
            done = sum(c.conclusion != "pending" for c in checks)
            red = [c.name for c in checks if c.conclusion.is_red]
            state = "all done" if settled else "still running"
            tail = f"; failing: {', '.join(red)}" if red else ""
            return _host(f"CI: {done} of {len(checks)} checks done, {state}{tail}.", problem=bool(red))
        case PullRequestMoved(number, _, True, _, by):
            return _host(f"Pull request #{number} was merged{_by(by)}.")
        case PullRequestMoved(number, "closed", _, _, by):
            return _host(f"Pull request #{number} was closed{_by(by)}.")
        case PullRequestMoved(number, _, _, head_oid, by):
            return _host(f"Pull request #{number} is open at {head_oid[:7]}{_by(by)}.")
    return None


def _from_agents(event: Event) -> Entry | None:
    match event:
        case PlanMade(items):
            return _agent(f"Planned {count(len(items), 'step')}.", "\n".join(f"• {item}" for item in items))
        case QuestionAsked(_, kind, text, options):
            who = Who.sortie if kind == "repo" else Who.agent
            return Entry(NOW, who, f"Asked: {text}", "\n".join(f"• {option}" for option in options))
        case Submitted():
            size = f"+{event.added} −{event.removed} in {count(event.files, 'file')}"
            return _agent(f"Submitted “{event.title}” ({size}).", event.summary)
        case LensReported(verdict):
            words = f"{lens_name(verdict.lens)} review: {verdict_words(verdict)}."
            return Entry(NOW, Who.agent, words, verdict.summary, problem=verdict.decision != "pass")
    return None


def _from_us(event: Event) -> Entry | None:
    match event:
        case RepoChosen(repo, reason):
            return _us(f"Chose {repo}: {reason}.")
        case RepoInspected(repo, True, login, _, role):
            return _us(f"Found {repo}; {login} has {role} there, base {event.base_ref}@{event.base_oid[:7]}.")
        case RepoInspected(repo):
            return _us(f"Could not look into {repo}.", event.problem, problem=True)
        case Titled(title):
            return _us(f"Understood as: {title}")
        case Provisioned():
            gates = "\n".join(f"{gate}: {command}" for gate, command in event.commands)
            made = f"Prepared a workspace ({event.workspace}) on {event.base_oid[:7]}"
            return _us(f"{made}, isolation {event.isolation}.", gates)
        case Gated(oid, results):
            return _gated(oid, results)
        case Noted(code, said):
            return _us(f"Note {code}: {said}")
        case Accepted():
            return _us("Accepted: the requester may write, the base is there.")
    return _delivered(event) or _decided(event)


def _delivered(event: Event) -> Entry | None:
    match event:
        case CardPosted():
            return _us("Posted the card.")
        case Posted(catalogue):
            return _us(f"Posted {POSTS.get(catalogue, catalogue)}.")
        case BranchPushed(branch, oid):
            return _us(f"Pushed {oid[:7]} to {branch}.")
        case PullRequestOpened(number):
            return _us(f"Opened draft pull request #{number}.")
        case MadeReady(number):
            return _us(f"Took pull request #{number} out of draft and asked for reviewers.")
        case EffectFailed(kind, code, message, unknown):
            how = "is of unknown outcome" if unknown else "was refused"
            return _us(f"{kind} {how} ({code}).", message, problem=True)
    return None


def _decided(event: Event) -> Entry | None:
    match event:
        case CiJudged(head_oid, "red", excerpt):
            return _us(f"CI is red on {head_oid[:7]}.", excerpt, problem=True)
        case CiJudged(head_oid, result):
            green = "No CI runs" if result == "none" else "CI is green"
            return _us(f"{green} on {head_oid[:7]}.")
        case ReviewStarted(head_oid, number):
            return _us(f"Started review round {number} of {head_oid[:7]}.")
        case ReviewSettled(_, outcome):
            return _us(f"Review settled: {outcome}.", problem=outcome != "passed")
        case Disputed():
            return _us("Reviewers and author disagree; a person decides.", problem=True)
        case Refused(code, said):
            return _us(f"Not started ({code}): {said}", problem=True)
        case Failed(code, happened, tried, left):
            detail = "\n".join(
                line for line in (tried and f"Tried: {tried}", left and f"Left: {left}") if line
            )
            return _us(f"Gave up ({code}): {happened}", detail, problem=True)
        case StepFailed():
            again = f"try {event.attempt + 1} at {event.due_at:%H:%M:%S} UTC"
            return _us(f"{event.step} broke ({event.code}); {again}.", event.message, problem=True)
        case CiChanged():
            return None
    return None


POSTS = {
    "M2": "the question which repository this is",
    "M3": "the agent's question",
    "M5": "that the pull request is open",
    "M6": "that it is ready",
    "M7": "the dispute",
    "M8": "the failure",
    "M14": "that it was stopped",
}


def name(person: Person, names: Names = NOBODY) -> str:
    """What a person is called on our pages: their name where we know it, else their linked login, else their id."""
    return person.name or names.get((person.account, person.id), person.id)


def _gated(oid: str, results: tuple[GateResult, ...]) -> Entry:
    bad = blocks(results)
    detail = "\n\n".join(f"{g.name}: {g.detail}\n{g.excerpt}".strip() for g in bad)
    if bad:
        return _us(f"Gates on {oid[:7]} failed: {', '.join(g.name for g in bad)}.", detail, problem=True)
    asking = wants_person(results)
    unrun = [g for g in results if g.outcome is GateOutcome.not_run]
    if not asking and not unrun:
        return _us(f"All {len(results)} gates hold on {oid[:7]}.")
    said = [f"{len(results) - len(asking) - len(unrun)} of {len(results)} gates hold on {oid[:7]}"]
    said += [f"a person must approve {', '.join(g.name for g in asking)}"] if asking else []
    said += [f"not run: {', '.join(g.name for g in unrun)}"] if unrun else []
    detail = "\n".join(f"{g.name}: {g.detail}" for g in (*asking, *unrun))
    return _us("; ".join(said) + ".", detail)


def _turns(role: str, turns: int, tools: Counter[str]) -> str:
    used = ", ".join(f"{tool} ×{n}" if n > 1 else tool for tool, n in tools.most_common(6))
    return f"{role}: {count(turns, 'turn')}{f' ({used})' if used else ''}."


def _by(login: str) -> str:
    return f" by {login}" if login else ""


def _said(text: str, detail: str = "") -> Entry:
    return Entry(NOW, Who.person, text, detail)


def _host(text: str, *, problem: bool = False) -> Entry:
    return Entry(NOW, Who.host, text, problem=problem)


def _agent(text: str, detail: str = "") -> Entry:
    return Entry(NOW, Who.agent, text, detail)


def _us(text: str, detail: str = "", *, problem: bool = False) -> Entry:
    return Entry(NOW, Who.sortie, text, detail, problem)
