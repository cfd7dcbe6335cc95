"""Opening, editing and closing pull requests; drafts, reviewers, updates from the base branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.simulators.github.acts import codeowners, events, refs
from integrations.simulators.github.acts.merging import check_states, person, unmet
from integrations.simulators.github.errors import ApiError, custom, invalid, validation
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor, role_of
from integrations.simulators.github.model.state import AutoMerge, Head, Issue, Pull, Repo, Role, User

MAX_BODY = 65_536
MAX_TITLE = 256
_DOCS = "/pulls/pulls#create-a-pull-request"


@dataclass(frozen=True, slots=True)
class NewPull:
    """What a new pull request is made from; `head` may be `owner:branch`. `fork` is (full name, commit) of a fork's head."""

    title: str
    head: str
    base: str
    body: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = False
    fork: tuple[str, str] | None = None


def check_text(title: str | None, body: str | None, *, resource: str = "Issue") -> None:
    """Raises ApiError 422 for an empty or too long title or a too long body."""
    if title is not None and not title.strip():
        raise validation({"resource": resource, "code": "missing_field", "field": "title"})
    if title is not None and len(title) > MAX_TITLE:
        sentence = f"title is too long (maximum is {MAX_TITLE} characters)"
        raise validation(custom(resource, sentence, field="title"))
    if body is not None and len(body) > MAX_BODY:
        sentence = f"body is too long (maximum is {MAX_BODY} characters)"
        raise validation(custom(resource, sentence, field="body"))


def create(hub: Hub, repo: Repo, new: NewPull, *, actor: Actor) -> Issue:
    """Open a pull request. Raises ApiError 422 with GitHub's reasons."""
    world, git, sender = hub.world, hub.world.git(repo), actor.user
    assert sender is not None
    check_text(new.title, new.body)
    head_ref = _own_branch(hub, repo, new.head)
    base, head = git.branch(new.base), git.branch(head_ref) if head_ref else None
    if new.fork:
        head_ref, head = new.head, new.fork[1]
    if base is None:
        raise validation(invalid("PullRequest", "base"), docs=_DOCS)
    if head is None or head_ref is None:
        raise validation(invalid("PullRequest", "head"), docs=_DOCS)
    _refuse_duplicate(hub, repo, head_ref=head_ref, base_ref=new.base)
    if git.merge_base(base, head) in (head, None):
        sentence = f"No commits between {new.base} and {head_ref}"
        raise validation(custom("PullRequest", sentence), docs=_DOCS)
    now = world.now()
    issue = Issue(
        id=world.next_id(),
        number=repo.next_number,
        user_id=sender.id,
        title=new.title,
        body=new.body,
        created_at=now,
        updated_at=now,
        pull=Pull(
            head_ref=head_ref,
            head_sha=head,
            base_ref=new.base,
            base_sha=base,
            draft=new.draft,
            maintainer_can_modify=new.maintainer_can_modify,
            fork=new.fork[0] if new.fork else "",
            head_history=[Head(now, head, sender.id, 0)],
        ),
    )
    repo.issues[issue.number] = issue
    repo.next_number += 1
    git.update_ref(f"refs/pull/{issue.number}/head", head)
    events.pull_request(hub, repo, issue, action="opened", sender=sender)
    _owners_when_ready(hub, repo, issue, sender=sender)
    hub.head_moved(repo, issue, sender)
    return issue


def _own_branch(hub: Hub, repo: Repo, head: str) -> str | None:
    owner, colon, branch = head.partition(":")
    if not colon:
        return head
    return branch if owner.lower() == hub.world.users[repo.owner_id].login.lower() else None


def _refuse_duplicate(hub: Hub, repo: Repo, *, head_ref: str, base_ref: str) -> None:
    owner = hub.world.users[repo.owner_id].login
    for issue, pull in hub.world.pulls(repo):
        if issue.state == "open" and pull.head_ref == head_ref and pull.base_ref == base_ref:
            sentence = f"A pull request already exists for {owner}:{head_ref}."
            raise validation(custom("PullRequest", sentence), docs=_DOCS)


def _owners_when_ready(hub: Hub, repo: Repo, issue: Issue, *, sender: User) -> None:
    pull = issue.pull
    assert pull is not None
    if pull.draft:
        return
    for login in codeowners.owners(hub.world.git(repo), base=pull.base_sha, head=pull.head_sha):
        user = hub.world.find_user(login)
        if user is not None and user.id != issue.user_id and user.id not in pull.requested:
            _request(hub, repo, issue, user, sender=sender)


def edit(hub: Hub, repo: Repo, issue: Issue, *, changes: dict[str, str | None], sender: User) -> None:
    """Change title, body, base or state of a pull request."""
    pull = issue.pull
    assert pull is not None
    check_text(changes.get("title"), changes.get("body"))
    before = {"title": issue.title, "body": issue.body or ""}
    edited = {k: {"from": before[k]} for k in before if k in changes and (changes[k] or "") != before[k]}
    if changes.get("title") is not None:
        issue.title = str(changes["title"])
    if "body" in changes:
        issue.body = changes["body"]
    issue.updated_at = hub.world.now()
    base = changes.get("base")
    if base is not None and base != pull.base_ref:
        tip = hub.world.git(repo).branch(base)
        if tip is None:
            raise validation(invalid("PullRequest", "base"))
        pull.base_ref, pull.base_sha = base, tip
    if edited:
        events.pull_request(hub, repo, issue, action="edited", sender=sender, changes=edited)
    state = changes.get("state")
    if state == "closed" and issue.state == "open":
        refs.close(hub, repo, issue, sender=sender)
    elif state == "open" and issue.state == "closed":
        reopen(hub, repo, issue, sender=sender)


