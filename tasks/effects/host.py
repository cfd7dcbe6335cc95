"""Writes to (and inspections of) the code host: push, pull request, checks, review. Never merges, never approves."""

from integrations.errors import Conflict, Denied, IntegrationError, NotFound, Rejected, Retryable
from integrations.types.code_host import ChecksSnapshot, PullRequest
from tasks.domain.decisions import Noted
from tasks.domain.events import Event
from tasks.domain.facts import HeadMoved
from tasks.domain.results import BranchPushed, ChecksSeen, MadeReady, PullRequestOpened, RepoInspected
from tasks.domain.rounds import waits_for_merge
from tasks.domain.run import DESCRIPTION_EDITED, ENDED, Run, RunState
from tasks.domain.verdict import Outcome
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.effects.talk import TALK_EFFECTS, sticky
from tasks.messages import code_host as messages
from tasks.workspace.names import branch_name

OUR_TOKEN_REFUSED = "OUT-012"
"""Our own credential is expired or wrong: that is no statement about the repository."""

_EDITED = "A person edited the pull request's description, so I write it no more."

LOG_TRIES = 4
"""How often the whole snapshot is tried again for the sake of a log."""

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
    branch, oid, expected = _branch(moment), effect.get("oid"), effect.get("expected") or None
    remote = ports.code_host.git_remote(run.repo)
    if moment.intent.doubtful and ports.workspaces.remote_head(run.repo, branch, remote) == oid:
        return BranchPushed(branch, oid)
    moment.insist()
    try:
        ports.workspaces.push(run.repo, oid=oid, branch=branch, expected_old=expected, remote=remote)
    except Conflict as moved:
        found = ports.workspaces.remote_head(run.repo, branch, remote)
        if found != oid:
            if run.pushed_oid and found and found not in run.known_heads:
                return HeadMoved(found)
            raise Conflict(moved.message, code="GIT-004") from moved
    return BranchPushed(branch, oid)


def _branch(moment: Moment) -> str:
    return moment.run.branch or branch_name(moment.run.id, moment.then.title)


def pushed_after_all(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Whether a push that nobody wants any more happened nevertheless; never pushes."""
    run, branch, oid = moment.run, _branch(moment), moment.intent.effect.get("oid")
    found = ports.workspaces.remote_head(run.repo, branch, ports.code_host.git_remote(run.repo))
    return BranchPushed(branch, oid) if found == oid else None


def opened_after_all(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Whether a pull request that nobody wants any more was opened nevertheless; never opens one."""
    found = ports.code_host.find_pull_request(moment.run.repo, head_ref=_branch(moment))
    if found is None or found.state != "open":
        return None
    return PullRequestOpened(found.number, found.url, moment.intent.effect.get("head"))


def _still_allowed(run: Run, ports: OutsidePorts) -> None:
    """Whoever this work is for may still write: the requester, or in a round one of the people who asked for it."""
    asked = dict.fromkeys(h.remark.by for h in run.at_work_for if not h.remark.by_program)
    held = [(by, ports.code_host.held(run.repo, login=by.name)) for by in asked]
    if any(now.role.may_write and str(now.user_id) == by.id for by, now in held):
        return
    if held:
        names = ", ".join(by.name for by in asked)
        raise Denied(f"{names} may no longer write to {run.repo}.", code="AUTH-003")
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


def checks(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Lists all checks of the head, with the logs of the red ones once everything is done."""
    run = moment.run
    if not run.head_oid:
        return None
    return seen(run, ports.code_host.checks(run.repo, run.head_oid), ports, patient=_patient(moment))


def _patient(moment: Moment) -> bool:
    return moment.intent.attempts < LOG_TRIES


def seen(run: Run, snapshot: ChecksSnapshot, ports: OutsidePorts, *, patient: bool) -> ChecksSeen:
    """A snapshot as a fact; logs are fetched only for red checks of a settled head.

    A log that is refused or gone is left out, and so is one that cannot be had now where there is no patience left: what
    CI said is known without it, and a run must not wait for it for ever. Raises Retryable, Unknown while patient.
    """
    red = [c for c in snapshot.checks if c.conclusion.is_red] if snapshot.settled else []
    logs = []
    for check in red:
        try:
            logs.append((check.name, ports.code_host.check_log(run.repo, check)[-LOG_TAIL:]))
        except IntegrationError as missing:
            if patient and not isinstance(missing, Rejected):
                raise
    return ChecksSeen(snapshot.head_oid, snapshot.checks, snapshot.settled, tuple(logs))


def ready(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Takes the pull request out of draft, only while its head is still the one that was reviewed, and CI is not red."""
    run = moment.run
    passed = run.state is RunState.reviewing and run.review_outcome == Outcome.passed
    if run.pr is None or not passed or run.review_head != moment.then.review_head:
        return None
    if run.ci_is_red:
        raise Retryable("CI turned red after the review.", code="GIT-006")
    current = ports.code_host.pull_request(run.repo, run.pr.number)
    if current.head_oid != run.review_head:
        if current.head_oid in run.known_heads:
            raise Retryable("GitHub shows an older head of ours.", code="GIT-006")
        return HeadMoved(current.head_oid)
    if current.draft:
        moment.insist()
        ports.code_host.mark_ready(run.repo, run.pr.number)
    return MadeReady(run.pr.number)


def reviewers(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks the requester for review, or again those whose review was answered; the host itself adds the code owners."""
    run = moment.run
    asked = tuple(filter(None, moment.intent.effect.get("logins").split(","))) or (run.login,)
    if run.pr and all(asked):
        ports.code_host.request_reviewers(run.repo, run.pr.number, logins=asked)
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
    "host.stopped_comment": sticky,
    **TALK_EFFECTS,
}
OVER = (RunState.cancelled, RunState.merged, RunState.closed)

WHILE_ALIVE = frozenset(
    {
        "host.inspect",
        "host.push",
        "host.open_pr",
        "host.describe",
        "host.ready",
        "host.reviewers",
        "host.review",
        "host.adopt",
        "host.merge",
    }
)
"""Effects that a stopped, merged or closed run no longer wants."""

ESSENTIAL = frozenset({"host.inspect", "host.push", "host.open_pr", "host.ready", "host.adopt", "host.merge"})
"""Effects without which a run cannot go on: their refusal is a fact about the run."""


WITHHELD = frozenset({"host.push"})
"""What a hold, or somebody else's commits, keep back."""


def wanted(kind: str, then: Run, run: Run) -> bool:
    """Whether the run as it stands still wants an effect that followed from it as it stood `then`."""
    if kind in WITHHELD and (run.held_by or run.foreign):
        return False
    if kind == "host.adopt" and run.state is not RunState.provisioning:
        return False
    if kind == "host.merge" and not (run.state is RunState.revising and waits_for_merge(run)):
        return False
    if kind in WHILE_ALIVE and (run.state in OVER or then.attempt != run.attempt):
        return False
    return not (kind in ESSENTIAL and run.state in ENDED)


AFTER_ALL: dict[str, EffectFunction] = {"host.push": pushed_after_all, "host.open_pr": opened_after_all}
"""What is unwanted now but may have happened: how to find out, so that what is left behind is told truly."""

CODES = {
    "host.inspect": "REPO-002",
    "host.push": "GIT-003",
    "host.open_pr": "GIT-005",
    "host.ready": "GIT-006",
    "host.adopt": "GIT-014",
    "host.merge": "GIT-002",
}
