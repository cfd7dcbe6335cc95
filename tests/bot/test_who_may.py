"""SECURITY D1: every actor with every command, from GitHub's own payload to what becomes of the run. §5.3 says what may be."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.inbound import HostSpeech
from bot.routed import Fact, Ignored, Known, NewRun
from bot.routes.github import arrival
from bot.routing import route
from integrations.github.webhook import parse_event
from integrations.types.code_host import Role
from tasks.domain.commands import CommandSpec, Where, typed_in
from tasks.domain.effects import effects_of
from tasks.domain.facts import Remarked
from tasks.domain.remarks import Standing
from tasks.domain.results import PermissionSeen
from tasks.domain.run import Run, RunState
from tasks.settings import GitHubSettings
from tests.support.histories import TO_READY, Story
from tests.support.requests import NOON

Json = dict[str, Any]
WRITES = frozenset(
    {
        "request",
        "review",
        "fix findings",
        "fix ci",
        "fix conflicts",
        "rebase",
        "retry",
        "hold",
        "unhold",
        "waive",
    }
)
READS = frozenset({"status", "help"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who comments. `role` is what GitHub answers when it is asked, `association` what the payload claims.

    `holder` is the account that has the login now. `may` are the commands that count.
    """

    name: str
    role: Role
    may: frozenset[str]
    kind: str = "User"
    association: str = "NONE"
    holder: int = 9
    login: str = "ben"


ASKED = (
    Actor("a stranger", Role.none, frozenset()),
    Actor("a contributor", Role.read, READS, association="CONTRIBUTOR"),
    Actor("read", Role.read, READS, association="MEMBER"),
    Actor("triage", Role.triage, READS | {"stop"}, association="COLLABORATOR"),
    Actor("write", Role.write, READS | WRITES | {"stop"}, association="COLLABORATOR"),
    Actor("maintain", Role.maintain, READS | WRITES | {"stop"}, association="COLLABORATOR"),
    Actor("admin", Role.admin, READS | WRITES | {"stop"}, association="OWNER"),
    Actor("a member in private", Role.write, READS | WRITES | {"stop"}, association="CONTRIBUTOR"),
    Actor("a collaborator until yesterday", Role.none, frozenset(), association="COLLABORATOR"),
    Actor("an owner by the payload alone", Role.none, frozenset(), association="OWNER"),
    Actor("the new holder of an old login", Role.admin, frozenset(), association="OWNER", holder=10),
    Actor("a person called like a bot", Role.read, READS, login="sortie-bot"),
)
PROGRAMS = (
    Actor("another bot", Role.admin, frozenset(), kind="Bot", login="renovate[bot]"),
    Actor("our own bot, who opened it", Role.admin, frozenset(), kind="Bot", login="sortie[bot]"),
)
SPECS = tuple(spec for spec in typed_in(Where.pull) if spec.verb != "explain")
"""An explanation is a run of its own: tests/tasks/domain/test_born.py says who may have one."""


def written(spec: CommandSpec, example: str | None = None) -> str:
    return f"@sortie {example or spec.examples[0]}"


def payload(actor: Actor, body: str, *, action: str = "created", number: int = 812) -> Json:
    """An issue_comment as https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment describes it."""
    user = {"login": actor.login, "id": 9, "type": actor.kind}
    return {
        "action": action,
        "issue": {
            "number": number,
            "title": "Return 422",
            "pull_request": {},
            "user": {"login": "sortie[bot]", "type": "Bot"},
        },
        "comment": {"id": 50, "body": body, "user": user, "author_association": actor.association},
        "repository": {"full_name": "acme/api"},
        "sender": user,
    }


def kept(comment: Json, run: Run, *, by_app: bool = False) -> Remarked | None:
    """What is stored of a comment for this run; None when it is nothing to it, be it the beginning of another."""
    if by_app:
        comment["comment"]["performed_via_github_app"] = {"id": 1, "slug": "other"}
    heard = arrival(parse_event("issue_comment", "d-1", comment), b"raw", GitHubSettings())
    if isinstance(heard, str):
        return None
    assert isinstance(heard, HostSpeech)
    routed = route(heard, Known((run,), False, NOON + timedelta(seconds=5), 1800))
    if isinstance(routed, Ignored | NewRun):
        return None
    assert isinstance(routed, Fact) and isinstance(routed.event, Remarked)
    return routed.event


