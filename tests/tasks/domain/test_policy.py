"""Which repository a request means, who may have work done there, and how the operator's limits come out as behaviour."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.types.chat import MessageRef, ThreadRef, UserKind
from integrations.types.code_host import Role
from tasks.domain.decisions import Accepted, FailureClass, QuestionAsked, Refused, RepoChosen, RepoGuessed
from tasks.domain.facts import QuestionAnswered
from tasks.domain.grants import Rules
from tasks.domain.policy import (
    Link,
    Policy,
    authorise,
    choose_repo,
    may_be_guessed,
    named_base,
    named_repo,
    needed_to_read,
    routed,
    strip_options,
)
from tasks.domain.request import Account, ChannelPlace, ChatPlace, Deliver, Person, RepoHints, RequestOptions
from tasks.domain.results import RepoInspected
from tasks.domain.run import Run
from tests.support.histories import Story, inspected
from tests.support.requests import a_request

BEN = Person("slack", "T1", "U2", "ben")
LINKS = (Link("T1", "U1", "ada"), Link("T2", "U1", "eve"), Link("T1", "U2", "ben"))
TWO_REPOS = Policy(repos=("acme/api", "acme/web"), links=LINKS)


def asking(text: str = "fix it", *, options: RequestOptions | None = None, channel: str = "C1") -> Run:
    """A run that nobody has chosen a repository for."""
    made = Story().run
    request = replace(a_request(text), options=options or RequestOptions())
    place = ChatPlace(ThreadRef("T1", channel, "1.0"), MessageRef(channel, "1.0"))
    return replace(made, request=replace(request, place=place))


def hinting(run: Run, hints: RepoHints) -> Run:
    return replace(run, request=replace(run.request, hints=hints))


def opening(channel: str) -> Run:
    """A run that was asked for in a channel where its thread is not open yet."""
    run = asking()
    return replace(run, request=replace(run.request, place=ChannelPlace("T1", channel)))


# --- what people write ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        ("repo=acme/api fix it", "acme/api"),
        ("[repo=acme/api] fix it", "acme/api"),
        ("fix it repo=acme/api-v2.1_x", "acme/api-v2.1_x"),
        ("see https://github.com/acme/api/issues/4", "acme/api"),
        ("see <https://github.com/acme/api|the repo>", "acme/api"),
        ("clone https://github.com/acme/api.git please", "acme/api"),
        ("https://ghe.corp.example/acme/api", "acme/api"),
        ("https://github.com/acme/api?tab=readme", "acme/api"),
        ("https://github.com/acme/api#readme", "acme/api"),
        ("http://127.0.0.1:8/acme/api, thanks: in acme/web", "acme/web"),
        ("fix the login in acme/api.", "acme/api"),
        ("work on acme/api", "acme/api"),
        ("in `acme/api` the login breaks", "acme/api"),
        ("Repo acme/api", "acme/api"),
        ("REPOSITORY acme/api", "acme/api"),
        ("repo=acme/api, not in acme/web", "acme/api"),
        ("https://github.com/acme/api is like the one in acme/web", "acme/api"),
        ("repo=acme/api. Thanks", "acme/api"),
        ("fix the login", None),
        ("the either/or in it", None),
        ("plugin acme/api", None),
        ("repo=acme", None),
        ("repo=-acme/api", None),
        ("repo=../../etc/passwd", None),
        ("repo=acme/", None),
        ("", None),
    ],
)
def test_a_repository_is_named_by_an_option_an_address_or_after_in(text: str, repo: str | None) -> None:
    assert named_repo(text) == repo


@pytest.mark.parametrize(
    ("text", "repo"),
    [
        ("https://sentry.example/organizations/pay/issues/9 happens again", None),
        ("https://sentry.example/organizations/pay/ and in acme/web", "acme/web"),
        ("https://ghe.corp.example/acme/api/pull/4", "acme/api"),
        ("https://github.com/other/repo", "other/repo"),
        ("https://sentry.example/organizations/pay see https://github.com/acme/web", "acme/web"),
    ],
)
def test_an_address_of_another_site_names_no_repository_that_we_do_not_know(
    text: str, repo: str | None
) -> None:
    assert named_repo(text, known=("acme/api", "acme/web")) == repo


@pytest.mark.parametrize(
    ("text", "base", "rest"),
    [
        ("base=release/1.2 fix it", "release/1.2", "fix it"),
        ("fix [base=dev] it", "dev", "fix it"),
        ("[repo=acme/api] fix  [base=v1.0-rc_2]\n it", "v1.0-rc_2", "fix it"),
        ("repo=acme/api", None, ""),
        ("fix the base", None, "fix the base"),
        ("fix[repo=acme/api]it", None, "fix it"),
        ("fix[base=dev]it", "dev", "fix it"),
        ("base=", None, "base="),
        ("base=$(touch x)", None, "base=$(touch x)"),
        ("base=--upload-pack=x", "--upload-pack", "=x"),
        ("fix it sla=45m plan", None, "fix it"),
        ("sla=2h fix it [plan=yes]", None, "fix it"),
        ("fix the seating plan", None, "fix the seating plan"),
    ],
)
def test_options_are_read_and_are_no_part_of_the_request(text: str, base: str | None, rest: str) -> None:
    assert (named_base(text), strip_options(text)) == (base, rest)


# --- which repository -------------------------------------------------------------------------------------------------

EVERYTHING = replace(
    TWO_REPOS,
    repos=("acme/api", "acme/web", "acme/app", "acme/cli", "acme/doc"),
    routing=(("refund", "acme/app"),),
    channel_repo={"C1": "acme/cli"},
    user_repo={"U1": "acme/doc"},
)


def test_the_order_in_which_a_repository_is_decided_is_fixed_and_the_reason_is_kept() -> None:
    run = asking("refund, please", options=RequestOptions(repo="acme/web"))
    answered = replace(run, repo_answer="acme/api")
    unnamed = asking("refund, please")
    hinted = hinting(unnamed, RepoHints("acme/doc", "acme/web"))
    cases = (
        (hinted, EVERYTHING, "acme/doc", "the run before it in this thread"),
        (hinting(unnamed, RepoHints("", "acme/web")), EVERYTHING, "acme/app", "routing rule"),
        (hinting(asking(), RepoHints("", "acme/web")), EVERYTHING, "acme/web", "channel default"),
        (hinting(opening("C1"), RepoHints()), EVERYTHING, "acme/cli", "channel default"),
        (answered, EVERYTHING, "acme/api", "you picked it"),
        (run, EVERYTHING, "acme/web", "you named it"),
        (unnamed, EVERYTHING, "acme/app", "routing rule"),
        (asking(), EVERYTHING, "acme/cli", "channel default"),
        (asking(channel="C9"), EVERYTHING, "acme/doc", "your default"),
        (asking(), replace(TWO_REPOS, repos=("acme/api",)), "acme/api", "the only repository"),
    )
    for asked, policy, repo, why in cases:
        assert choose_repo(asked, policy) == RepoChosen(repo, why, None, "ada")


def test_the_base_that_was_asked_for_goes_with_the_choice() -> None:
    run = asking(options=RequestOptions(repo="acme/api", base="release"))
    assert choose_repo(run, TWO_REPOS) == RepoChosen("acme/api", "you named it", "release", "ada")


def test_a_repository_is_known_under_the_name_the_operator_wrote() -> None:
    chosen = choose_repo(asking(options=RequestOptions(repo="ACME/Api")), TWO_REPOS)
    assert isinstance(chosen, RepoChosen) and chosen.repo == "acme/api"


def test_a_repository_outside_of_the_operators_list_is_refused_and_without_a_list_github_decides() -> None:
    run = asking(options=RequestOptions(repo="evil/repo"))
    assert choose_repo(run, TWO_REPOS) == Refused("REPO-002", "The app has no access to evil/repo.")
    chosen = choose_repo(run, Policy(links=LINKS))
    assert isinstance(chosen, RepoChosen) and chosen.repo == "evil/repo"


def test_where_nothing_decides_all_repositories_are_offered_and_the_reason_is_said() -> None:
    asked = choose_repo(asking(), TWO_REPOS)
    assert asked == QuestionAsked(
        1, "repo", "Which repo is this?", ("acme/api", "acme/web"), "Nothing in the request decides it."
    )


def test_where_two_rules_match_only_theirs_are_offered_and_the_second_question_is_the_second() -> None:
    both = replace(EVERYTHING, routing=(("refund", "acme/app"), ("login", "acme/web")))
    run = replace(asking("refund after login"), questions_asked=1)
    asked = choose_repo(run, both)
    assert asked == QuestionAsked(
        2, "repo", "Which repo is this?", ("acme/app", "acme/web"), "Two routing rules match."
    )


def test_without_any_repository_there_is_nothing_to_work_on() -> None:
    assert choose_repo(asking(), Policy(links=LINKS)) == Refused(
        "REPO-001", "I know no repository yet, so there is nothing to work on."
    )


@pytest.mark.parametrize(
    ("text", "repos"),
    [
        ("refund", ("acme/api",)),
        ("REFUND, now", ("acme/api",)),
        ("(refund)", ("acme/api",)),
        ("refunds", ()),
        ("prerefund", ()),
        ("refund_x", ()),
        ("refund c++", ("acme/api", "acme/web")),
        ("money back and refund", ("acme/api",)),
        ("c+++", ("acme/web",)),
        ("cxx", ()),
        ("", ()),
    ],
)
def test_a_routing_word_counts_as_a_whole_word_and_as_it_is_written(
    text: str, repos: tuple[str, ...]
) -> None:
    rules = (("refund", "acme/api"), ("c++", "acme/web"), ("money back", "acme/api"))
    assert routed(text, Policy(routing=rules)) == repos


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("team", "user", "login"),
    [("T1", "U1", "ada"), ("T2", "U1", "eve"), ("T1", "U2", "ben"), ("T3", "U1", None), ("T2", "U2", None)],
)
def test_an_account_is_its_workspace_and_its_id_together(team: str, user: str, login: str | None) -> None:
    assert TWO_REPOS.login_of(team, user) == login


def test_somebody_whom_nobody_linked_starts_nothing_whatever_they_name() -> None:
    for options in (None, RequestOptions(repo="acme/api")):
        run = asking(options=options)
        stranger = replace(run, request=replace(run.request, requester=Person("slack", "T3", "U1", "ada")))
        assert choose_repo(stranger, EVERYTHING) == Refused(
            "AUTH-001", "Connect your GitHub account to start this."
        )


def seeing(seen: RepoInspected | None, rules: Rules | None = None) -> Run:
    run = replace(asking(), repo="acme/api", inspection=seen)
    return replace(run, rules=rules) if rules else run


def test_work_starts_only_where_the_repository_is_there_open_and_writable() -> None:
    seen = inspected()
    cases: tuple[tuple[RepoInspected | None, Accepted | Refused], ...] = (
        (seen, Accepted()),
        (None, Refused("REPO-002", "The app has no access to that repository.")),
        (replace(seen, found=False), Refused("REPO-002", "The app has no access to that repository.")),
        (
            replace(seen, archived=True),
            Refused("REPO-003", "acme/api is archived: GitHub accepts no change to it."),
        ),
        (
            replace(seen, private=True, role=Role.none),
            Refused("AUTH-002", "That repository cannot be read with your GitHub account."),
        ),
        (
            replace(seen, private=False, role=Role.none),
            Refused("AUTH-003", "GitHub says you have none on this repo. Starting needs write."),
        ),
        (
            replace(seen, private=True, role=Role.read),
            Refused("AUTH-003", "GitHub says you have read on this repo. Starting needs write."),
        ),
        (
            replace(seen, base_oid="", problem="There is no branch dev."),
            Refused("REPO-004", "There is no branch dev."),
        ),
    )
    for found, answer in cases:
        assert authorise(seeing(found), Policy()) == answer


def test_a_base_that_is_not_there_is_named() -> None:
    run = seeing(replace(inspected(), base_oid=""))
    assert authorise(replace(run, asked_base="dev"), Policy()) == Refused(
        "REPO-004", "There is no branch dev in acme/api."
    )


def test_a_repository_that_names_who_may_start_refuses_everybody_else() -> None:
    run = seeing(inspected(role=Role.admin), Rules(start_logins=("ben",)))
    assert authorise(run, Policy()) == Refused(
        "AUTH-003", "This repo names who may start work here, and you are not among them."
    )


@given(st.sampled_from(Role), st.sampled_from(Role), st.booleans())
def test_nobody_below_write_ever_starts_work(held: Role, least: Role, private: bool) -> None:
    run = seeing(replace(inspected(role=held), private=private))
    answer = authorise(run, Policy(start_role=least))
    assert isinstance(answer, Accepted) is (held.may_write and held.covers(least))


# --- what the limits come out as --------------------------------------------------------------------------------------


def test_an_overloaded_model_is_waited_for_longer_than_anything_else_that_breaks() -> None:
    policy = Policy(step_attempts=2, model_attempts=7)
    tries = {failure: policy.attempts_for(failure) for failure in FailureClass}
    assert tries.pop(FailureClass.model) == 7 and set(tries.values()) == {2}
    usual = Policy()
    assert usual.attempts_for(FailureClass.model) > usual.attempts_for(FailureClass.sandbox) > 1


def test_what_is_promised_holds_without_any_setting() -> None:
    """UX's amendments: two rounds of CI repair and two of review; 9.1: what is written within a minute is one round."""
    policy = Policy()
    assert (policy.gate_rounds, policy.ci_rounds, policy.review_rounds, policy.step_attempts) == (3, 2, 2, 3)
    assert policy.model_attempts == 10
    seconds = (policy.ci_grace_s, policy.ci_wait_s, policy.remarks_wait_s)
    assert [timedelta(seconds=s) for s in seconds] == [
        timedelta(minutes=1),
        timedelta(hours=2),
        timedelta(minutes=1),
    ]


