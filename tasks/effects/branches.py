"""The branch of a run on the code host: what it starts from, the push of exactly the gated commit, and who may still ask for it."""

from integrations.errors import Conflict, Denied, NotFound, Rejected
from integrations.types.chat import UserKind
from integrations.types.code_host import PullRequest
from tasks.domain.events import Event
from tasks.domain.facts import HeadMoved
from tasks.domain.policy import needed_to_read, same_account
from tasks.domain.remarks import is_account
from tasks.domain.request import Deliver
from tasks.domain.results import BranchPushed, PullSeen, RepoInspected
from tasks.domain.run import Run
from tasks.effects.people import chat_kind
from tasks.effects.ports import Moment, OutsidePorts
from tasks.workspace.names import branch_name

OUR_TOKEN_REFUSED = "OUT-012"
"""Our own credential is expired or wrong: that is no statement about the repository."""


def inspect(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Asks for the repository and the requester's role, and mirrors the base the run will work on."""
    run, repo = moment.run, moment.intent.effect.get("repo")
    try:
        facts = ports.code_host.repo_facts(repo, login=run.login)
    except Rejected as refused:
        if refused.code == OUR_TOKEN_REFUSED:
            raise
        return RepoInspected(repo, found=False, problem=refused.message)
    person = chat_kind(ports.chat, run, run.request.requester.id) if run.request.chat else UserKind.member
    asked = _pull_of(run, ports)
    ref = asked.base_ref if asked else run.asked_base or facts.default_branch
    oid, problem, pull = "", "", None
    may_read = person is UserKind.member and facts.role.covers(needed_to_read(run.deliver))
    if may_read and not facts.archived:
        try:
            remote = ports.code_host.git_remote(repo)
            oid = ports.workspaces.sync_mirror(repo, remote, ref=ref).oid
            pull = _seen(run, asked, base=(ref, oid), ports=ports) if asked else None
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
        pull=pull,
        person=person,
    )


def _pull_of(run: Run, ports: OutsidePorts) -> PullRequest | None:
    """The person's pull request that this run was asked for on."""
    place = run.request.host
    return ports.code_host.pull_request(run.repo, place.number) if place and place.on_pull else None


def _seen(run: Run, pull: PullRequest, *, base: tuple[str, str], ports: OutsidePorts) -> PullSeen:
    """Its head, fetched, and where that leaves the base branch."""
    remote = ports.code_host.git_remote(run.repo)
    ports.workspaces.sync_pull(run.repo, remote, number=pull.number, oid=pull.head_oid)
    return PullSeen(
        pull.number,
        pull.url,
        pull.state == "open",
        pull.head_oid,
        pull.head_ref,
        pull.head_repo.lower() == run.repo.lower(),
        pull.author_id,
        ports.workspaces.merge_base(run.repo, pull.head_oid, *base),
    )


def push(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Pushes exactly the commit that was gated, under the expected old id, if the requester may still write."""
    run, effect = moment.run, moment.intent.effect
    if run.deliver not in (Deliver.new_pr, Deliver.existing_pr):
        raise Denied("This run pushes nothing.", code="GIT-003")
    still_allowed(run, ports)
    branch, oid, expected = branch_of(moment), effect.get("oid"), effect.get("expected") or None
    remote = ports.code_host.git_remote(run.repo)
    if moment.intent.doubtful and ports.workspaces.remote_head(run.repo, branch, remote) == oid:
        return BranchPushed(branch, oid)
    theirs = run.deliver is Deliver.existing_pr
    if theirs:
        _still_theirs(run, ports)
    moment.insist()
    move = ports.workspaces.push_to_theirs if theirs else ports.workspaces.push
    try:
        if onto := effect.get("onto"):
            _rewrite(moment, ports, onto)
        else:
            move(run.repo, oid=oid, branch=branch, expected_old=expected, remote=remote)
    except Conflict as moved:
        found = ports.workspaces.remote_head(run.repo, branch, remote)
        if found != oid:
            if run.pushed_oid and found and found not in run.known_heads:
                return HeadMoved(found)
            raise Conflict(moved.message, code="GIT-004") from moved
    return BranchPushed(branch, oid)


def _rewrite(moment: Moment, ports: OutsidePorts, onto: str) -> None:
    """Only for the rebase under way, and never over somebody else's commits, whatever the effect says."""
    run, effect = moment.run, moment.intent.effect
    if run.round is None or run.round.onto != onto or run.adopted or run.foreign or run.is_theirs:
        raise Denied("Nobody asked for a rebase of this branch.", code="GIT-003")
    ports.workspaces.rewrite(
        run.repo,
        oid=effect.get("oid"),
        onto=onto,
        branch=branch_of(moment),
        expected_old=effect.get("expected"),
        remote=ports.code_host.git_remote(run.repo),
    )


def _still_theirs(run: Run, ports: OutsidePorts) -> None:
    """The branch is that of an open pull request of this very repository still. Raises Conflict."""
    pull = ports.code_host.pull_request(run.repo, run.pr.number) if run.pr else None
    same = pull and pull.head_ref == run.branch and pull.head_repo.lower() == run.repo.lower()
    if not (pull and same and pull.state == "open"):
        raise Conflict("The pull request is closed, or it is on another branch now.", code="GIT-014")


def pushed_after_all(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Whether a push that nobody wants any more happened nevertheless; never pushes."""
    run, branch, oid = moment.run, branch_of(moment), moment.intent.effect.get("oid")
    found = ports.workspaces.remote_head(run.repo, branch, ports.code_host.git_remote(run.repo))
    return BranchPushed(branch, oid) if found == oid else None


def branch_of(moment: Moment) -> str:
    return moment.run.branch or branch_name(moment.run.id, moment.then.title)


def still_allowed(run: Run, ports: OutsidePorts) -> None:
    """Whoever this work is for may still write: the requester, or one of the people who asked for it in a round or by a button."""
    asked = run.asked_for_work
    held = [(by, ports.code_host.held(run.repo, login=by.name)) for by in asked]
    if any(now.role.may_write and is_account(by, now.user_id) for by, now in held):
        return
    if held:
        names = ", ".join(by.name for by in asked)
        raise Denied(f"{names} may no longer write to {run.repo}.", code="AUTH-003")
    facts = ports.code_host.repo_facts(run.repo, login=run.login)
    if not (facts.role.may_write and same_account(run, facts.user_id)):
        raise Denied(f"{run.login} may no longer write to {run.repo}.", code="AUTH-003")
