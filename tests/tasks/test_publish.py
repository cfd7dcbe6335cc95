"""The publisher against a world that is slow, silent, wrong or stopped in the middle."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from integrations.errors import Conflict, Denied, NotFound, RateLimited, Retryable, Unknown
from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Failed,
    Gated,
    Noted,
    QuestionAsked,
    Refused,
    RemarksAnswered,
    ReviewSettled,
    RoundStarted,
)
from tasks.domain.events import Event
from tasks.domain.facts import (
    HeadMoved,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Remarked,
    RetryRequested,
    StopRequested,
)
from tasks.domain.remarks import Kind, Place, Remark
from tasks.domain.request import Person
from tasks.domain.results import (
    BranchPushed,
    ChecksSeen,
    EffectFailed,
    MadeReady,
    PermissionSeen,
    Posted,
    PullRequestOpened,
)
from tasks.domain.run import Run, RunState
from tasks.messages.talk import status_comment
from tasks.reconcile import Reconciler
from tasks.store.clock import utc_now
from tasks.store.outbox import Intent
from tasks.workspace.names import branch_name
from tests.support.eventually import until
from tests.support.histories import (
    ONE,
    TO_CODING,
    TO_PR,
    TO_READY,
    TO_REVIEWED,
    TWO,
    checks,
    gated,
    review,
    submitted,
)
from tests.tasks.outside import Bench, bench

BEN = Person("slack", "T1", "U2", "ben")
TO_GATED = (*TO_CODING, submitted(), gated())


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def raising(error: Exception) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


def test_what_was_gated_is_pushed_and_a_draft_is_opened(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    after = here.run(run.id)
    assert (after.state, after.pushed_oid) == (RunState.pr_open, ONE)
    assert (here.outside.calls.count("push"), here.outside.calls.count("open_pull_request")) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "write"), [("repo_facts", "push"), ("find_pull_request", "open_pull_request")]
)
def test_a_stop_that_arrives_while_the_host_is_asked_prevents_the_write(
    here: Bench, asked: str, write: str
) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.outside.before[asked] = lambda: here.tell(run.id, StopRequested(BEN))
    here.publish("host.")
    assert write not in here.outside.calls
    assert here.run(run.id).state is RunState.cancelled


def test_a_stop_while_the_head_is_compared_leaves_the_pull_request_a_draft(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.tell(run.id, *_reviewed())
    here.outside.before["pull_request"] = lambda: here.tell(run.id, StopRequested(BEN))
    here.publish("host.")
    assert "mark_ready" not in here.outside.calls


def _reviewed() -> tuple[Event, ...]:
    return TO_REVIEWED[len(TO_PR) :]


def test_a_publisher_killed_after_the_push_leaves_no_branch_untold_when_the_run_was_stopped(
    here: Bench,
) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    intent = here.claim("host.")
    assert intent is not None and intent.effect.kind == "host.push"
    here.outside.branches[branch_name(run.id, run.title)] = ONE
    here.tell(run.id, StopRequested(BEN))
    here.publish()
    here.hands.move(31)
    here.publish()
    assert "push" not in here.outside.calls and "open_pull_request" not in here.outside.calls
    after = here.run(run.id)
    assert (after.state, after.pushed_oid) == (RunState.cancelled, ONE)
    assert "Branch sortie/R-1001" in here.outside.texts[dict(after.posts)["M14"].ts]


def test_a_push_of_a_stopped_attempt_is_not_made_for_the_next_one(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.outside.before["repo_facts"] = raising(Retryable("GitHub is down."))
    here.publish("host.")
    here.tell(run.id, RetryRequested(BEN))  # means nothing while the run works
    here.outside.before["repo_facts"] = lambda: None
    intent = _due(here, "host.")
    here.tell(run.id, StopRequested(BEN), RetryRequested(BEN))
    here.publisher.publish(intent)
    here.publish("host.")
    assert "push" not in here.outside.calls
    assert here.run(run.id).state is RunState.queued


def _due(here: Bench, prefix: str) -> Intent:
    here.hands.move(60)
    intent = here.claim(prefix)
    assert intent is not None
    return intent


def test_a_bug_in_an_effect_the_run_waits_for_ends_the_wait(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.outside.before["push"] = raising(ZeroDivisionError())
    here.publisher = replace(here.publisher, store=here.store)
    here.tell(run.id, submitted(), gated())
    _work_until(here, lambda: here.run(run.id).effect_failure is not None)
    failure = here.run(run.id).effect_failure
    assert failure is not None and (failure.kind, failure.code) == ("host.push", "SYS-002")
    assert run.id in here.bell.rung


def _work_until(here: Bench, done: Callable[[], bool], *, beside: Callable[[], None] | None = None) -> None:
    """Lets the real loop work until something is true."""
    closing = threading.Event()
    thread = threading.Thread(target=here.publisher.run, args=(closing,))
    thread.start()
    try:
        if beside:
            beside()
        until(lambda: done() or None, within_s=20)
    finally:
        closing.set()
        thread.join(20)


def test_an_intent_that_waited_long_for_a_publisher_is_not_given_up_at_the_first_failure(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.hands.move(3600)
    here.outside.before["repo_facts"] = raising(Retryable("GitHub is down."))
    here.publish("host.")
    assert not any(isinstance(e, EffectFailed) for e in here.events(run.id))
    here.outside.before.clear()
    here.hands.move(60)
    here.publish("host.")
    assert here.run(run.id).state is RunState.pr_open


def test_one_lost_answer_after_many_outages_is_looked_up_and_not_given_up(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.outside.before["push"] = raising(Retryable("GitHub is down."))
    for _ in range(6):
        here.publish("host.")
        here.hands.move(61)
    here.outside.before["push"] = raising(Unknown("No answer."))
    here.publish("host.")
    here.hands.move(61)
    here.outside.before.clear()
    here.publish("host.")
    assert here.run(run.id).state is RunState.pr_open


@pytest.mark.parametrize("lost", ["the publisher", "the answer"])
def test_a_whisper_that_may_have_been_said_is_not_said_again(here: Bench, lost: str) -> None:
    run = here.start(Refused("AUTH-003", "Starting needs write."))
    if lost == "the publisher":
        assert here.claim("chat.whisper") is not None
        here.hands.move(31)
    else:
        here.outside.before["whisper"] = raising(Unknown("No answer."))
    here.publish("chat.whisper")
    here.hands.move(61)
    here.publish("chat.whisper")
    assert here.outside.calls.count("whisper") == (0 if lost == "the publisher" else 1)
    assert [i.state for i in here.intents(run.id, "chat.whisper")] == ["unknown"]


def test_a_host_that_stays_down_is_given_up_and_the_run_hears_of_it(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.outside.before["push"] = raising(Retryable("GitHub is down.", code="OUT-010"))
    for _ in range(40):
        here.publish("host.")
        here.hands.move(61)
    failure = here.run(run.id).effect_failure
    assert failure is not None and failure.code == "OUT-010"


def test_a_rate_limit_that_ends_in_forty_minutes_is_waited_out(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())
    here.outside.before["push"] = raising(RateLimited("Too many.", retry_after_s=2400))
    for _ in range(40):
        here.publish("host.")
        here.hands.move(60)
    here.outside.before.clear()
    here.hands.move(900)
    here.publish("host.")
    assert here.run(run.id).state is RunState.pr_open


@pytest.mark.parametrize("error", [Denied("No access to logs."), Retryable("Logs are down.")])
def test_ci_is_judged_red_even_where_its_log_cannot_be_had(here: Bench, error: Exception) -> None:
    run = here.start(*TO_PR)
    here.outside.checks_now = (CheckState("tests", Conclusion.failure, ref="job:1"),)
    here.outside.before["check_log"] = raising(error)
    for _ in range(5):
        here.publish("host.")
        here.hands.move(61)
    after = here.run(run.id)
    assert after.ci_is_red and after.checks_logs == () and not after.checks_stale


def test_the_reconciler_does_not_wait_for_a_log_for_ever(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.tell(run.id, ChecksSeen(ONE, (), False))
    here.outside.checks_now = (CheckState("tests", Conclusion.failure, ref="job:1"),)
    here.outside.before["check_log"] = raising(Retryable("Logs are down."))
    reconciler = Reconciler(here.store, here.publisher.ports, here.bell, every_s=15)
    reconciler.once()
    assert not here.run(run.id).checks
    here.hands.move(301)
    reconciler.once()
    assert here.run(run.id).ci_is_red


def test_one_run_that_breaks_the_reconciler_does_not_blind_it_to_the_others(here: Bench) -> None:
    first, second = here.start(*TO_GATED), here.start(*TO_GATED)
    here.publish()
    numbers = {run.id: (pr.number if (pr := here.run(run.id).pr) else 0) for run in (first, second)}
    calls = iter([ZeroDivisionError(), None])

    def act() -> None:
        if error := next(calls):
            raise error

    here.outside.before["pull_request"] = act
    here.outside.pulls = [replace(p, state="closed") for p in here.outside.pulls]
    Reconciler(here.store, here.publisher.ports, here.bell, every_s=15).once()
    assert sorted(str(here.run(run_id).state) for run_id in numbers) == ["closed", "pr_open"]


def test_leaving_draft_waits_while_ci_is_red_and_is_forgotten_when_the_run_goes_on(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.tell(run.id, *_reviewed(), checks(ONE, Conclusion.failure))
    here.publish("host.")
    assert "mark_ready" not in here.outside.calls
    here.tell(run.id, CiJudged(ONE, "red", "tests"))
    here.hands.move(61)
    here.publish("host.")
    assert "mark_ready" not in here.outside.calls
    assert not any(isinstance(e, MadeReady | EffectFailed) for e in here.events(run.id))


def test_a_closed_pull_request_is_not_taken_for_the_one_that_was_to_be_opened(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.outside.pulls = [replace(p, state="closed") for p in here.outside.pulls]
    again = here.start(*TO_GATED)
    here.publish()
    assert here.run(again.id).pr != here.run(run.id).pr


def test_a_question_answered_before_it_was_posted_is_not_asked_any_more(here: Bench) -> None:
    run = here.start(QuestionAsked(1, "repo", "Which?", ("acme/api", "acme/web")))
    here.tell(run.id, QuestionAnswered(1, "acme/api", BEN))
    here.publish("chat.")
    assert [e for e in here.events(run.id) if isinstance(e, Posted)] == []


def test_ready_is_not_announced_after_a_stop(here: Bench) -> None:
    run = here.start(*TO_REVIEWED, MadeReady(812), StopRequested(BEN))
    here.publish("chat.")
    assert [name for name, _ in here.run(run.id).posts] == ["M14"]


def test_a_stop_is_confirmed_while_an_earlier_post_waits_for_its_next_try(here: Bench) -> None:
    run = here.start(*TO_PR)
    here.outside.before["post"] = raising(RateLimited("Slow down.", retry_after_s=60))
    here.publish("chat.")
    here.outside.before.clear()
    here.tell(run.id, StopRequested(BEN))
    here.publish("chat.")
    assert "M14" in dict(here.run(run.id).posts)


def test_a_slow_write_is_carried_out_by_one_hand_only(here: Bench) -> None:
    here.store.clock = utc_now
    here.publisher = replace(here.publisher, claim_s=0.6)
    going = threading.Event()
    here.outside.before["push"] = lambda: going.wait(10)
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, submitted(), gated())

    def beside() -> None:
        until(lambda: "push" in here.outside.calls or None)
        threading.Event().wait(2.0)
        going.set()

    _work_until(here, lambda: here.run(run.id).state is RunState.pr_open, beside=beside)
    assert here.outside.calls.count("push") == 1


def test_slow_pushes_of_many_runs_do_not_delay_a_message(here: Bench) -> None:
    here.store.clock = utc_now
    going = threading.Event()
    here.outside.before["push"] = lambda: going.wait(10)
    here.publisher = replace(here.publisher, hands=2)
    slow = [here.start(*TO_CODING) for _ in range(3)]
    here.settle_all()
    for run in slow:
        here.tell(run.id, submitted(), gated())

    def beside() -> None:
        until(lambda: (here.outside.calls.count("push") == 2) or None)
        stopped = here.tell(slow[2].id, StopRequested(BEN))
        until(lambda: "M14" in dict(here.run(stopped.id).posts) or None, within_s=5)
        going.set()

    _work_until(here, lambda: here.run(slow[0].id).state is RunState.pr_open, beside=beside)


def test_two_publishers_write_everything_once(here: Bench) -> None:
    here.store.clock = utc_now
    runs = [here.start(*TO_CODING) for _ in range(6)]
    here.settle_all()
    for run in runs:
        here.tell(run.id, submitted(), gated())
    closing = threading.Event()
    publishers = [threading.Thread(target=here.publisher.run, args=(closing,)) for _ in range(2)]
    for thread in publishers:
        thread.start()
    try:
        for run in runs:
            until(lambda run=run: "M5" in dict(here.run(run.id).posts) or None, within_s=30)  # type: ignore[misc]  # mypy cannot infer a lambda's default
    finally:
        closing.set()
        for thread in publishers:
            thread.join(20)
    assert here.outside.calls.count("push") == len(runs)
    assert here.outside.calls.count("post") == len(runs)


def test_a_clock_that_is_set_back_does_not_put_writes_off_for_an_hour(here: Bench) -> None:
    here.hands.move(3600)
    run = here.start(*TO_GATED)
    claimed = here.claim("host.")
    assert claimed is not None
    here.hands.move(-3600)
    here.publish()
    assert here.run(run.id).state is RunState.pr_open


def test_closing_a_pull_request_by_hand_ends_what_was_still_to_be_written_there(here: Bench) -> None:
    run = here.start(*TO_PR)
    here.tell(run.id, PullRequestMoved(812, "closed", False, ONE, "ada"))
    here.publish("host.")
    assert {"push", "open_pull_request", "update_pull_request"} & set(here.outside.calls) == set()


def test_late_facts_and_posts_do_not_repeat_the_pull_request(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.tell(run.id, BranchPushed("sortie/R-1042-x", ONE), PullRequestOpened(1, "http://host/1", ONE))
    here.publish()
    assert here.outside.calls.count("open_pull_request") == 1
    assert [name for name, _ in here.run(run.id).posts] == ["M5"]
    assert here.run(run.id).card == MessageRef("C1", "2.0") or here.run(run.id).card is not None


def test_a_description_that_a_person_edited_is_written_no_more_and_that_is_said_once(here: Bench) -> None:
    run = here.start(*TO_PR)
    here.settle_all()
    for _ in range(3):
        here.tell(run.id, *(e for e in _reviewed() if isinstance(e, ReviewSettled)))
        here.publish("host.")
    assert "update_pull_request" not in here.outside.calls
    noted = [e for e in here.events(run.id) if isinstance(e, Noted)]
    assert [n.code for n in noted] == ["GIT-013"] and here.run(run.id).edited_by_people
    assert here.intents(run.id, "host.sticky")


def test_a_push_that_finds_somebody_elses_commit_stops_and_asks(here: Bench) -> None:
    run = here.start(*TO_PR)
    here.settle_all()
    here.tell(run.id, submitted(TWO, ONE), gated(TWO))
    branch = here.run(run.id).branch
    here.outside.branches[branch] = "9" * 40
    here.outside.before["push"] = raising(Conflict("The branch is somewhere else.", code="GIT-004"))
    here.publish("host.")
    after = here.run(run.id)
    assert after.foreign is not None and after.foreign.oid == "9" * 40 and after.failure is None
    assert here.outside.branches[branch] == "9" * 40


def test_a_commit_of_somebody_else_whose_news_was_lost_is_found_by_looking(here: Bench) -> None:
    run = here.start(*TO_GATED)
    here.publish()
    here.outside.pulls[-1] = replace(here.outside.pulls[-1], head_oid="9" * 40)
    reconciler = Reconciler(here.store, here.publisher.ports, here.bell, every_s=15)
    for _ in range(2):
        reconciler.once()
    moved = [e for e in here.events(run.id) if isinstance(e, HeadMoved)]
    assert moved == [HeadMoved("9" * 40)] and here.run(run.id).foreign is not None


@pytest.mark.parametrize("role", [Role.write, Role.read])
def test_a_round_is_pushed_only_while_somebody_who_asked_for_it_may_still_write(
    here: Bench, role: Role
) -> None:
    run = here.start(*TO_PR)
    here.settle_all()
    said = Remark(Place.inline, 1, Person("github", "github", "9", "ben"), "Rename it.", path="a.py", line=1)
    seen = PermissionSeen(said.key, "ben", 9, Role.write)
    started = RoundStarted(1, Kind.comments, (said.key,), ONE)
    here.tell(run.id, Remarked(here.run(run.id).pr.number, said), seen, started)  # type: ignore[union-attr]  # it is open
    here.settle_all()
    here.outside.roles["ben"] = role
    here.tell(run.id, RemarksAnswered(1, (), TWO, ("a.py",)), submitted(TWO, ONE), gated(TWO))
    here.publish("host.")
    assert ("push" in here.outside.calls) is role.may_write
    failure = here.run(run.id).effect_failure
    assert (failure.code if failure else "") == ("" if role.may_write else "AUTH-003")


FAILING = GateResult("test", GateOutcome.failed, "pass", "fail", "One fails.", command="pytest -q")
UNTESTED = (*TO_CODING, submitted(), Gated(ONE, (FAILING,)), Failed("AGT-007", "They fail."))
GIVEN_UP = (
    *TO_PR, checks(ONE, Conclusion.failure), CiJudged(ONE, "red"), Failed("CI-003", "CI stays red.")
)  # fmt: skip
DISPUTED = (*TO_PR, checks(), *review(ONE, 2, "blocked"), Disputed(ONE))


@pytest.mark.parametrize(("lost", "pushed"), [("ada", True), ("ben", False)])
@pytest.mark.parametrize(
    ("before", "verb", "then"),
    [
        (UNTESTED, "open untested", ()),
        (GIVEN_UP, "keep trying", (submitted(TWO, ONE), gated(TWO))),
        (DISPUTED, "fix it", (submitted(TWO, ONE), gated(TWO))),
    ],
)
def test_what_a_button_asked_for_is_pushed_for_whoever_pressed_it(
    here: Bench, before: tuple[Event, ...], verb: str, then: tuple[Event, ...], lost: str, pushed: bool
) -> None:
    run = here.start(*before, PressedInChat(BEN, "ben", verb))
    here.settle_all()
    here.outside.roles[lost] = Role.read
    here.tell(run.id, PermissionSeen(run.remarks[0].remark.key, "ben", 9, Role.write), *then)
    here.publish("host.")
    assert ("push" in here.outside.calls) is pushed
    failure = here.run(run.id).effect_failure
    assert (failure.code if failure else "") == ("" if pushed else "AUTH-003")


@pytest.mark.parametrize(
    ("owners", "waived"),
    [(b"", True), (b"src/ @ben", True), (b"src/ @ada", False), (b"* @ben\nlib/ @ada\nsrc/ @ada @ben", True)],
)
def test_a_waiver_in_the_chat_takes_an_owner_of_every_place_that_is_disputed(
    here: Bench, owners: bytes, waived: bool
) -> None:
    run = here.start(*DISPUTED)
    here.settle_all()
    assert {f.path for f in run.open_findings()} == {"src/a.py"}
    here.outside.files["CODEOWNERS"] = owners
    here.tell(run.id, PressedInChat(BEN, "ben", "not a problem", "redacted upstream"))
    here.publish("host.permission")
    after = here.run(run.id)
    assert bool(after.waived) is waived and bool(after.open_findings()) is not waived
    assert after.remarks[0].why == ("" if waived else "owner")


def test_a_write_that_a_worker_with_a_fast_clock_asked_for_is_done_at_once(here: Bench) -> None:
    here.hands.move(600)
    run = here.start()
    here.hands.move(-600)
    here.publish()
    assert {
        intent.state for kind in ("chat.card", "chat.reaction") for intent in here.intents(run.id, kind)
    } == {"done"}


def test_beyond_the_cap_nobody_is_asked_for_review_and_that_is_said_once(here: Bench) -> None:
    """UX 9.4. Who was not asked does not count as waiting; whose review was answered is asked again all the same."""
    capped = replace(here.publisher, ports=replace(here.publisher.ports, reviewer_cap=2))
    bench = replace(here, publisher=capped)
    asked: list[int] = []
    for _ in range(4):
        run = bench.start(*TO_READY)
        bench.publish("host.")
        asked.append(bench.outside.calls.count("request_reviewers"))
    assert asked == [1, 2, 2, 2]
    (noted,) = _left_out(bench, run.id)
    assert "2 pull requests of mine wait for ada" in noted.sentence
    assert noted.sentence in status_comment(bench.run(run.id), links=capped.ports.links)[1]
    assert bench.intents(run.id, "host.sticky") and bench.run(run.id).reviewer_left_out
    bench.tell(run.id, MadeReady(812))
    bench.publish("host.")
    assert len(_left_out(bench, run.id)) == 1
    (first, *_) = (r for r in _ready_runs(bench) if not r.reviewer_left_out)
    assert first.pr is not None
    bench.tell(first.id, PullRequestMoved(first.pr.number, "closed", True, ONE, "ben"))
    bench.start(*TO_READY)
    bench.publish("host.")
    assert bench.outside.calls.count("request_reviewers") == 3


def _left_out(bench: Bench, run_id: str) -> list[Noted]:
    noted = (event for event in bench.events(run_id) if isinstance(event, Noted))
    return [note for note in noted if note.code == "REV-003"]


def _ready_runs(bench: Bench) -> tuple[Run, ...]:
    with bench.store.reading() as tx:
        return tx.runs_in(RunState.ready)


@pytest.mark.parametrize(
    "error", [NotFound("no such channel"), Unknown("no answer"), Retryable("Slack is down")]
)
def test_a_ready_post_that_is_given_up_reaches_the_requester_directly(here: Bench, error: Exception) -> None:
    run = here.start(*TO_REVIEWED)
    here.settle_all()
    here.tell(run.id, MadeReady(812))
    here.outside.before["post"] = raising(error)
    for _ in range(40):
        here.publish("chat.post")
        here.hands.move(60)
    assert here.intents(run.id, "chat.post")[-1].state in ("failed", "unknown")
    assert [i.state for i in here.intents(run.id, "chat.direct")] == ["pending"]
    here.outside.before.clear()
    here.publish("chat.direct")
    told = [text for text in here.outside.texts.values() if "ready for your review" in text]
    assert len(told) == 1 and "direct" in here.outside.calls
    assert "M6" not in dict(here.run(run.id).posts)


def test_a_draft_that_nobody_is_told_of_is_no_direct_message(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.outside.before["post"] = raising(NotFound("no such channel"))
    here.tell(run.id, *TO_PR[len(TO_CODING) :])
    here.publish("chat.post")
    assert here.intents(run.id, "chat.direct") == []