def reopen(hub: Hub, repo: Repo, issue: Issue, *, sender: User) -> None:
    """Reopen a closed pull request. Raises ApiError 422 when merged or its branch is gone."""
    pull = issue.pull
    assert pull is not None
    head = hub.world.git(repo).branch(pull.head_ref)
    if pull.merged_at is not None:
        raise validation(custom("PullRequest", "state cannot be changed. The pull request has been merged."))
    if head is None:
        sentence = f"state cannot be changed. The {pull.head_ref} branch has been deleted."
        raise validation(custom("PullRequest", sentence, field="state"))
    _refuse_duplicate(hub, repo, head_ref=pull.head_ref, base_ref=pull.base_ref)
    issue.state, issue.closed_at, issue.closed_by = "open", None, None
    moved = head != pull.head_sha
    pull.head_sha = head
    events.pull_request(hub, repo, issue, action="reopened", sender=sender)
    if moved:
        hub.head_moved(repo, issue, sender)


def set_draft(hub: Hub, repo: Repo, issue: Issue, *, draft: bool, sender: User) -> None:
    """Mark ready for review, or back to draft; nothing happens when it already is."""
    pull = issue.pull
    assert pull is not None
    if pull.draft == draft:
        return
    pull.draft, issue.updated_at = draft, hub.world.now()
    action = "converted_to_draft" if draft else "ready_for_review"
    events.pull_request(hub, repo, issue, action=action, sender=sender)
    _owners_when_ready(hub, repo, issue, sender=sender)


def request_reviewers(hub: Hub, repo: Repo, issue: Issue, *, logins: Sequence[str], sender: User) -> None:
    """Ask people for a review. Raises ApiError 422 for the author and for people without access."""
    pull = issue.pull
    assert pull is not None
    found = []
    for login in logins:
        user = hub.world.find_user(login)
        if user is not None and user.id == issue.user_id:
            raise ApiError(422, "Review cannot be requested from pull request author.")
        if user is None or user.type != "User" or role_of(hub.world, user, repo) < _least(repo):
            raise ApiError(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you"
                f" specified is not a collaborator of the {hub.world.full_name(repo)} repository.",
            )
        found.append(user)
    for user in found:
        if user.id not in pull.requested:
            _request(hub, repo, issue, user, sender=sender)


def _least(repo: Repo) -> Role:
    return Role.READ if repo.private else Role.TRIAGE


def _request(hub: Hub, repo: Repo, issue: Issue, user: User, *, sender: User) -> None:
    pull = issue.pull
    assert pull is not None
    pull.requested.append(user.id)
    extra = {"requested_reviewer": hub.user_json(user)}
    events.pull_request(hub, repo, issue, action="review_requested", sender=sender, **extra)


def unrequest_reviewers(hub: Hub, repo: Repo, issue: Issue, *, logins: Sequence[str], sender: User) -> None:
    """Withdraw requests for review."""
    pull = issue.pull
    assert pull is not None
    for login in logins:
        user = hub.world.find_user(login)
        if user is not None and user.id in pull.requested:
            pull.requested.remove(user.id)
            extra = {"requested_reviewer": hub.user_json(user)}
            events.pull_request(hub, repo, issue, action="review_request_removed", sender=sender, **extra)


def update_branch(hub: Hub, repo: Repo, issue: Issue, *, expected: str | None, sender: User) -> None:
    """Merge the base branch into the head. Raises ApiError 422 when there is nothing to do or it conflicts."""
    pull, git = issue.pull, hub.world.git(repo)
    assert pull is not None
    if expected is not None and expected != pull.head_sha:
        raise ApiError(422, "expected head sha didn't match current head ref.")
    base = git.branch(pull.base_ref) or pull.base_sha
    if git.is_ancestor(base, pull.head_sha):
        raise ApiError(422, "There are no new commits on the base branch.")
    tree = git.merge_tree(pull.head_sha, base)
    if tree is None:
        raise ApiError(422, "merge conflict between base and head")
    who = person(hub, sender)
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}\n"
    sha = git.commit_tree(tree, [pull.head_sha, base], message=message, author=who, committer=who)
    refs.set_ref(hub, repo, refs.Move(refs.HEADS + pull.head_ref, pull.head_sha, sha), sender=sender)


def enable_auto_merge(hub: Hub, repo: Repo, issue: Issue, *, auto: AutoMerge, sender: User) -> None:
    """Arm auto-merge. Raises ApiError 422 with the sentences of the GraphQL mutation."""
    pull = issue.pull
    assert pull is not None
    if not repo.allow_auto_merge:
        raise ApiError(422, "Pull request Auto merge is not allowed for this repository")
    if issue.state != "open":
        raise ApiError(422, "Pull request is closed")
    rule = repo.protections.get(pull.base_ref)
    if rule is None:
        raise ApiError(422, "Pull request Protected branch rules not configured for this branch")
    if not pull.draft and unmet(hub, repo, issue, rule) is None:
        states = check_states(repo, pull.head_sha).values()
        word = "clean" if all(s in ("success", "neutral", "skipped") for s in states) else "unstable"
        raise ApiError(422, f"Pull request Pull request is in {word} status")
    pull.auto_merge = auto
    events.pull_request(hub, repo, issue, action="auto_merge_enabled", sender=sender)
