"""The run's events in words, for its page. Pure; whatever people, agents or vendors wrote stays plain text."""

from collections import Counter
from dataclasses import replace

from bot.dashboard.conversation import on_the_pull_request
from bot.dashboard.entry import NOBODY, NOW, Entry, Names, Who, by_agent, by_host, by_person, by_us, name
from bot.dashboard.in_thread import in_the_thread
from tasks.domain.checks import GateOutcome, GateResult, blocks, wants_person
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Disputed,
    Explained,
    Failed,
    Gated,
    LensReported,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RepoChosen,
    RepoGuessed,
    ReviewSettled,
    ReviewStarted,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import (
    CiChanged,
    DisputeDecided,
    FeedbackGiven,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Replied,
    RepoChanged,
    RetryRequested,
    RunRequested,
    StopRequested,
)
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    EffectFailed,
    MadeReady,
    Posted,
    PullRequestOpened,
    RepoInspected,
    Suggested,
    ThreadOpened,
)
from tasks.messages.presses import PRESSED, chips
from tasks.messages.words import count, lens_name, verdict_words


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
    return (
        _from_people(event, names)
        or on_the_pull_request(event, names)
        or in_the_thread(event, names)
        or _from_host(event)
        or _from_agents(event)
        or _from_us(event)
    )


def _from_people(event: Event, names: Names) -> Entry | None:
    match event:
        case RunRequested(request):
            return by_person(f"{name(request.requester, names)} asked.", request.text)
        case Replied(by, text, _, steering):
            return by_person(
                f"{name(by, names)} {'steered the agent' if steering else 'added context'}.", text
            )
        case QuestionAnswered(_, answer, by):
            return by_person(f"{name(by, names)} answered: {answer}")
        case StopRequested(by):
            return by_person(f"{name(by, names)} stopped the run.")
        case RepoChanged(by, repo):
            return by_person(f"{name(by, names)} meant another repository: {repo}.")
        case RetryRequested(by):
            return by_person(f"{name(by, names)} asked for another attempt.")
        case PressedInChat(by, _, verb, words):
            how = "wrote" if event.message else "pressed a button"
            return by_person(f"{name(by, names)} {how}: {PRESSED.get(verb, verb)}.", words)
        case FeedbackGiven(by, good, given, words):
            about = f": {chips(given)}" if given else ""
            return by_person(f"{name(by, names)} calls the result {'good' if good else 'bad'}{about}.", words)
        case DisputeDecided(by, True):
            return by_person(f"{name(by, names)} decided: fix it.")
        case DisputeDecided(by, False, reason):
            return by_person(f"{name(by, names)} decided that it is not a problem.", reason)
    return None


def _from_host(event: Event) -> Entry | None:
    match event:
        case ChecksSeen(_, checks, settled):
            done = sum(c.conclusion != "pending" for c in checks)
            red = [c.name for c in checks if c.conclusion.is_red]
            state = "all done" if settled else "still running"
            tail = f"; failing: {', '.join(red)}" if red else ""
            return by_host(f"CI: {done} of {len(checks)} checks done, {state}{tail}.", problem=bool(red))
        case PullRequestMoved(number, _, True, _, by):
            return by_host(f"Pull request #{number} was merged{_by(by)}.")
        case PullRequestMoved(number, "closed", _, _, by):
            return by_host(f"Pull request #{number} was closed{_by(by)}.")
        case PullRequestMoved(number, _, _, head_oid, by):
            return by_host(f"Pull request #{number} is open at {head_oid[:7]}{_by(by)}.")
    return None


def _from_agents(event: Event) -> Entry | None:
    match event:
        case PlanMade(items):
            return by_agent(f"Planned {count(len(items), 'step')}.", "\n".join(f"• {item}" for item in items))
        case QuestionAsked(_, kind, text, options):
            who = Who.sortie if kind == "repo" else Who.agent
            return Entry(NOW, who, f"Asked: {text}", "\n".join(f"• {option}" for option in options))
        case Submitted():
            size = f"+{event.added} −{event.removed} in {count(event.files, 'file')}"
            return by_agent(f"Submitted “{event.title}” ({size}).", event.summary)
        case Explained(head_oid, text):
            return by_agent(f"Answered, having looked at {head_oid[:7]}.", text)
        case LensReported(verdict):
            words = f"{lens_name(verdict.lens)} review: {verdict_words(verdict)}."
            return Entry(NOW, Who.agent, words, verdict.summary, problem=verdict.decision != "pass")
    return None