@pytest.mark.parametrize("actor", ASKED, ids=lambda actor: actor.name)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.verb)
def test_github_is_asked_who_somebody_is_and_its_answer_decides(actor: Actor, spec: CommandSpec) -> None:
    story = Story(*TO_READY)
    remarked = kept(payload(actor, written(spec)), story.run)
    assert remarked is not None and remarked.remark.verb == spec.verb
    before = story.run
    story.tell(remarked)
    assert [e.kind for e in effects_of(before, remarked, story.run)] == ["host.permission"]
    answer = PermissionSeen(remarked.remark.key, actor.login, actor.holder, actor.role, True)
    before, run = story.run, story.tell(answer)
    heard = run.heard("comment:50")
    assert heard is not None
    assert (heard.standing is not Standing.refused) is (spec.verb in actor.may), heard
    reactions = [e.get("content") for e in effects_of(before, answer, run) if e.kind == "host.react"]
    if spec.verb not in actor.may:
        assert reactions == ["-1"] and run.state is RunState.ready
        assert (run.held_by, run.waived, run.waiting_remarks()) == (None, "", ())
    else:
        assert reactions in (["eyes"], ["confused"])


@pytest.mark.parametrize("actor", PROGRAMS, ids=lambda actor: actor.name)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.verb)
def test_a_program_is_not_even_asked_about(actor: Actor, spec: CommandSpec) -> None:
    assert kept(payload(actor, written(spec)), Story(*TO_READY).run) is None


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.verb)
def test_the_same_words_of_an_admin_count_nowhere_but_in_a_new_comment_of_their_own_on_our_pull_request(
    spec: CommandSpec,
) -> None:
    admin, run, said = ASKED[6], Story(*TO_READY).run, written(spec)
    assert kept(payload(admin, said), run) is not None
    nowhere = (
        payload(admin, said, action="edited"),
        payload(admin, said, action="deleted"),
        payload(admin, f"```\n{said}\n```"),
        payload(admin, f"> {said}"),
        payload(admin, f"    {said}"),
        payload(admin, f"I would write {said}"),
        payload(admin, f"<!-- {said} -->"),
        payload(admin, f"<!-- sortie run=R-1042 kind=answer -->\n{said}"),
        payload(admin, said, number=813),
    )
    assert [kept(comment, run) for comment in nowhere] == [None] * len(nowhere)
    assert kept(payload(admin, said), run, by_app=True) is None
    assert kept(payload(admin, said), replace(run, repo="acme/web")) is None


def begins(comment: Json) -> bool:
    """Whether a comment begins a run where there is none."""
    heard = arrival(parse_event("issue_comment", "d-1", comment), b"raw", GitHubSettings())
    known = Known((), False, NOON + timedelta(seconds=5), 1800)
    return not isinstance(heard, str) and isinstance(route(heard, known), NewRun)


@pytest.mark.parametrize("said", ["@sortie rename it", "@sortie explain", "@sortie review"])
def test_nothing_but_a_new_comment_of_a_person_begins_a_run(said: str) -> None:
    admin = ASKED[6]
    by_app = payload(admin, said)
    by_app["comment"]["performed_via_github_app"] = {"id": 1, "slug": "other"}
    other = payload(admin, said) | {"installation": {"id": 5}}
    nothing = (
        payload(admin, said, action="edited"),
        payload(admin, f"```\n{said}\n```"),
        payload(admin, f"> {said}"),
        payload(admin, f"<!-- {said} -->"),
        payload(admin, f"<!-- sortie run=R-1042 kind=answer -->\n{said}"),
        by_app,
        *(payload(actor, said) for actor in PROGRAMS),
    )
    assert begins(payload(admin, said)) and not any(map(begins, nothing))
    ours = GitHubSettings(installation_id=4)
    assert arrival(parse_event("issue_comment", "d-1", other), b"raw", ours) == "another installation"


@pytest.mark.parametrize(
    "words", ["merge", "approve", "merge --admin", "approve 1111111111111111", "land it"]
)
def test_there_is_no_command_that_merges_or_approves(words: str) -> None:
    """D1, D7: free words of somebody who may write are a request to the agent, and an agent has no such tool."""
    story = Story(*TO_READY)
    remarked = kept(payload(ASKED[6], f"@sortie {words}"), story.run)
    assert remarked is not None and (remarked.remark.verb, remarked.remark.words) == ("request", words)
    answer = PermissionSeen(remarked.remark.key, "ben", 9, Role.admin, True)
    story.tell(remarked)
    before, run = story.run, story.tell(answer)
    assert run.state is RunState.ready
    assert {e.kind for e in effects_of(before, answer, run)} <= {"host.react"}
