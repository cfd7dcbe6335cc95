"""What buttons in the chat ask of the code host: a person's words as a review, and closing the pull request."""

from integrations.errors import Rejected
from tasks.domain import presses
from tasks.domain.decisions import Noted
from tasks.domain.events import Event
from tasks.domain.facts import PullRequestMoved
from tasks.domain.results import PermissionSeen
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.messages import presses as messages

NOT_CLOSED = "GIT-015"
FRESH_S = 60.0
"""So old at most is what the code host said of a person when something is done in their name."""


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
    if not still_may(moment, ports):
        return Noted(
            NOT_CLOSED, "Whoever asked for it may not close the pull request any more, so it is open."
        )
    current = ports.code_host.pull_request(run.repo, run.pr.number)
    if current.state == "open":
        try:
            ports.code_host.close_pull_request(run.repo, run.pr.number)
        except Rejected as refused:
            return Noted(NOT_CLOSED, f"GitHub did not close the pull request: {refused.message}")
    return PullRequestMoved(run.pr.number, "closed", current.merged, current.head_oid)


def still_may(moment: Moment, ports: OutsidePorts) -> bool:
    """Whether whoever pressed may still: asked once more where the last answer is older than a minute."""
    run, heard = moment.run, moment.run.heard(moment.intent.effect.get("remark"))
    if heard is None or (moment.now - moment.intent.created_at).total_seconds() <= FRESH_S:
        return heard is not None
    held = ports.code_host.held(run.repo, login=heard.remark.by.name)
    seen = PermissionSeen(heard.remark.key, held.login, held.user_id, held.role, owner=True)
    return not presses.refusal(run, heard, seen)


PRESS_EFFECTS: dict[str, EffectFunction] = {"host.relay": relay, "host.close": close}
