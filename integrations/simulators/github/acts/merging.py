"""Whether a pull request can be merged, and merging it."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.simulators.github.acts import refs
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor
from integrations.simulators.github.model.git import GitError, Person
from integrations.simulators.github.model.state import Issue, Protection, Pull, Repo, Role, User
from integrations.simulators.github.views.base import JSON
from integrations.simulators.github.views.checks import latest_statuses

_DOCS = "/pulls/pulls#merge-a-pull-request"
_PASSING = ("success", "neutral", "skipped")


@dataclass(frozen=True, slots=True)
class MergeOrder:
    """How to merge: method merge, squash or rebase; title and message of the commit; the expected head."""

    method: str = "merge"
    title: str | None = None
    message: str | None = None
    sha: str | None = None


def mergeability(hub: Hub, repo: Repo, issue: Issue) -> tuple[bool | None, str]:
    """(mergeable, mergeable_state). The first question for a head and base is answered (None, "unknown")."""
    pull = issue.pull
    assert pull is not None
    if issue.state != "open":
        return None if pull.merged_at else known(pull), "unknown"
    base = hub.world.git(repo).branch(pull.base_ref) or pull.base_sha
    key = (pull.head_sha, base)
    if pull.merge_asked != key:
        pull.merge_asked = key
        return None, "unknown"
    clean = _compute(hub, repo, pull, base)
    return clean, _state(hub, repo, issue, clean=clean, base=base)


def known(pull: Pull) -> bool | None:
    """What was last computed about a merge, if anything."""
    return pull.merge_known[2] if pull.merge_known else None


def _compute(hub: Hub, repo: Repo, pull: Pull, base: str) -> bool:
    if pull.merge_known is None or pull.merge_known[:2] != (pull.head_sha, base):
        clean = hub.world.git(repo).merge_tree(base, pull.head_sha) is not None
        pull.merge_known = (pull.head_sha, base, clean)
    return pull.merge_known[2]


def _state(hub: Hub, repo: Repo, issue: Issue, *, clean: bool, base: str) -> str:
    pull = issue.pull
    assert pull is not None
    if not clean:
        return "dirty"
    if pull.draft:
        return "draft"
    rule = repo.protections.get(pull.base_ref)
    if rule is not None:
        behind = not hub.world.git(repo).is_ancestor(base, pull.head_sha)
        if rule.strict and rule.required_checks and behind:
            return "behind"
        if unmet(hub, repo, issue, rule):
            return "blocked"
    return "clean" if all(v in _PASSING for v in check_states(repo, pull.head_sha).values()) else "unstable"


def check_states(repo: Repo, sha: str) -> dict[str, str]:
    """Newest state of every context on a commit: a conclusion or state, or "pending"."""
    found = {s.context: s.state for s in latest_statuses(repo, sha)}
    for run in sorted(repo.check_runs.values(), key=lambda r: r.id):
        if run.head_sha == sha:
            found[run.name] = run.conclusion or "pending"
    return found


def approvals(hub: Hub, repo: Repo, pull: Pull) -> tuple[set[int], set[int]]:
    """People with write access whose last word is an approval, and those who request changes."""
    last: dict[int, str] = {}
    for review in pull.reviews:
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[review.user_id] = review.state
    yes = {u for u, s in last.items() if s == "APPROVED" and _writes(hub, repo, u)}
    no = {u for u, s in last.items() if s == "CHANGES_REQUESTED" and _writes(hub, repo, u)}
    return yes, no


def _writes(hub: Hub, repo: Repo, user_id: int) -> bool:
    owner = hub.world.users[repo.owner_id]
    return (
        user_id == repo.owner_id
        or user_id in owner.members
        or repo.collaborators.get(user_id, Role.NONE) >= Role.WRITE
    )


def unmet(hub: Hub, repo: Repo, issue: Issue, rule: Protection) -> str | None:
    """The first protection rule that is not met yet, in GitHub's words."""
    pull = issue.pull
    assert pull is not None
    states = check_states(repo, pull.head_sha)
    for name in rule.required_checks:
        state = states.get(name)
        if state is None:
            return f'Required status check "{name}" is expected.'
        if state not in _PASSING:
            word = "in progress" if state == "pending" else "failing"
            return f'Required status check "{name}" is {word}.'
    yes, no = approvals(hub, repo, pull)
    if no and rule.required_approvals:
        return "Changes have been requested."
    if len(yes) < rule.required_approvals:
        many = "review is" if rule.required_approvals == 1 else "reviews are"
        return f"At least {rule.required_approvals} approving {many} required by reviewers with write access."
    return None


