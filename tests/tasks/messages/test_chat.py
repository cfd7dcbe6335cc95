"""What people read in Slack, in every state, and what nobody can smuggle into it."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.slack.blocks import Profile
from integrations.types.code_host import Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Failed,
    Gated,
    LensReported,
    LookFirst,
    Noted,
    PlanMade,
    QuestionAsked,
    Refused,
    RoundStarted,
    Submitted,
)
from tasks.domain.events import Event
from tasks.domain.facts import DisputeDecided, PullRequestMoved, Remarked, StopRequested
from tasks.domain.remarks import Kind, Place, Remark
from tasks.domain.request import Person
from tasks.domain.results import EffectFailed, MadeReady, PermissionSeen
from tasks.domain.run import Run
from tasks.domain.verdict import Finding, Severity
from tasks.messages import chat, words
from tests.support.requests import NOON
from tests.tasks.messages import runs
from tests.tasks.messages.rendering import actions_of, parsed_by_slack, rendered, words_of
from tests.tasks.messages.runs import ADA, EVERY_STATE, HEAD, LINKS, PASSED, a_run, state

NOW = NOON + timedelta(minutes=12)
HANDLED = re.compile(
    r"task_(stop|retry|repo|change|close|keep|untested|discard)|fb|ds_fix|ds_waive|q_free|repo_other|repo_pick_\d|q_opt_\d"
    r"|plan_ok|plan_edit|task_newtext|task_build|task_follow"
)
MEANT_FOR = {
    "M2": "which repo",
    "M3": "agent asks",
    "M5": "pr open",
    "M6": "ready",
    "M7": "disputed",
    "M8": "failed",
    "M13": "coding",
    "M14": "stopped by another",
    "M19": "ci given up",
    "M18": "question answered",
    "M3.1": "assumed",
    "M4": "plan to approve",
    "owner": "asked too",
    "handed": "coding",
}


def card(name: str, profile: Profile = "plan") -> tuple[str, str]:
    """(text, words) of a card in this state."""
    text, shown = rendered(chat.card(state(name), now=NOW, links=LINKS), profile)
    return text, words_of(shown)


def posted(post: str, name: str | None = None) -> tuple[str, str]:
    run = state(name or MEANT_FOR[post])
    text, shown = rendered(chat.post(post, run, now=NOW, links=LINKS))
    return text, words_of(shown)


@pytest.mark.parametrize("profile", ["plan", "classic"])
@pytest.mark.parametrize("name", EVERY_STATE)
def test_every_state_has_a_valid_card_that_names_run_and_title(name: str, profile: Profile) -> None:
    text, told = card(name, profile)
    assert text.startswith("R-1042 ")
    assert "*R-1042 · Return 422 when the refund `currency` is null*" in told
    assert "<@U1>" in told


@pytest.mark.parametrize("post", MEANT_FOR)
@pytest.mark.parametrize("name", EVERY_STATE)
def test_every_post_is_valid_in_every_state(post: str, name: str) -> None:
    posted(post, name if post in chat.POSTS else MEANT_FOR[post])


@pytest.mark.parametrize("name", EVERY_STATE)
def test_every_button_opens_a_page_or_is_one_that_we_hear(name: str) -> None:
    run = state(name)
    messages = [chat.card(run, now=NOW, links=LINKS)]
    messages += [chat.post(p, run, now=NOW, links=LINKS) for p in MEANT_FOR if p in chat.POSTS]
    for message in messages:
        _, shown = rendered(message)
        for action, element in actions_of(shown).items():
            assert "url" in element or HANDLED.fullmatch(action), action
            if "value" in element:
                assert json.loads(element["value"])["t"] == "R-1042"


def test_a_working_card_says_step_and_due_time_in_the_readers_zone() -> None:
    text, told = card("coding")
    due = int((NOON + timedelta(minutes=30)).timestamp())
    assert f"*Working* — step 1 of 5 · PR due <!date^{due}^{{time}}|12:30 UTC> (18 min left)" in told
    assert text == (
        "R-1042 working: Return 422 when the refund `currency` is null (acme/api). "
        "Step 1 of 5. PR due 12:30 UTC."
    )


def test_the_card_says_the_repository_and_why() -> None:
    _, told = card("coding")
    assert "`acme/api` (channel default) · base `main` · asked by <@U1> · attempt 1 · $0.00" in told


def test_a_late_run_is_called_late() -> None:
    _, shown = rendered(chat.card(state("coding"), now=NOON + timedelta(minutes=36), links=LINKS))
    assert "(late by 6 min)" in words_of(shown)


def test_a_paused_run_says_whom_it_waits_for_and_that_the_clock_is_paused() -> None:
    text, told = card("which repo")
    assert "*Waiting for* <@U1>: Pick a repository · clock paused" in told
    assert "Clock paused" in text


def test_stop_asks_before_it_counts_and_is_gone_at_the_end() -> None:
    _, shown = rendered(chat.card(state("coding"), now=NOW, links=LINKS))
    stop = actions_of(shown)["task_stop"]
    assert stop["style"] == "danger" and stop["confirm"]["deny"]["text"] == "Keep going"
    assert json.loads(stop["value"]) == {"t": "R-1042", "v": state("coding").seq}
    for name in ("merged", "failed", "stopped", "ready", "no write"):
        _, ended = rendered(chat.card(state(name), now=NOW, links=LINKS))
        assert "task_stop" not in actions_of(ended), name


def test_a_failed_run_can_be_retried_from_its_card() -> None:
    _, shown = rendered(chat.card(state("failed"), now=NOW, links=LINKS))
    assert list(actions_of(shown)) == ["task_open", "task_retry"]


def test_each_version_of_the_card_has_block_ids_of_its_own() -> None:
    one = rendered(chat.card(state("coding"), now=NOW, links=LINKS))[1]
    two = rendered(chat.card(state("verifying"), now=NOW, links=LINKS))[1]
    assert not {b["block_id"] for b in one} & {b["block_id"] for b in two}


def test_the_plan_is_a_plan_block_or_lines_where_the_workspace_has_none() -> None:
    _, shown = rendered(chat.card(state("verifying"), now=NOW, links=LINKS))
    [plan] = [b for b in shown if b["type"] == "plan"]
    assert [t["status"] for t in plan["tasks"]] == [
        "complete",
        "complete",
        "in_progress",
        "pending",
        "pending",
    ]
    _, told = card("verifying", "classic")
    assert "Done: Reproduce the failure" in told and "*Now: Run checks*" in told
    assert "Next: Open draft PR, wait for CI, Adversarial review" in told


def test_that_workers_are_away_is_said_until_work_starts() -> None:
    _, told = card("received, queue down")
    assert "My workers cannot be reached" in told
    away = Noted("SYS-001", "My workers cannot be reached")
    working = a_run(away, *runs.PROVISIONED)
    _, shown = rendered(chat.card(working, now=NOW, links=LINKS))
    assert "cannot be reached" not in words_of(shown)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pr open", "CI running (1 of 2)"),
        ("ci fixing", "CI failed: job-1, fixing (round 1 of 2)"),
        ("no CI", "No CI in this repo"),
        ("reviewing", "CI 2 of 2 passed"),
        ("ready", "CI 2 of 2 passed"),
    ],
)
def test_the_ci_line_speaks_the_catalogues_words(name: str, line: str) -> None:
    assert line in card(name)[1]


def test_a_check_that_waits_for_a_maintainer_is_named_as_such() -> None:
    waiting = a_run(*runs.OPENED, runs.checks(Conclusion.action_required))
    assert words.ci_words(waiting) == "CI waiting for a maintainer to approve the run"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("reviewing", "Correctness: pass"),
        ("ready", "Tests and scope: pass, 1 note"),
        ("revising", "Security: blocking: 1"),
        ("waived", "Security: waived: 1"),
        ("no review", "Security: could not review: the model refused"),
    ],
)
def test_verdicts_speak_the_catalogues_words(name: str, line: str) -> None:
    assert line in card(name)[1]


def test_less_than_full_isolation_is_shown() -> None:
    assert "*reduced isolation*" in card("reduced isolation")[1]
    assert "isolation" not in card("coding")[1]


def test_a_repository_that_the_person_may_not_know_is_not_named() -> None:
    text, told = card("not readable")
    assert "acme/api" not in told + text


def test_steering_is_counted_on_the_card() -> None:
    assert "steered 1× (1 waiting)" in card("steered")[1]


def test_a_broken_step_says_what_and_when_it_is_tried_again() -> None:
    assert "The model is overloaded. Next try <!date^" in card("recovering")[1]


def test_which_repo_offers_the_candidates_and_a_search() -> None:
    _, shown = rendered(chat.post("M2", state("which repo"), now=NOW, links=LINKS))
    actions = actions_of(shown)
    assert list(actions) == ["repo_pick_0", "repo_pick_1", "repo_pick_2", "repo_other"]
    assert json.loads(actions["repo_pick_1"]["value"]) == {"t": "R-1042", "q": 1, "r": "acme/payments"}
    assert [b["block_id"] for b in shown] == ["q-1", "qa-1", "qc-1"]
    text, _ = posted("M2")
    assert text == "R-1042 needs you: which repository? 3 candidates. Clock paused."


def test_a_question_of_the_agent_offers_its_options() -> None:
    _, shown = rendered(chat.post("M3", state("agent asks"), now=NOW, links=LINKS))
    actions = actions_of(shown)
    assert actions["q_opt_1"]["text"]["text"] == "B: use the account's currency"
    assert json.loads(actions["q_opt_1"]["value"]) == {"t": "R-1042", "q": 2, "o": 1}
    assert "q_free" in actions


def test_an_opened_pull_request_mentions_nobody() -> None:
    text, told = posted("M5")
    assert "<@" not in told
    assert "+38 −4 in 3 files · opened in" in told and "(target 30 min) · CI running (1 of 2)" in told
    assert text.startswith("R-1042: draft PR #812 opened in ")


def test_a_ready_post_mentions_the_requester_and_says_what_is_proven() -> None:
    text, told = posted("M6")
    assert told.startswith(
        "<@U1> *Ready for your review:* <https://github.com/acme/api/pull/812|acme/api#812>"
    )
    assert "fixed: `test` failed before and passes now" in told
    assert "Correctness: pass · Security: pass · Tests and scope: pass, 1 note" in told
    assert "Batch import path" in told and "api/serializers.py:88" in told
    assert text.startswith("R-1042 is ready for your review: PR #812. CI 2 of 2 passed. 3 reviewers:")


def ready_with(gate: GateResult) -> Run:
    told = [Gated(HEAD, (gate,)) if isinstance(x, Gated) else x for x in EVERY_STATE["ready"]]
    return a_run(*told)


def test_nothing_is_called_fixed_unless_a_check_failed_before_and_passes_now() -> None:
    green_before = GateResult("test", GateOutcome.passed, "pass", "pass", tests_base=40, tests_head=42)
    claim = ready_with(green_before)
    assert words.proof_words(claim) == (
        "changed, not verified: no check failed before and passes now (42 tests on head, 2 new)"
    )
    unrun = GateResult("test", GateOutcome.not_run, "not run", "not run")
    assert words.proof_words(ready_with(unrun)) == "changed, not verified: no test ran"


def test_tests_that_stay_red_verify_nothing() -> None:
    red = GateResult("test", GateOutcome.red_before, "fail", "fail", tests_base=40, tests_head=40)
    held = GateResult("still-red", GateOutcome.needs_human, "fail", "fail")
    run = a_run(*(Gated(HEAD, (red, held)) if isinstance(x, Gated) else x for x in EVERY_STATE["ready"]))
    assert words.proof_words(run) == (
        "changed, not verified: the tests fail as they did before the change, and none shows what it mends"
    )
    assert words.turned_green(run) == () and run.awaited_approvals == ("still-red",)


def test_what_is_fixed_is_told_apart_from_what_stays_red() -> None:
    detail = "2 tests failed before the change already; no other fails."
    red = GateResult("test", GateOutcome.red_before, "fail", "fail", detail, tests_base=40, tests_head=41)
    proof = GateResult("proof", GateOutcome.passed, "fail", "pass", "test_new fails without the change.")
    run = a_run(*(Gated(HEAD, (red, proof)) if isinstance(x, Gated) else x for x in EVERY_STATE["ready"]))
    assert words.proof_words(run) == (
        "fixed: test_new fails without the change; not everything: 2 tests failed before the change already; no other fails"
    )


def test_a_dispute_names_the_finding_its_place_and_its_evidence() -> None:
    run = state("disputed")
    _, shown = rendered(chat.post("M7", run, now=NOW, links=LINKS))
    told = words_of(shown)
    assert "*You decide:* Security and the author disagree after 1 round." in told
    assert "*Security (blocking):* The 422 body echoes the raw payload `api/views.py:141`" in told
    drawn = {"t": "R-1042", "v": run.seq, "f": 3, "d": "fix"}
    assert json.loads(actions_of(shown)["ds_fix"]["value"]) == drawn


def test_a_failure_says_what_happened_what_was_tried_and_what_is_left() -> None:
    text, told = posted("M8")
    assert "*What happened:* The checks still fail after 3 rounds: test." in told
    assert "*What I tried:* 3 rounds of repair" in told and "*What is left:* Nothing was pushed." in told
    assert "`AGT-007 gates_red`" in told and "counted as a miss" in told
    assert "Nothing was pushed." in text


def test_a_failing_ci_shows_its_last_lines_and_no_more_than_twelve() -> None:
    log = "\n".join(f"line {n}" for n in range(40))
    run = a_run(
        *runs.OPENED,
        runs.checks(Conclusion.failure),
        CiJudged(HEAD, "red", log),
        Failed("CI-003", "lint still fails after 2 rounds."),
    )
    _, shown = rendered(chat.post("M8", run, now=NOW, links=LINKS))
    [excerpt] = [b["text"]["text"] for b in shown if "line 39" in str(b)]
    assert "line 28" in excerpt and "line 27" not in excerpt


def test_a_vendors_raw_error_is_never_shown() -> None:
    raw = "GitHub refused POST /repos/acme/api/pulls (422: Validation Failed)"
    run = a_run(*runs.GATED, EffectFailed("host.open_pr", "GIT-005", raw), Failed("GIT-005", raw))
    for message in (chat.post("M8", run, now=NOW, links=LINKS), chat.card(run, now=NOW, links=LINKS)):
        text, shown = rendered(message)
        assert "422" not in words_of(shown).replace("Return 422", "") and "POST" not in text
        assert "GitHub did not open the pull request." in words_of(shown)


def test_a_stop_by_someone_else_tells_the_requester_who_and_what_is_left() -> None:
    _, told = posted("M14")
    assert told.startswith("<@U1> *Stopped* by <@U2>.")
    assert "Draft PR #812 on branch sortie/R-1042-refund-null; nothing was merged." in told


def test_whoever_stops_their_own_run_is_not_mentioned_for_it() -> None:
    assert "<@" not in posted("M14", "stopped")[1]


def test_a_settled_question_has_no_buttons_left() -> None:
    text, shown = rendered(chat.settled(answer="acme/api", by=ADA.id))
    assert words_of(shown) == "Answered by <@U1>: *acme/api*" and text == "Answered: acme/api"
    assert not actions_of(shown)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no write", "GitHub says `octocat` has *read* on `acme/api`, and starting work needs *write*."),
        ("not linked", "Connect your GitHub account to start this."),
        ("not readable", "That repository cannot be read with your GitHub account."),
    ],
)
def test_a_refusal_names_the_rule_and_who_can_help(name: str, line: str) -> None:
    _, shown = rendered(chat.refusal(state(name), now=NOW, links=LINKS))
    told = words_of(shown)
    assert line in told and "Your message is kept as context." in told
    if name == "not readable":
        assert "acme/api" not in told


HOSTILE = (
    "<!channel> <!here> <!everyone> <!subteam^S1> <@U2> <https://evil.example|Approve> & *Merged* ~x~ "
    "@here :white_check_mark: https://evil.example/a-canary-secret-4417 `a` ``` \x1b[31m\u202e\u200b\n*Ready*"
)


def hostile(text: str) -> list[Run]:
    """Runs whose every word of a person, an agent or a log is this text."""
    finding = Finding(1, "security", Severity.blocking, text, 1, text, text, text)
    submitted = Submitted(HEAD, "t", runs.BASE, text, text, (LookFirst(text, 1, text),), (text,), 1, 1, 1)
    swapped = [submitted if isinstance(x, Submitted) else x for x in runs.BLOCKED]
    swapped = [PlanMade((text, text)) if isinstance(x, PlanMade) else x for x in swapped]
    swapped = [
        LensReported(runs.verdict("security", finding)) if isinstance(x, LensReported) else x for x in swapped
    ]
    return [
        a_run(QuestionAsked(1, "repo", text, (text, "acme/api"), text), title=text, text=text),
        a_run(*runs.PROVISIONED, QuestionAsked(1, "agent", text, (text,) * 4), Noted("X", text), title=text),
        a_run(*swapped, Disputed(HEAD), title=text),
        a_run(*swapped, Disputed(HEAD), DisputeDecided(ADA, False, text), MadeReady(812), title=text),
        a_run(*swapped, Failed("CI-003", text, text, text), title=text),
        a_run(*swapped, CiJudged(HEAD, "red", text), title=text),
        a_run(Refused("REPO-004", text), title=text),
    ]


@pytest.mark.parametrize("profile", ["plan", "classic"])
def test_words_of_others_do_nothing(profile: Profile) -> None:
    for run in hostile(HOSTILE):
        messages = [chat.card(run, now=NOW, links=LINKS), chat.refusal(run, now=NOW, links=LINKS)]
        messages += [chat.post(p, run, now=NOW, links=LINKS) for p in MEANT_FOR]
        messages.append(chat.settled(answer=HOSTILE, by="U1"))
        for message in messages:
            text, shown = rendered(message, profile)
            told = parsed_by_slack(shown) + text
            for token in ("<!channel", "<!here", "<!everyone", "<!subteam", "<@U2>", "<https://evil"):
                assert token not in told, token
            outside_code = re.sub(r"`[^`\n]*`", "", told)
            assert "@here" not in outside_code and ":white_check_mark:" not in outside_code
            assert "canary" not in json.dumps(shown) + text
            assert "\x1b" not in told and "\u202e" not in told
            assert "*Merged*" not in outside_code


def test_addresses_in_words_of_others_do_not_become_links() -> None:
    _, shown = rendered(chat.card(hostile(HOSTILE)[0], now=NOW, links=LINKS))
    holders = [b["text"] for b in shown if b["type"] == "section" and "evil" in str(b)]
    assert holders and all(t["verbatim"] for t in holders)


ALPHABET = st.one_of(
    st.text(max_size=10_000),
    st.text(alphabet="<>&|*_~`!@#:\n\r\t אب\u202e\u2066💥\\\"'", max_size=3_000),
    st.lists(
        st.sampled_from([HOSTILE, "`" * 7, "a-canary-secret-4417", "x" * 900, "&" * 500, "𝔘" * 300, " "]),
        max_size=12,
    ).map("".join),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ALPHABET)
def test_any_text_at_all_gives_valid_payloads_with_a_sentence(text: str) -> None:
    for run in hostile(text):
        for profile in ("plan", "classic"):
            rendered(chat.card(run, now=NOW, links=LINKS), profile)
        for post in MEANT_FOR:
            _, shown = rendered(chat.post(post, run, now=NOW, links=LINKS))
            assert "canary-secret" not in json.dumps(shown)
        rendered(chat.refusal(run, now=NOW, links=LINKS))
        rendered(chat.settled(answer=text, by="U1"))


def test_a_stop_from_the_run_page_names_its_person_without_a_broken_mention() -> None:
    stopped = a_run(StopRequested(Person("web", "", "page", "somebody at the run page")))
    for message in (
        chat.post("M14", stopped, now=NOW, links=LINKS),
        chat.card(stopped, now=NOW, links=LINKS),
    ):
        told = json.dumps(rendered(message)[1])
        assert "<@page>" not in told and "somebody at the run page" in told


def test_the_card_says_for_whom_it_revises_who_pushed_and_who_holds() -> None:
    ben = Person("github", "github", "9", "ben")
    remarks = [Remark(Place.inline, n, ben, "Rename it.", path="a.py", line=1) for n in range(4)]
    told: list[Event] = [*PASSED, MadeReady(812)]
    told += [x for r in remarks for x in (Remarked(812, r), PermissionSeen(r.key, "ben", 9, Role.write))]
    started = RoundStarted(1, Kind.comments, tuple(r.key for r in remarks), HEAD)
    said = words_of(rendered(chat.card(a_run(*told, started), now=NOW, links=LINKS))[1])
    assert "*Revising* for ben (4 comments)" in said
    moved = a_run(*told, PullRequestMoved(812, "open", False, "9" * 40, "ben"))
    assert "commits by ben on the branch" in words_of(rendered(chat.card(moved, now=NOW, links=LINKS))[1])
    hold = Remark(Place.comment, 9, ben, "@sortie hold", "hold")
    held = a_run(*told, Remarked(812, hold), PermissionSeen(hold.key, "ben", 9, Role.write))
    assert "on hold for ben" in words_of(rendered(chat.card(held, now=NOW, links=LINKS))[1])


@pytest.mark.parametrize(("name", "status"), [("failed", "error"), ("stopped", "pending")])
def test_a_card_of_a_run_that_ended_shows_no_step_under_way(name: str, status: str) -> None:
    _, shown = rendered(chat.card(state(name), now=NOW, links=LINKS))
    steps = [task["status"] for block in shown if block["type"] == "plan" for task in block["tasks"]]
    assert "in_progress" not in steps and steps[0] == status


def test_a_queued_run_is_not_called_starting() -> None:
    assert "*Queued* · PR due" in card("queued")[1] and "*Accepted* — starting" in card("received")[1]
