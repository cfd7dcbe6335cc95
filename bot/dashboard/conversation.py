"""What people and Sortie say to each other on the pull request, as lines of the timeline. Pure."""

from bot.dashboard.entry import Entry, Names, by_agent, by_host, by_person, by_us, name
from tasks.domain.decisions import FindingsRebutted, RemarksAnswered, Reopened, RoundStarted
from tasks.domain.events import Event
from tasks.domain.facts import ApprovalsMoved, HeadMoved, HeadShared, Remarked, Undoing, Undone
from tasks.domain.rebuttal import seen
from tasks.domain.remarks import Kind, Remark
from tasks.domain.results import HeadAdopted, MergePrepared, PermissionSeen
from tasks.messages.words import count

_ROUNDS = {
    Kind.comments: "what people wrote",
    Kind.ci: "the checks that are red",
    Kind.conflicts: "the conflicts with the base branch",
    Kind.rebase: "a rebase on the base branch",
}


def on_the_pull_request(event: Event, names: Names) -> Entry | None:
    """One event as one line, None where it is about something else."""
    match event:
        case Remarked(number, remark):
            return by_person(f"{name(remark.by, names)} wrote on #{number}{_where(remark)}.", remark.text)
        case PermissionSeen(_, login, _, role):
            return by_host(f"{login or 'An account'} has {role} access there.")
        case ApprovalsMoved(number):
            return by_host(f"The approvals of #{number} changed.")
        case HeadShared(number):
            return by_host(f"#{number} has the same head, or had.")
        case Undone(how, by):
            did = "reverted" if how is Undoing.revert else "mended in a hurry"
            return by_host(f"What was merged here was {did} by {by[:40]}.", problem=True)
        case HeadMoved(head_oid):
            return by_host(f"The branch is at {head_oid[:7]}, which somebody else pushed.", problem=True)
        case HeadAdopted(head_oid):
            return by_us(f"Going on from {head_oid[:7]}, which somebody else pushed.")
        case RoundStarted(number, kind, remarks, head_oid):
            asked = count(len(remarks), "remark")
            return by_us(f"Started round {number} on {head_oid[:7]} about {_ROUNDS[kind]} ({asked}).")
        case RemarksAnswered():
            made = f"with {event.oid[:7]}" if event.oid else "without a change"
            given = "\n".join(f"{a.said}: {a.text}" for a in event.answers)
            return by_agent(f"Answered {count(len(event.answers), 'remark')} {made}.", given)
        case FindingsRebutted(_, rebuttals):
            held = sum(seen(r.proof) for r in rebuttals)
            given = "\n".join(f"#{r.finding}: {r.text}" for r in rebuttals)
            return by_agent(
                f"Left {count(len(rebuttals), 'finding')} as they are; the evidence held for {held}.", given
            )
        case Reopened(head_oid):
            return by_us(f"Words came after {head_oid[:7]} was handed in; the agent reads them first.")
    return _merge(event) if isinstance(event, MergePrepared) else None


def _merge(event: MergePrepared) -> Entry:
    if not event.start_oid:
        return by_us("The branch holds all of its base already.")
    conflicts = f"; conflicts in {count(len(event.conflicts), 'file')}"
    left = conflicts if event.conflicts else "; nothing conflicts"
    return by_us(f"Merged the base at {event.base_oid[:7]}{left}.", "\n".join(event.conflicts))


def _where(remark: Remark) -> str:
    return f", {remark.path}:{remark.line}" if remark.path else ""
