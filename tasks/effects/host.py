"""Writes to (and inspections of) the code host: push, pull request, checks, review. Never merges, never approves."""

from integrations.errors import Conflict, Denied, NotFound, Rejected
from integrations.types.code_host import ChecksSnapshot, PullRequest
from tasks.domain.events import BranchPushed, ChecksSeen, Event, MadeReady, PullRequestOpened, RepoInspected
from tasks.domain.run import Run
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.messages import code_host as messages
from tasks.workspace.names import branch_name

OUR_TOKEN_REFUSED = "OUT-012"
"""Our own credential is expired or wrong: that is no statement about the repository."""

LOG_TAIL = 12_000
"""Characters of a failed check's log that are kept: its end, where the failure stands."""


def inspect(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks for the repository and the requester's role, and mirrors the base the run will work on."""
    run, repo = moment.run, moment.intent.effect.get("repo")
    try:
        facts = ports.code_host.repo_facts(repo, login=run.login)
    except Rejected as refused:
        if refused.code == OUR_TOKEN_REFUSED:
            raise
        return RepoInspected(repo, found=False, problem=refused.message)
    ref = run.asked_base or facts.default_branch
    oid, problem = "", ""
    if facts.role.may_write and not facts.archived:
        try:
            synced = ports.workspaces.sync_mirror(repo, ports.code_host.git_remote(repo), ref=ref)
            oid = synced.oid
        except NotFound as missing:
            problem = missing.message
    return RepoInspected(
        repo=repo,
        found=True,
        login=facts.login,
        user_id=facts.user_id,
        role=facts.role,
        default_branch=facts.default_branch,
        base_ref=ref,
        base_oid=oid,
        private=facts.private,
        archived=facts.archived,
        problem=problem,
    )


def push(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Pushes exactly the commit that was gated, under the expected old id, if the requester may still write."""
    run, effect = moment.run, moment.intent.effect
    _still_allowed(run, ports)
    branch = run.branch or branch_name(run.id, moment.then.title)
    oid, expected = effect.get("oid"), effect.get("expected") or None
    remote = ports.code_host.git_remote(run.repo)
    if moment.intent.doubtful and ports.workspaces.remote_head(run.repo, branch, remote) == oid:
        return BranchPushed(branch, oid)
    try:
        ports.workspaces.push(run.repo, oid=oid, branch=branch, expected_old=expected, remote=remote)
    except Conflict as moved:
        if ports.workspaces.remote_head(run.repo, branch, remote) != oid:
            raise Conflict(moved.message, code="GIT-004") from moved
    return BranchPushed(branch, oid)


def _still_allowed(run: Run, ports: OutsidePorts) -> None:
    facts = ports.code_host.repo_facts(run.repo, login=run.login)
    if not facts.role.may_write:
        raise Denied(f"{run.login} may no longer write to {run.repo}.", code="AUTH-003")


def open_pr(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Opens the draft pull request, or finds the one that is already open for our branch."""
    run = moment.run
    found = ports.code_host.find_pull_request(run.repo, head_ref=run.branch)
    if found is None or found.state != "open":
        found = _open(moment, ports)
    return PullRequestOpened(found.number, found.url, moment.intent.effect.get("head"))


def _open(moment: Moment, ports: OutsidePorts) -> PullRequest:
    run = moment.run
    title, body = messages.pr_title(moment.then), messages.pr_body(moment.then, links=ports.links)
    try:
        return ports.code_host.open_pull_request(
            run.repo, head_ref=run.branch, base_ref=run.base_ref, title=title, body=body
        )
    except Conflict:
        found = ports.code_host.find_pull_request(run.repo, head_ref=run.branch)
        if found is None:
            raise
        return found


def describe(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Brings our region of the body up to date; text that a person wrote or changed is left alone."""
    run = moment.run
    if run.pr:
        current = ports.code_host.pull_request_body(run.repo, run.pr.number)
        body = messages.with_owned_region(current, messages.pr_body(run, links=ports.links))
        if body is not None and body != current:
            ports.code_host.update_pull_request(run.repo, run.pr.number, title=None, body=body)
    return None


def checks(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Lists all checks of the head, with the logs of the red ones once everything is done."""
    run = moment.run
    if not run.head_oid:
        return None
    return seen(run, ports.code_host.checks(run.repo, run.head_oid), ports)


def seen(run: Run, snapshot: ChecksSnapshot, ports: OutsidePorts) -> ChecksSeen:
    """A snapshot as a fact; logs are fetched only for red checks of a settled head."""
    red = [c for c in snapshot.checks if c.conclusion.is_red] if snapshot.settled else []
    logs = tuple((c.name, ports.code_host.check_log(run.repo, c)[-LOG_TAIL:]) for c in red)
    return ChecksSeen(snapshot.head_oid, snapshot.checks, snapshot.settled, logs)


def ready(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Takes the pull request out of draft, only while its head is still the one that was reviewed."""
    run = moment.run
    assert run.pr is not None
    current = ports.code_host.pull_request(run.repo, run.pr.number)
    if current.head_oid != run.review_head:
        raise Conflict("Somebody pushed to the branch after the review.", code="GIT-004")
    if current.draft:
        ports.code_host.mark_ready(run.repo, run.pr.number)
    return MadeReady(run.pr.number)


def reviewers(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks the requester for review; the host itself adds the code owners."""
    run = moment.run
    if run.pr and run.login:
        ports.code_host.request_reviewers(run.repo, run.pr.number, logins=(run.login,))
    return None


def labels(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Adds our labels."""
    run = moment.run
    names = tuple(moment.intent.effect.get("labels").split(","))
    if run.pr:
        ports.code_host.add_labels(run.repo, run.pr.number, labels=names)
    return None


def progress(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The check run sortie/run: where the run stands, without an e-mail to anybody."""
    if moment.run.pr:
        report = messages.progress_check(moment.run, now=moment.now, links=ports.links)
        ports.code_host.write_check(moment.run.repo, report)
    return None


def verdicts(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The check run sortie/review for the head under review."""
    if moment.run.review_head:
        report = messages.verdict_check(moment.run, links=ports.links)
        ports.code_host.write_check(moment.run.repo, report)
    return None


def review(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One review of type COMMENT with the findings of one round, found again by its hidden marker."""
    then, head = moment.then, moment.intent.effect.get("head")
    if not then.pr or not any(v.findings for v in then.current_verdicts()):
        return None
    marker = messages.review_marker(then)
    if moment.intent.doubtful and ports.code_host.find_review(then.repo, then.pr.number, marker=marker):
        return None
    body, comments = messages.review(then, links=ports.links)
    try:
        ports.code_host.post_review(then.repo, then.pr.number, head_oid=head, body=body, comments=comments)
    except Rejected:
        # A line outside the diff makes the host refuse the whole review: the findings then stand in its body.
        body = messages.review_without_lines(then, links=ports.links)
        ports.code_host.post_review(then.repo, then.pr.number, head_oid=head, body=body, comments=())
    return None


def stopped_comment(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Says on the pull request that nothing more will happen to it."""
    run = moment.run
    if run.pr:
        marker, body = messages.ended_comment(run, links=ports.links)
        ports.code_host.upsert_comment(run.repo, run.pr.number, marker=marker, body=body)
    return None


HOST_EFFECTS: dict[str, EffectFunction] = {
    "host.inspect": inspect,
    "host.push": push,
    "host.open_pr": open_pr,
    "host.describe": describe,
    "host.checks": checks,
    "host.ready": ready,
    "host.reviewers": reviewers,
    "host.labels": labels,
    "host.progress": progress,
    "host.verdicts": verdicts,
    "host.review": review,
    "host.stopped_comment": stopped_comment,
}
WHILE_ALIVE = frozenset(
    {
        "host.inspect",
        "host.push",
        "host.open_pr",
        "host.describe",
        "host.ready",
        "host.reviewers",
        "host.review",
    }
)
"""Effects that a stopped, merged or closed run no longer wants."""

ESSENTIAL = frozenset({"host.inspect", "host.push", "host.open_pr", "host.ready"})
"""Effects without which a run cannot go on: their refusal is a fact about the run."""

CODES = {
    "host.inspect": "REPO-002",
    "host.push": "GIT-003",
    "host.open_pr": "GIT-005",
    "host.ready": "GIT-006",
}
