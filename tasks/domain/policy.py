"""What the operator and the repository allow, and the decisions made from facts under it. Pure."""

import re
from dataclasses import dataclass, field, replace

from integrations.types.chat import UserKind
from integrations.types.code_host import Role
from tasks.domain.commands import SWITCH, SWITCH_IS
from tasks.domain.decisions import Accepted, FailureClass, QuestionAsked, Refused, RepoChosen
from tasks.domain.grants import (
    Land,
    Pushes,
    Rules,
    Tier,
    fewer_pushes,
    fewest,
    lower_tier,
    may_start,
    stricter_land,
    stricter_role,
)
from tasks.domain.request import ChatPlace, Deliver, HostPlace, RunRequest
from tasks.domain.results import RepoInspected
from tasks.domain.run import Run
from tasks.domain.verdict import LENSES

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}"
_OPTION = re.compile(rf"\[?\brepo=({_NAME})\]?")
_URL = re.compile(r"https?://[^\s/|>]+/([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?(?=[/\s|>?#]|$)")
_OTHERS = re.compile(
    r"(?<![\w./=-])\[?(?:sla=\d{1,5}(?:m|min|h)?|plan=(?:yes|first|no))\]?(?!\S)(?:\s+plan\s*\Z)?"
)
_GITHUB = re.compile(r"https?://(?:www\.)?github\.com/", re.IGNORECASE)
_IN = re.compile(rf"\b(?:in|on|repo|repository)\s+`?({_NAME})\b`?", re.IGNORECASE)
_BASE = re.compile(r"\[?\bbase=([A-Za-z0-9._/-]{1,200})\]?")


@dataclass(frozen=True, slots=True)
class Link:
    """An operator's statement that a chat account belongs to an account of the code host."""

    team: str
    user: str
    login: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a run's decisions depend on besides its own events. Names of repositories are "owner/name".

    `owner` is the chat user who is asked where the requester does not answer, in the channel at hand.
    """

    repos: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    channel_repo: dict[str, str] = field(default_factory=dict)
    user_repo: dict[str, str] = field(default_factory=dict)
    routing: tuple[tuple[str, str], ...] = ()
    lenses: tuple[str, ...] = LENSES
    start_role: Role = Role.write
    land: Land = Land.human
    tier: Tier = Tier.none
    pushes: Pushes = Pushes.author
    gate_rounds: int = 3
    ci_rounds: int = 2
    review_rounds: int = 2
    step_attempts: int = 3
    model_attempts: int = 10
    ci_grace_s: float = 60.0
    ci_wait_s: float = 7200.0
    remarks_wait_s: float = 60.0
    remind_s: float = 900.0
    hand_over_s: float = 3_600.0
    give_up_s: float = 86_400.0
    owner: str = ""

    def within(self, rules: Rules) -> "Policy":
        """The policy as one repository narrows it: nothing becomes more than the operator granted, and no lens is lost."""
        return replace(
            self,
            lenses=tuple(dict.fromkeys((*self.lenses, *rules.lenses))),
            start_role=stricter_role(self.start_role, rules.start_role),
            land=stricter_land(self.land, rules.land),
            tier=lower_tier(self.tier, rules.tier),
            pushes=fewer_pushes(self.pushes, rules.pushes),
            gate_rounds=fewest(self.gate_rounds, rules.gate_rounds),
            ci_rounds=fewest(self.ci_rounds, rules.ci_rounds),
            review_rounds=fewest(self.review_rounds, rules.review_rounds),
        )

    def attempts_for(self, failure: FailureClass) -> int:
        """How often a step may break in a row for this reason: a model that is overloaded is waited for longer."""
        return self.model_attempts if failure is FailureClass.model else self.step_attempts

    @property
    def written(self) -> dict[tuple[str, str], str]:
        """(workspace, user) of the chat → login, as the operator wrote it down; the first line about somebody counts."""
        return {(link.team, link.user): link.login for link in reversed(self.links)}

    def login_of(self, team: str, user: str) -> str | None:
        """The code-host login linked to a chat account, None when nobody linked it."""
        return next((link.login for link in self.links if (link.team, link.user) == (team, user)), None)


def named_repo(text: str, *, known: tuple[str, ...] = ()) -> str | None:
    """A repository the text names outright: `repo=owner/name`, a URL, or "in owner/name".

    Where the repositories we work on are `known`, a URL of another site that looks like one of a repository is none.
    """
    for pattern in (_OPTION, _URL, _IN):
        for found in pattern.finditer(text):
            name = found.group(1).rstrip(".")
            if pattern is not _URL or not known or _GITHUB.match(found.group(0)) or _among(name, known):
                return name
    return None


def _among(name: str, known: tuple[str, ...]) -> bool:
    return name.lower() in (repo.lower() for repo in known)


def named_base(text: str) -> str | None:
    """A base branch given as `base=…`."""
    found = _BASE.search(text)
    return found.group(1) if found else None


def strip_options(text: str) -> str:
    """The request without its options, on one line."""
    return " ".join(_OTHERS.sub(" ", _BASE.sub(" ", _OPTION.sub(" ", text))).split())


def choose_repo(run: Run, policy: Policy) -> RepoChosen | QuestionAsked | Refused:
    """Who asks and which repository: UX §5.4's fixed order, first hit wins. Where nothing decides, ask."""
    request = run.request
    if place := request.host:
        return RepoChosen(place.repo, "asked there", request.options.base, request.requester.name)
    linked = request.account
    login = linked.login if linked else policy.login_of(request.requester.account, request.requester.id)
    if login is None:
        return Refused("AUTH-001", "Connect your GitHub account to start this.")
    hit = _first_hit(run, policy) or _sure_guess(run)
    if hit is None:
        return _which_repo(run, policy)
    repo, reason = hit
    known = {name.lower(): name for name in policy.repos}
    if policy.repos and repo.lower() not in known:
        return Refused("REPO-002", _no_access(repo, reason))
    return RepoChosen(known.get(repo.lower(), repo), reason, request.options.base, login)


