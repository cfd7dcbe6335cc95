"""Our pull request on the code host: opened as a draft, described, taken out of draft. Never merged, never approved."""

from integrations.errors import Conflict, Retryable
from integrations.types.code_host import PullRequest
from tasks.domain.decisions import Noted
from tasks.domain.events import Event
from tasks.domain.facts import HeadMoved
from tasks.domain.request import Deliver
from tasks.domain.results import MadeReady, PullRequestOpened
from tasks.domain.run import DESCRIPTION_EDITED, REVIEWER_FULL, RunState
from tasks.domain.verdict import Outcome
from tasks.effects.branches import branch_of
from tasks.effects.ports import Moment, OutsidePorts
from tasks.messages import code_host as messages
from tasks.messages.labels import styled
from tasks.messages.ready import reviewer_full

_EDITED = "A person edited the pull request's description, so I write it no more."


def open_pr(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Opens the draft pull request, or finds the one that is already open for our branch."""
    run = moment.run
    found = ports.code_host.find_pull_request(run.repo, head_ref=run.branch)
    if found is None or found.state != "open":
        found = _open(moment, ports)
    return PullRequestOpened(found.number, found.url, moment.intent.effect.get("head"))


def _open(moment: Moment, ports: OutsidePorts) -> PullRequest:
    run = moment.run
    moment.insist()
    title, body = messages.pr_title(moment.then), messages.pr_body(moment.then, links=ports.links)
    try:
        return ports.code_host.open_pull_request(
            run.repo, head_ref=run.branch, base_ref=run.base_ref, title=title, body=body
        )
    except Conflict:
        found = ports.code_host.find_pull_request(run.repo, head_ref=run.branch)
        if found is None or found.state != "open":
            raise
        return found


def opened_after_all(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Whether a pull request that nobody wants any more was opened nevertheless; never opens one."""
    found = ports.code_host.find_pull_request(moment.run.repo, head_ref=branch_of(moment))
    if found is None or found.state != "open":
        return None
    return PullRequestOpened(found.number, found.url, moment.intent.effect.get("head"))


def describe(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Brings our region of the body up to date; text that a person wrote or changed is left alone."""
    run = moment.run
    if run.pr:
        current = ports.code_host.pull_request_body(run.repo, run.pr.number)
        body = messages.with_owned_region(current, messages.pr_body(run, links=ports.links))
        if body is None:
            return None if run.edited_by_people else Noted(DESCRIPTION_EDITED, _EDITED)
        if body != current:
            ports.code_host.update_pull_request(run.repo, run.pr.number, title=None, body=body)
    return None


def ready(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Takes the pull request out of draft, only while its head is still the one that was reviewed, and CI is not red."""
    run = moment.run
    passed = run.state is RunState.reviewing and run.review_outcome == Outcome.passed
    if run.pr is None or not passed or run.review_head != moment.then.review_head:
        return None
    if run.ci_is_newly_red:
        raise Retryable("CI turned red after the review.", code="GIT-006")
    current = ports.code_host.pull_request(run.repo, run.pr.number)
    if current.head_oid != run.review_head:
        if current.head_oid in run.known_heads:
            raise Retryable("GitHub shows an older head of ours.", code="GIT-006")
        return HeadMoved(current.head_oid)
    if current.draft and run.deliver is not Deliver.existing_pr:
        moment.insist()
        ports.code_host.mark_ready(run.repo, run.pr.number)
    return MadeReady(run.pr.number)


def reviewers(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks the requester for review, or again those whose review was answered; the host itself adds the code owners.

    For whom as many pull requests wait as the operator allows is not asked for one more.
    """
    run = moment.run
    again = tuple(filter(None, moment.intent.effect.get("logins").split(",")))
    if run.pr and run.login and not again and ports.reviewer_cap:
        if run.reviewer_left_out:
            return None
        if moment.waiting_for(run.login) >= ports.reviewer_cap:
            return Noted(REVIEWER_FULL, reviewer_full(run.login, ports.reviewer_cap))
    asked = again or (run.login,)
    if run.pr and all(asked):
        ports.code_host.request_reviewers(run.repo, run.pr.number, logins=asked)
    return None


def labels(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Adds our labels, made before in their colours."""
    run = moment.run
    names = tuple(moment.intent.effect.get("labels").split(","))
    if run.pr:
        ports.code_host.make_labels(run.repo, styled(names))
        ports.code_host.add_labels(run.repo, run.pr.number, labels=names)
    return None
