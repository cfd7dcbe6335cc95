"""What is written because people pressed buttons in the chat, and which posts lose or change their buttons by what happens. Pure."""

from tasks.domain import presses, thread_effects
from tasks.domain.decisions import RoundStarted
from tasks.domain.effect import Effect, chat, host
from tasks.domain.events import Event
from tasks.domain.facts import PressedInChat
from tasks.domain.remarks import Heard, Standing
from tasks.domain.run import Run, RunState

_ENDS = (RunState.merged, RunState.closed)


def asked(event: PressedInChat, before: Run, after: Run) -> list[Effect]:
    """A press is carried out once the code host has said whether this person may."""
    if len(after.remarks) == len(before.remarks):
        return []
    key = after.remarks[-1].remark.key
    picks = event.verb == presses.ANSWER and before.question is not None and before.question.kind == "repo"
    named = picks or event.verb == presses.MOVE
    return [host("permission", priority=1, remark=key, **({"repo": event.words} if named else {}))]


def judged(before: Run, heard: Heard, after: Run) -> list[Effect]:
    """A press that the host has judged: a private sentence where it leads to nothing, else what it asks for."""
    key = heard.remark.key
    if heard.standing in (Standing.refused, Standing.moot):
        to = thread_effects.refused_to(heard)
        instead = {} if to == heard.remark.by.id else {"to": to}
        told = [chat("whisper", priority=1, lane="whisper.press", name="press", remark=key, **instead)]
        return [*told, *_locked(heard)]
    match heard.remark.verb:
        case presses.CHANGE:
            return [host("relay", remark=key), amended("M6")]
        case presses.CLOSE:
            return [host("close", priority=1, remark=key)]
        case presses.UNTESTED:
            return [host("push", oid=after.gated_oid, expected=after.pushed_oid)]
        case presses.KEEP:
            return [chat("settle", name="M19", answer="keep trying", by=heard.remark.by.id)]
    return thread_effects.judged(heard, before, after)


def _locked(heard: Heard) -> list[Effect]:
    """The reaction on words that were refused."""
    where = heard.message
    if where is None or heard.standing is not Standing.refused:
        return []
    return [chat("ack", channel=where.channel, ts=where.ts, name="lock")]


def redrawn(before: Run, event: Event, after: Run) -> list[Effect]:
    """The posts with buttons that have lost their meaning."""
    over = after.state in _ENDS and before.state not in _ENDS
    names = dict(after.posts)
    drawn = [amended("M6")] if "M6" in names and (over or isinstance(event, RoundStarted)) else []
    return [*drawn, amended("M19")] if over and "M19" in names and after.failure else drawn


def amended(name: str) -> Effect:
    """Draws a post again as the run stands then."""
    return chat("amend", lane="post", slot=f"amend.{name}", name=name)