def _first_hit(run: Run, policy: Policy) -> tuple[str, str] | None:
    """The repository and why it is that one; None where nothing decides, or two rules do."""
    return (run.repo_answer, "you picked it") if run.repo_answer else hit_of(run.request, policy)


def may_be_guessed(run: Run, policy: Policy) -> bool:
    """Whether reading the request may tell what no rule decides: once, for somebody who is linked, and not between two rules."""
    request = run.request
    by = request.requester
    linked = request.account is not None or policy.login_of(by.account, by.id) is not None
    undecided = request.host is None and len(policy.repos) > 1 and _first_hit(run, policy) is None
    return linked and undecided and run.repo_guess is None and not routed(words_of(request), policy)


SURE, AHEAD = 0.85, 0.25
"""A guess is taken where it is this likely, and so far ahead of the second."""


def _sure_guess(run: Run) -> tuple[str, str] | None:
    likely = run.repo_guess.likely if run.repo_guess else ()
    if not likely:
        return None
    (repo, first), second = likely[0], likely[1][1] if len(likely) > 1 else 0.0
    return (repo, "guessed from the request") if first >= SURE and first - second >= AHEAD else None


def hit_of(request: RunRequest, policy: Policy) -> tuple[str, str] | None:
    """The same for a request that nobody has been asked about."""
    if request.options.repo:
        return request.options.repo, "you named it"
    if request.hints.thread:
        return request.hints.thread, "the run before it in this thread"
    hits = routed(words_of(request), policy)
    if len(hits) > 1:
        return None
    if hits:
        return hits[0], "routing rule"
    if repo := request.hints.channel or policy.channel_repo.get(_channel(request)):
        return repo, "channel default"
    if repo := policy.user_repo.get(request.requester.id):
        return repo, "your default"
    if len(policy.repos) == 1:
        return policy.repos[0], "the only repository"
    return None


def words_of(request: RunRequest) -> str:
    """The request with the message that it is about."""
    return f"{request.text}\n{request.quoted.text}" if request.quoted else request.text


def _channel(request: RunRequest) -> str:
    """The channel it was asked in, "" where it was not."""
    place = request.place
    if isinstance(place, HostPlace):
        return ""
    return place.thread.channel if isinstance(place, ChatPlace) else place.channel


def routed(text: str, policy: Policy) -> tuple[str, ...]:
    """The distinct repositories whose routing keyword stands in the text as a whole word."""
    hits = [
        repo
        for word, repo in policy.routing
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)
    ]
    return tuple(dict.fromkeys(hits))


def _which_repo(run: Run, policy: Policy) -> QuestionAsked | Refused:
    matched = routed(words_of(run.request), policy)
    guessed = tuple(repo for repo, _ in run.repo_guess.likely) if run.repo_guess else ()
    ranked = tuple(dict.fromkeys((*guessed, *policy.repos)))
    candidates = matched or ranked
    if not candidates:
        return Refused("REPO-001", "I know no repository yet, so there is nothing to work on.")
    why = "Two routing rules match." if matched else "Nothing in the request decides it."
    if guessed and not matched:
        why = "Nothing in the request decides it for sure; the likeliest come first."
    return QuestionAsked(run.questions_asked + 1, "repo", "Which repo is this?", candidates, why)