def _from_us(event: Event) -> Entry | None:
    match event:
        case ThreadOpened(_, direct):
            where = "in a direct message, because we may not write in the channel" if direct else "for it"
            return by_us(f"Opened a thread {where}.")
        case RepoGuessed(()):
            return by_us("The request alone does not tell which repository it is about.")
        case RepoGuessed(likely):
            told = ", ".join(f"{repo} ({round(100 * much)} %)" for repo, much in likely)
            return by_us(f"By its words the request is about: {told}.")
        case RepoChosen(repo, reason):
            return by_us(f"Chose {repo}: {reason}.")
        case RepoInspected(repo, True, login, _, role):
            return by_us(
                f"Found {repo}; {login} has {role} there, base {event.base_ref}@{event.base_oid[:7]}."
            )
        case RepoInspected(repo):
            return by_us(f"Could not look into {repo}.", event.problem, problem=True)
        case Titled(title):
            return by_us(f"Understood as: {title}")
        case Provisioned():
            gates = "\n".join(f"{gate}: {command}" for gate, command in event.commands)
            made = f"Prepared a workspace ({event.workspace}) on {event.base_oid[:7]}"
            return by_us(f"{made}, isolation {event.isolation}.", gates)
        case Gated(oid, results):
            return _gated(oid, results)
        case Noted(code, said):
            return by_us(f"Note {code}: {said}")
        case Accepted():
            return by_us("Accepted: the requester may, the base is there.")
    return _delivered(event) or _decided(event)


def _delivered(event: Event) -> Entry | None:
    match event:
        case CardPosted():
            return by_us("Posted the card.")
        case Posted(catalogue):
            return by_us(f"Posted {POSTS.get(catalogue.partition('.')[0], catalogue)}.")
        case BranchPushed(branch, oid):
            return by_us(f"Pushed {oid[:7]} to {branch}.")
        case Suggested(oid):
            return by_us(f"Suggested {oid[:7]} on the pull request; nothing was pushed.")
        case PullRequestOpened(number):
            return by_us(f"Opened draft pull request #{number}.")
        case MadeReady(number):
            return by_us(f"Took pull request #{number} out of draft and asked for reviewers.")
        case EffectFailed(kind, code, message, unknown):
            how = "is of unknown outcome" if unknown else "was refused"
            return by_us(f"{kind} {how} ({code}).", message, problem=True)
    return None


def _decided(event: Event) -> Entry | None:
    match event:
        case CiJudged(head_oid, "red", excerpt):
            return by_us(f"CI is red on {head_oid[:7]}.", excerpt, problem=True)
        case CiJudged(head_oid, "red_before"):
            return by_us(f"CI is red on {head_oid[:7]} only where the base is red too.", problem=True)
        case CiJudged(head_oid, result):
            green = "No CI runs" if result == "none" else "CI is green"
            return by_us(f"{green} on {head_oid[:7]}.")
        case ReviewStarted(head_oid, number):
            return by_us(f"Started review round {number} of {head_oid[:7]}.")
        case ReviewSettled(_, outcome):
            return by_us(f"Review settled: {outcome}.", problem=outcome != "passed")
        case Disputed():
            return by_us("Reviewers and author disagree; a person decides.", problem=True)
        case Refused(code, said):
            return by_us(f"Not started ({code}): {said}", problem=True)
        case Failed(code, happened, tried, left):
            detail = "\n".join(
                line for line in (tried and f"Tried: {tried}", left and f"Left: {left}") if line
            )
            return by_us(f"Gave up ({code}): {happened}", detail, problem=True)
        case StepFailed():
            again = f"try {event.attempt + 1} at {event.due_at:%H:%M:%S} UTC"
            return by_us(f"{event.step} broke ({event.code}); {again}.", event.message, problem=True)
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
    "M4": "a plan to approve",
    "M14": "that it was stopped",
    "M18": "the answer",
    "owner": "the question to the channel's owner",
    "handed": "that it has another requester",
}


def _gated(oid: str, results: tuple[GateResult, ...]) -> Entry:
    bad = blocks(results)
    detail = "\n\n".join(f"{g.name}: {g.detail}\n{g.excerpt}".strip() for g in bad)
    if bad:
        return by_us(f"Gates on {oid[:7]} failed: {', '.join(g.name for g in bad)}.", detail, problem=True)
    asking = wants_person(results)
    unrun = [g for g in results if g.outcome is GateOutcome.not_run]
    if not asking and not unrun:
        return by_us(f"All {len(results)} gates hold on {oid[:7]}.")
    said = [f"{len(results) - len(asking) - len(unrun)} of {len(results)} gates hold on {oid[:7]}"]
    said += [f"a person must approve {', '.join(g.name for g in asking)}"] if asking else []
    said += [f"not run: {', '.join(g.name for g in unrun)}"] if unrun else []
    detail = "\n".join(f"{g.name}: {g.detail}" for g in (*asking, *unrun))
    return by_us("; ".join(said) + ".", detail)


def _turns(role: str, turns: int, tools: Counter[str]) -> str:
    used = ", ".join(f"{tool} ×{n}" if n > 1 else tool for tool, n in tools.most_common(6))
    return f"{role}: {count(turns, 'turn')}{f' ({used})' if used else ''}."


def _by(login: str) -> str:
    return f" by {login}" if login else ""
