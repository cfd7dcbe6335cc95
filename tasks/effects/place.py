"""Writes on the issue or pull request where a run was asked for: its questions, and how it ended."""

from tasks.domain.events import Event
from tasks.effects.ports import Moment, OutsidePorts
from tasks.messages import place as messages


def ask(moment: Moment, ports: OutsidePorts) -> Event | None:
    """A question as a comment of its own; it becomes its answer once there is one."""
    run, effect = moment.run, moment.intent.effect
    where, number = run.request.host, int(effect.get("question"))
    if where is None:
        return None
    if by := effect.get("by"):
        marker, body = messages.answered(run, number, answer=effect.get("answer"), by=by)
    elif moment.then.question and run.question and run.question.number == number:
        marker, body = messages.question(moment.then, moment.then.question, links=ports.links)
    else:
        return None
    ports.code_host.upsert_comment(run.repo, where.number, marker=marker, body=body)
    return None


def told(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The one comment of a run on the place it was asked: how it ended, or whom it waits for."""
    where = moment.run.request.host
    if where:
        marker, body = messages.told(moment.run, links=ports.links)
        ports.code_host.upsert_comment(moment.run.repo, where.number, marker=marker, body=body)
    return None
