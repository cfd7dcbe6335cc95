"""The check sortie/review: what it concludes of any verdicts, and where findings stand (UX §9.2, 9.3, UX-18)."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.types.chat import MessageRef
from integrations.types.code_host import Conclusion
from tasks.domain.decisions import LensReported, ReviewSettled
from tasks.domain.facts import Replied
from tasks.domain.verdict import LENSES, Decision, Finding, LensVerdict, combine
from tasks.messages import code_host, talk
from tests.support.requests import NOON
from tests.tasks.messages.runs import BEN, BLOCK, HEAD, LINKS, NOTE, REVIEWING, a_run, state, verdict

VERDICTS = st.sampled_from(
    [
        (Decision.passed, ()),
        (Decision.passed, (NOTE,)),
        (Decision.block, (BLOCK,)),
        (Decision.block, (BLOCK, NOTE)),
        (Decision.unavailable, ()),
        (Decision.unavailable, (NOTE,)),
        None,
    ]
)


@settings(deadline=None, max_examples=120)
@given(st.tuples(VERDICTS, VERDICTS, VERDICTS), st.booleans())
def test_what_the_review_check_concludes_of_any_verdicts(
    told: tuple[tuple[Decision, tuple[Finding, ...]] | None, ...], fail_open: bool
) -> None:
    """UX 9.2 and UX-18: could not review never comes out as a pass, notes alone never hold anything up."""
    lenses = dict(zip(LENSES, told, strict=True))
    said = {
        lens: LensVerdict(
            lens, HEAD, given[0], "looked", given[1], "down" if given[0] == "unavailable" else ""
        )
        for lens, given in lenses.items()
        if given
    }
    outcome = combine(said.values(), head_oid=HEAD)
    run = a_run(*REVIEWING, *map(LensReported, said.values()), ReviewSettled(HEAD, outcome))
    report = code_host.verdict_check(replace(run, rules=replace(run.rules, fail_open=fail_open)), links=LINKS)
    decisions = {given[0] if given else Decision.unavailable for given in told}
    if Decision.block in decisions:
        expected = Conclusion.failure
    elif Decision.unavailable in decisions:
        expected = Conclusion.neutral if fail_open else Conclusion.failure
        assert report.title.startswith("Could not review: ")
    else:
        expected = Conclusion.success
    assert report.conclusion is expected
    if Decision.unavailable in decisions:
        assert report.conclusion is not Conclusion.success


def test_a_finding_is_named_by_the_number_that_a_waiver_names_and_the_number_refers_to_no_issue() -> None:
    """UX 9.3: `@sortie waive #3 …` needs a 3 to be seen."""
    run = state("revising")
    _, [comment] = code_host.review(run, links=LINKS)
    assert comment.body.splitlines()[1].startswith("**`#3` Security (blocking):** The 422 body")
    assert "**`#1` Tests and scope (note):** One case" in code_host.review(run, links=LINKS)[0]
    assert {a.title for a in code_host.verdict_check(run, links=LINKS).annotations} == {
        "#3 Security (blocking)",
        "#1 Tests and scope (note)",
    }


def test_findings_beyond_a_hundred_stand_in_the_text_and_blocking_ones_on_their_lines_first() -> None:
    """UX 9.2: at most a hundred annotations in all, the rest in the text."""
    notes = tuple(replace(NOTE, number=n, line=n, claim=f"case {n} @all") for n in range(1, 121))
    told = (
        *REVIEWING, LensReported(verdict("correctness", *notes)),
        LensReported(verdict("security", BLOCK)), ReviewSettled(HEAD, "blocked"),
    )  # fmt: skip
    report = code_host.verdict_check(a_run(*told), links=LINKS)
    assert len(report.annotations) == 100 and report.annotations[0].level == "failure"
    assert "| `#99` | `tests/test_refunds.py:99` |" not in report.summary
    for n in range(100, 121):
        assert f"| `#{n}` | `tests/test_refunds.py:{n}` | case {n} @\u200ball |" in report.summary
    short = code_host.verdict_check(state("revising"), links=LINKS)
    assert "Further findings" not in short.summary and "Further findings" in report.summary


def test_nothing_of_the_thread_stands_on_the_pull_request() -> None:
    """UX 9.4: a private channel's words and links stay there; the pull request says that it was asked for in Slack, and by whom."""
    secret = "our customer Initech loses money, see https://acme.slack.com/archives/C1/p1795185120000100"
    steered = Replied(BEN, f"hurry, {secret}", MessageRef("C1", "9.0"), True)
    told = [
        *REVIEWING[:6],
        steered,
        *REVIEWING[6:],
        LensReported(verdict("security", BLOCK)),
        ReviewSettled(HEAD, "blocked"),
    ]
    run = a_run(*told, text=secret)
    review, comments = code_host.review(run, links=LINKS)
    texts = (
        code_host.pr_title(run), code_host.pr_body(run, links=LINKS), review, *(c.body for c in comments),
        code_host.verdict_check(run, links=LINKS).summary, code_host.progress_check(run, now=NOON, links=LINKS).summary,
        talk.status_comment(run, links=LINKS)[1],
    )  # fmt: skip
    for text in texts:
        assert not any(word in text for word in ("Initech", "slack.com", "hurry", "C1", "U1", "U2")), text
    assert "Requested in Slack by `octocat`" in texts[1]
