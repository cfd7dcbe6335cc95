"""The gated change of a fork's pull request as suggestions in one review: whoever owns the branch takes them, or does not."""

from integrations.errors import Rejected
from integrations.types.code_host import ReviewComment
from tasks.domain.events import Event
from tasks.domain.results import Suggested
from tasks.effects.branches import still_allowed
from tasks.effects.ports import Moment, OutsidePorts
from tasks.messages.suggestions import Suggestions, comments, review_body, review_marker
from tasks.workspace.git import GitTooMuch

DIFF_BYTES = 400_000


def suggest(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One review of type COMMENT on exactly the head that was worked on. Nothing is pushed anywhere."""
    run, oid = moment.run, moment.intent.effect.get("oid")
    place = run.request.host
    if place is None:
        return None
    still_allowed(run, ports)
    marker = review_marker(run)
    if moment.intent.doubtful and (url := ports.code_host.find_review(run.repo, place.number, marker=marker)):
        return Suggested(oid, url)
    made = _made(moment, ports, oid)
    moment.insist()
    try:
        url = _post(moment, ports, made, made.comments)
    except Rejected:
        # A line outside the pull request's diff makes the host refuse the whole review: then all of it stands in its body.
        url = _post(moment, ports, made.as_a_patch(), ())
    return Suggested(oid, url)


def _post(moment: Moment, ports: OutsidePorts, made: Suggestions, inline: tuple[ReviewComment, ...]) -> str:
    run, place = moment.run, moment.run.request.host
    assert place is not None
    body = review_body(run, made, links=ports.links)
    return ports.code_host.post_review(
        run.repo, place.number, head_oid=run.asked_head, body=body, comments=inline
    )


def _made(moment: Moment, ports: OutsidePorts, oid: str) -> Suggestions:
    run, trees = moment.run, ports.workspaces
    try:
        change = trees.plain_diff(run.repo, run.asked_head, oid, limit=DIFF_BYTES).decode("utf-8", "replace")
    except GitTooMuch:
        change = ""
    pull = run.inspection.pull if run.inspection else None
    left_base = pull.fork_oid if pull else run.base_oid
    shown = trees.diff(run.repo, left_base, run.asked_head, limit=DIFF_BYTES)
    return comments(change, shown, lambda path: trees.read(run.repo, run.asked_head, path, DIFF_BYTES))