def authorise(run: Run, policy: Policy) -> Accepted | Refused:
    """Whether work may start: the repository is there and the requester may write to it right now, and is who may start."""
    seen = run.inspection
    if seen is None or not seen.found:
        return Refused("REPO-002", _no_access(run.repo, run.repo_reason))
    if seen.person is not UserKind.member:
        return Refused("REQ-002", _NO_MEMBER.get(seen.person, _NO_GUEST))
    if not same_account(run, seen.user_id):
        return Refused("AUTH-005", "GitHub does not know this account under that name any more.")
    if seen.archived:
        return Refused("REPO-003", f"{_named(seen)} is archived: GitHub accepts no change to it.")
    if seen.role is Role.none and seen.private:
        return Refused("AUTH-002", "That repository cannot be read with your GitHub account.")
    if refused := not_allowed(seen, policy, run.rules, deliver=run.deliver):
        return refused
    if run.asked_verb == SWITCH:
        return Refused("REQ-005", SWITCH_IS)
    if seen.pull and not seen.pull.open and run.deliver is not Deliver.answer:
        return Refused("REQ-003", "That pull request is closed.")
    if not seen.base_oid or (run.on_people_pull and not seen.pull):
        return Refused("REPO-004", seen.problem or f"There is no branch {run.asked_base} in {seen.repo}.")
    deliver = delivery(run, policy.pushes)
    if deliver is not Deliver.existing_pr and run.asked_verb == "fix conflicts":
        return Refused(
            "REQ-004", "Conflicts are resolved on the branch itself, and I may not push to this one."
        )
    return Accepted(deliver, policy.pushes)


def _no_access(repo: str, reason: str) -> str:
    """Names only what the person named."""
    named = repo if reason in ("you named it", "you picked it", "asked there") else "that repository"
    return f"The app has no access to {named}."


def _named(seen: RepoInspected) -> str:
    return seen.repo if seen.role.covers(Role.read) else "That repository"


_NO_GUEST = "Guests and people from other workspaces can read along here, but not start a run."
_NO_MEMBER = {
    UserKind.program: "A program cannot start a run.",
    UserKind.deactivated: "That Slack account is deactivated.",
    UserKind.unknown: "Slack does not know that account.",
}


def same_account(run: Run, user_id: int) -> bool:
    """An account is its id: a login may have changed hands. Where the operator wrote down a login, there is only that."""
    if run.request.host:
        return str(user_id) == run.request.requester.id
    linked = run.request.account
    return linked is None or linked.id in (0, user_id)


def delivery(run: Run, pushes: Pushes) -> Deliver:
    """What a change asked for on a person's pull request ends in: a push to its branch where that is allowed, never to a fork."""
    seen = run.inspection
    if seen is None or seen.pull is None or not run.changes:
        return run.deliver
    if not seen.pull.ours:
        return Deliver.suggestions
    theirs = str(seen.pull.author_id) == run.request.requester.id
    allowed = pushes is Pushes.anyone or (pushes is Pushes.author and theirs)
    own_branch = seen.pull.head_ref not in (seen.default_branch, seen.base_ref)
    return Deliver.existing_pr if allowed and own_branch else Deliver.new_pr


def needed_to_read(deliver: Deliver) -> Role:
    """The role without which nothing is fetched for this."""
    return Role.read if deliver is Deliver.answer else Role.write


def not_allowed(
    seen: RepoInspected, policy: Policy, rules: Rules, *, deliver: Deliver = Deliver.new_pr
) -> Refused | None:
    """The refusal for somebody who may not start here; asked again once the repository's own rules are known."""
    if deliver is Deliver.answer:
        return _may_not_ask(seen)
    least_role = policy.within(rules).start_role
    if not may_start(seen.role, seen.login, least_role=least_role, logins=()):
        return Refused(
            "AUTH-003", f"GitHub says you have {seen.role} on this repo. Starting needs {least_role}."
        )
    if not may_start(seen.role, seen.login, least_role=least_role, logins=rules.start_logins):
        return Refused("AUTH-003", "This repo names who may start work here, and you are not among them.")
    return None


def _may_not_ask(seen: RepoInspected) -> Refused | None:
    """GitHub says "read" of everybody where a repository is public: there only a role that somebody gave counts."""
    needed = Role.read if seen.private else Role.triage
    if seen.role.covers(needed):
        return None
    return Refused(
        "AUTH-003", f"GitHub says you have {seen.role} on this repo. An explanation needs {needed}."
    )