def merge(hub: Hub, repo: Repo, issue: Issue, *, order: MergeOrder, actor: Actor) -> JSON:
    """Merge now. Raises ApiError 405 (not mergeable, rules), 409 (head moved)."""
    pull, sender = issue.pull, actor.user
    assert pull is not None and sender is not None
    git = hub.world.git(repo)
    if issue.state != "open":
        raise ApiError(405, "Pull Request is not mergeable", docs=_DOCS)
    if order.sha is not None and order.sha != pull.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.", docs=_DOCS)
    if pull.draft:
        raise ApiError(405, "Pull Request is still a draft", docs=_DOCS)
    base = git.branch(pull.base_ref)
    if base is None or not _compute(hub, repo, pull, base):
        raise ApiError(405, "Pull Request is not mergeable", docs=_DOCS)
    _check_rules(hub, repo, issue, base=base)
    sha = _merged_commit(hub, repo, issue, order=order, sender=sender)
    move = refs.Move(refs.HEADS + pull.base_ref, base, sha)
    try:
        git.update_ref(move.ref, sha, old=base)
    except GitError:
        raise ApiError(405, "Base branch was modified. Review and try the merge again.", docs=_DOCS) from None
    refs.mark_merged(hub, repo, issue, sha=sha, sender=sender)
    refs.moved(hub, repo, [move], sender=sender)
    if repo.delete_branch_on_merge:
        head = refs.Move(refs.HEADS + pull.head_ref, pull.head_sha, None)
        refs.set_ref(hub, repo, head, sender=sender)
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def _check_rules(hub: Hub, repo: Repo, issue: Issue, *, base: str) -> None:
    pull = issue.pull
    assert pull is not None
    rule = repo.protections.get(pull.base_ref)
    if rule is None:
        return
    reason = unmet(hub, repo, issue, rule)
    if reason is None and rule.strict and not hub.world.git(repo).is_ancestor(base, pull.head_sha):
        reason = "Head branch is out of date. Review and try the merge again."
    if reason is not None:
        raise ApiError(405, reason, docs="/articles/about-protected-branches")


def person(hub: Hub, user: User) -> Person:
    """A user as the author of a commit."""
    email = user.email or f"{user.id}+{user.login}@users.noreply.github.com"
    return Person(user.name or user.login, email, hub.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"))


WEB_FLOW = ("GitHub", "noreply@github.com")


def _merged_commit(hub: Hub, repo: Repo, issue: Issue, *, order: MergeOrder, sender: User) -> str:
    pull, git = issue.pull, hub.world.git(repo)
    assert pull is not None
    base = git.branch(pull.base_ref) or pull.base_sha
    author = person(hub, sender)
    committer = Person(*WEB_FLOW, author.date)
    if order.method == "rebase":
        tip = git.rebase(base, pull.head_sha, committer=committer)
        if tip is None:
            raise ApiError(405, "This branch can't be rebased", docs=_DOCS)
        return tip
    tree = git.merge_tree(base, pull.head_sha)
    assert tree is not None
    owner = hub.world.users[repo.owner_id].login
    if order.method == "squash":
        author = person(hub, hub.world.users[issue.user_id])
        title, message, parents = f"{issue.title} (#{issue.number})", issue.body or "", [base]
    else:
        title = f"Merge pull request #{issue.number} from {owner}/{pull.head_ref}"
        message, parents = issue.title, [base, pull.head_sha]
    title = order.title or title
    text = f"{title}\n\n{message if order.message is None else order.message}".rstrip() + "\n"
    return git.commit_tree(tree, parents, message=text, author=author, committer=committer)


def auto_merge(hub: Hub, repo: Repo, sha: str) -> None:
    """Merge the pull requests on this head whose auto-merge was only waiting for this moment."""
    for issue, pull in hub.world.open_pulls(repo, head_sha=sha):
        auto, rule = pull.auto_merge, repo.protections.get(pull.base_ref)
        if auto is None or pull.draft or (rule is not None and unmet(hub, repo, issue, rule)):
            continue
        who = hub.world.users[auto.enabled_by]
        order = MergeOrder(method=auto.method, title=auto.title, message=auto.message)
        try:
            merge(hub, repo, issue, order=order, actor=Actor(key="auto-merge", via="person", user=who))
        except ApiError:
            continue
