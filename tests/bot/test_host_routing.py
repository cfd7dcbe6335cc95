"""What people write on the code host: for which run it is, when it begins one, and when it is nobody's. The pure rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.host_routing import ASKED, REFUSALS, UNHEARD
from bot.inbound import Delivery, HostSpeech
from bot.routed import Fact, Ignored, Known, NewRun
from bot.routing import route
from tasks.domain.facts import Remarked
from tasks.domain.remarks import PROGRAM, Place, Remark
from tasks.domain.request import Channel, Deliver, HostPlace, Person
from tasks.domain.run import PullRequestRef, Question, Run, RunState
from tasks.domain.sla import Clock
from tests.support.requests import NOON, a_request

D = Delivery("github", "d-1")
BEN, CHEN = Person("github", "github", "9", "ben"), Person("github", "github", "8", "chen")


def a_run(state: RunState = RunState.coding, *, run_id: str = "R-1001") -> Run:
    return Run(run_id, 5, a_request(), "Return 422", Clock(NOON, 1800), state=state, repo="acme/api")


def born_here(state: RunState = RunState.coding, *, number: int = 12) -> Run:
    place = HostPlace("acme/api", number, False, "Refunds fail", "They do.", "d" * 64)
    request = replace(a_request(), place=place, requester=BEN, channel=Channel.github_issue)
    return replace(a_run(state), request=request)


def known(*runs: Run, **more: object) -> Known:
    return replace(Known(runs, False, NOON + timedelta(seconds=5), 1800), **more)  # type: ignore[arg-type]  # fields of Known


def on_issue(verb: str = "request", words: str = "return 422", *, by: Person = BEN) -> HostSpeech:
    said = Remark(Place.comment, 5, by, f"@sortie {words}", verb=verb, words=words)
    return HostSpeech(D, "acme/api", 12, False, said, "Refunds fail", "They do.")


def remark(**more: object) -> HostSpeech:
    by = Person("github", "github", "9", "ben")
    fields: dict[str, object] = {"verb": "hold"} | more
    said = Remark(Place.comment, 5, by, "@sortie hold", **fields)  # type: ignore[arg-type]  # fields of Remark
    return HostSpeech(D, "Acme/API", 7, True, said)


def test_what_is_written_on_our_pull_request_is_kept_and_what_is_written_elsewhere_is_not() -> None:
    ours = replace(a_run(), pr=PullRequestRef(7, "http://x/7", "a" * 40, NOON))
    routed = route(remark(), known(ours))
    assert isinstance(routed, Fact) and isinstance(routed.event, Remarked) and routed.event.number == 7
    assert isinstance(route(remark(), known()), Ignored)
    assert isinstance(
        route(remark(), known(replace(ours, pr=PullRequestRef(8, "", "a" * 40, NOON)))), Ignored
    )


def test_a_run_that_is_over_hears_commands_and_no_other_comments() -> None:
    over = replace(a_run(RunState.failed), pr=PullRequestRef(7, "http://x/7", "a" * 40, NOON))
    assert isinstance(route(remark(verb="retry"), known(over)), Fact)
    assert isinstance(route(remark(verb=""), known(over)), Ignored)


def test_words_on_an_issue_begin_a_run_with_the_issue_as_it_stands() -> None:
    routed = route(on_issue(words="return 422 there. base=dev"), known())
    assert isinstance(routed, NewRun) and routed.remark is not None and routed.title == "return 422 there"
    request = routed.request
    assert (request.requester, request.channel, request.options.base) == (BEN, Channel.github_issue, "dev")
    assert request.chat is None and request.host is not None
    assert (request.host.number, request.host.title, request.host.body) == (12, "Refunds fail", "They do.")
    assert len(request.host.digest) == 64


def test_more_words_are_for_the_run_at_work_and_begin_another_when_it_is_over() -> None:
    assert isinstance(route(on_issue(), known(born_here())), Fact)
    assert isinstance(route(on_issue(), known(born_here(RunState.declined))), NewRun)
    assert isinstance(route(on_issue("retry", ""), known(born_here(RunState.failed))), Fact)
    assert isinstance(route(on_issue("stop", ""), known()), Ignored)
    assert isinstance(route(on_issue(), known(born_here(number=13))), NewRun)


def test_plain_words_answer_a_question_of_the_person_who_asked_and_are_nothing_else() -> None:
    asking = replace(born_here(RunState.needs_input), question=Question(1, "agent", "Which?", ("422", "400")))
    assert isinstance(route(on_issue("", "422"), known(asking)), Fact)
    assert isinstance(route(on_issue("", "422", by=CHEN), known(asking)), Ignored)
    assert isinstance(route(on_issue("", "422"), known(born_here())), Ignored)
    assert isinstance(route(on_issue("", "422"), known()), Ignored)


def test_the_kill_switch_is_refused_by_the_run_that_is_there_or_by_one_of_its_own() -> None:
    words = "kill-switch on"
    alone = route(on_issue("kill-switch", words), known())
    assert isinstance(alone, NewRun) and alone.request.deliver is Deliver.answer
    ours = replace(a_run(), pr=PullRequestRef(12, "http://x/12", "a" * 40, NOON))
    for run in (born_here(), born_here(RunState.failed), ours):
        assert isinstance(route(on_issue("kill-switch", words), known(run)), Fact)
    flood = known(refused=REFUSALS)
    assert isinstance(route(on_issue("kill-switch", words), flood), Ignored)


def on_pull(verb: str, words: str = "") -> HostSpeech:
    return replace(on_issue(verb, words), on_pull=True)


def looking(deliver: Deliver, state: RunState = RunState.reviewing) -> Run:
    run = replace(born_here(state), deliver=deliver)
    return replace(run, request=replace(run.request, deliver=deliver))


def test_a_review_and_a_question_begin_runs_of_their_own_beside_any_other() -> None:
    ours = replace(a_run(RunState.ready), pr=PullRequestRef(12, "http://x/12", "a" * 40, NOON))
    review = route(on_pull("review", "security"), known())
    assert isinstance(review, NewRun) and review.request.deliver is Deliver.findings
    assert (review.request.text, review.title) == ("Review this pull request.", "Refunds fail")
    assert isinstance(route(on_pull("review"), known(ours)), Fact), "our own pull request has a run"
    for runs in ((), (ours,), (born_here(),), (looking(Deliver.answer),)):
        asked = route(on_pull("explain", "why?"), known(*runs))
        assert isinstance(asked, NewRun) and asked.request.deliver is Deliver.answer
        assert (asked.request.text, asked.title) == ("why?", "why?")
    assert isinstance(route(on_pull("review"), known(looking(Deliver.findings))), Fact)
    assert isinstance(route(on_pull("review"), known(looking(Deliver.findings, RunState.answered))), NewRun)
    assert isinstance(route(on_pull("review"), known(looking(Deliver.answer))), NewRun)
    assert isinstance(route(on_pull("stop"), known(looking(Deliver.findings))), Fact)
    assert isinstance(route(on_issue("review"), known()), Ignored), "there is nothing to review"


@pytest.mark.parametrize(
    "changed",
    [{"repos": ("acme/web",)}, {"refused": REFUSALS}, {"unheard": UNHEARD}],
    ids=["another repository", "refused before", "a flood"],
)
def test_what_begins_no_run(changed: dict[str, object]) -> None:
    assert isinstance(route(on_issue(), known(**changed)), Ignored)
    assert isinstance(route(on_issue(), known(repos=("Acme/API",), refused=REFUSALS - 1)), NewRun)


def test_a_program_begins_no_run_even_where_its_comments_count() -> None:
    program = Person(PROGRAM, "github", "77", "ci[bot]")
    assert isinstance(route(on_issue(by=program), known()), Ignored)


def test_a_strangers_question_takes_no_words_from_the_run_at_work() -> None:
    working = born_here(RunState.coding)
    looked = replace(looking(Deliver.answer, RunState.declined), id="R-1002")
    looked = replace(looked, request=replace(looked.request, place=working.request.place))
    routed = route(on_issue("stop", ""), known(looked, working))
    assert isinstance(routed, Fact) and routed.run_ids == (working.id,)


def test_an_account_that_asks_without_end_is_not_listened_to_for_a_while() -> None:
    assert isinstance(route(on_issue(), known(asked=ASKED - 1)), NewRun)
    assert isinstance(route(on_issue(), known(asked=ASKED)), Ignored)
