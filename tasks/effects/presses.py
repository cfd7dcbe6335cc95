"""What buttons in the chat ask of the code host: a person's words as a review, and closing the pull request."""

from integrations.errors import Rejected
from tasks.domain.decisions import Noted
from tasks.domain.events import Event
from tasks.domain.facts import PullRequestMoved
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.messages import presses as messages

NOT_CLOSED = "GIT-015"


def relay(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One review of type COMMENT that quotes what a person asked for in the chat; found again by its hidden marker."""
    run, heard = moment.run, moment.run.heard(moment.intent.effect.get("remark"))
    if heard is None or run.pr is None:
        return None
    marker, body = messages.relayed(run, heard)
    if ports.code_host.find_review(run.repo, run.pr.number, marker=marker) is None:
        ports.code_host.post_review(run.repo, run.pr.number, head_oid=run.head_oid, body=body, comments=())
    return None


def close(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Closes the pull request; the branch stays. One that is closed or merged already stays what it is."""
    run = moment.run
    if run.pr is None:
        return None
    current = ports.code_host.pull_request(run.repo, run.pr.number)
    if current.state == "open":
        try:
            ports.code_host.close_pull_request(run.repo, run.pr.number)
        except Rejected as refused:
            return Noted(NOT_CLOSED, f"GitHub did not close the pull request: {refused.message}")
    return PullRequestMoved(run.pr.number, "closed", current.merged, current.head_oid)


PRESS_EFFECTS: dict[str, EffectFunction] = {"host.relay": relay, "host.close": close}