@pytest.mark.parametrize("value", [Policy(), LINKS[0]])
def test_a_value_is_never_changed_in_place(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")


def test_an_answered_question_is_not_asked_again() -> None:
    story = Story()
    asked = choose_repo(story.run, TWO_REPOS)
    assert isinstance(asked, QuestionAsked)
    run = story.tell(asked, QuestionAnswered(asked.number, "acme/web", BEN))
    assert choose_repo(run, TWO_REPOS) == RepoChosen("acme/web", "you picked it", None, "ada")


# --- a guess ----------------------------------------------------------------------------------------------------------


def guessing(*likely: tuple[str, float]) -> Run:
    return replace(asking(), repo_guess=RepoGuessed(likely))


@pytest.mark.parametrize(
    ("likely", "taken"),
    [
        ((("acme/web", 0.85), ("acme/api", 0.6)), True),
        ((("acme/web", 0.84), ("acme/api", 0.1)), False),
        ((("acme/web", 0.9), ("acme/api", 0.66)), False),
        ((("acme/web", 0.85),), True),
        ((("acme/web", 0.5),), False),
        ((), False),
    ],
)
def test_a_guess_is_taken_where_it_is_sure_and_far_ahead(
    likely: tuple[tuple[str, float], ...], taken: bool
) -> None:
    chosen = choose_repo(guessing(*likely), TWO_REPOS)
    if taken:
        assert chosen == RepoChosen("acme/web", "guessed from the request", None, "ada")
        return
    assert isinstance(chosen, QuestionAsked)
    first = likely[0][0] if likely else "acme/api"
    unsure = "Nothing in the request decides it for sure; the likeliest come first."
    assert chosen.options[0] == first
    assert chosen.why == (unsure if likely else "Nothing in the request decides it.")


def test_only_what_no_rule_decides_is_guessed_and_once() -> None:
    run = asking()
    assert may_be_guessed(run, TWO_REPOS)
    assert not may_be_guessed(guessing(), TWO_REPOS)
    assert not may_be_guessed(run, replace(TWO_REPOS, repos=("acme/api",)))
    assert not may_be_guessed(asking(options=RequestOptions(repo="acme/api")), TWO_REPOS)
    assert not may_be_guessed(run, replace(TWO_REPOS, links=()))
    two = replace(TWO_REPOS, routing=(("fix", "acme/api"), ("it", "acme/web")))
    assert not may_be_guessed(run, two), "people decide between two rules"
    linked = replace(run, request=replace(run.request, account=Account("ada", 9)))
    assert may_be_guessed(linked, replace(TWO_REPOS, links=()))


# --- who it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (UserKind.guest, "Guests and people from other workspaces can read along here, but not start a run."),
        (
            UserKind.stranger,
            "Guests and people from other workspaces can read along here, but not start a run.",
        ),
        (UserKind.program, "A program cannot start a run."),
        (UserKind.deactivated, "That Slack account is deactivated."),
        (UserKind.unknown, "Slack does not know that account."),
    ],
)
def test_whoever_is_no_member_starts_nothing_whatever_their_role(kind: UserKind, said: str) -> None:
    run = seeing(replace(inspected(role=Role.admin), person=kind))
    assert authorise(run, Policy()) == Refused("REQ-002", said)


def test_what_the_operator_wrote_first_about_somebody_counts() -> None:
    twice = Policy(links=(*LINKS, Link("T1", "U1", "mallory")))
    assert twice.written == {("T1", "U1"): "ada", ("T2", "U1"): "eve", ("T1", "U2"): "ben"}


def test_an_answer_needs_to_read_and_everything_else_to_write() -> None:
    assert {each: needed_to_read(each) for each in Deliver} == {
        each: Role.read if each is Deliver.answer else Role.write for each in Deliver
    }


def test_questions_are_patient_for_as_long_as_it_is_promised() -> None:
    """UX 5.5: a reminder after 15 minutes, the owner after an hour, the end after a day."""
    policy = Policy()
    assert (policy.remind_s, policy.hand_over_s, policy.give_up_s, policy.owner) == (
        15 * 60,
        3_600,
        86_400,
        "",
    )
