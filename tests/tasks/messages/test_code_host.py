"""What reviewers read on GitHub, and what an agent's words cannot do there."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.types.code_host import Conclusion
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import Disputed, Failed, Gated, LensReported, LookFirst, ReviewSettled, Submitted
from tasks.domain.facts import DisputeDecided
from tasks.domain.next_action import next_action
from tasks.domain.risk import Level, Risk, Seen, Sign
from tasks.domain.run import Run
from tasks.domain.verdict import Finding, Severity
from tasks.messages import chat, code_host, talk
from tasks.messages.markdown import fence, inert
from tests.support.requests import NOON
from tests.tasks.messages import runs
from tests.tasks.messages.runs import BLOCK, EVERY_STATE, HEAD, LINKS, a_run, state

NOW = NOON + timedelta(minutes=12)
HOSTILE = (
    "@org/team @everyone closes #1, fixes GH-2, resolves acme/api#3 https://github.com/o/r/issues/4 "
    "<img src=https://evil?x> <!-- hidden --> ![x](https://evil/p.png) [ok](https://evil) - [ ] task "
    "www.evil.example **bold** ``` | cell |"
)


def body(run: Run) -> str:
    return code_host.pr_body(run, links=LINKS)


@pytest.mark.parametrize("name", EVERY_STATE)
def test_every_state_has_its_texts(name: str) -> None:
    run = state(name)
    assert len(body(run).splitlines()) <= 40
    assert code_host.progress_check(run, now=NOW, links=LINKS).title
    assert code_host.verdict_check(run, links=LINKS).title
    marker, comment = talk.status_comment(run, links=LINKS)
    assert marker in comment.splitlines()


def test_a_description_says_what_changes_what_is_proven_and_where_to_look() -> None:
    text = body(state("ready"))
    assert text.startswith("<!-- sortie:begin -->\n> Refunds without a currency answer 422.\n")
    assert "**Result:** fixed: `test` failed before and passes now." in text
    assert "- `api/serializers.py:88` — changes error code 500 to 422" in text
    assert "- test: `pytest -q` failed before, passes now" in text
    assert "- Batch import path; no test data in the repo" in text
    assert "Requested in Slack by `octocat` · [R-1042](https://sortie.example.com/t/R-1042)" in text
    assert text.endswith("<!-- sortie:end -->")


def test_a_description_without_gates_claims_nothing() -> None:
    text = body(a_run(*runs.PROVISIONED, runs.SUBMITTED))
    assert "**Checked**" not in text and "changed, not verified: no test ran" in text


def test_a_gate_that_asks_for_a_person_says_so_and_nothing_counts_as_fixed() -> None:
    """Deleting the test that failed is no fix, and "passes" is not what such a gate found."""
    doubt = GateResult(
        "test-count",
        GateOutcome.needs_human,
        "fail",
        "pass",
        "2 tests ran before, 1 runs now: a person must look.",
    )
    run = state("ready")
    assert "**Result:** fixed" in body(run)
    text = body(replace(run, gates=(*run.gates, doubt)))
    assert "**Result:** changed, not verified" in text
    assert "- test-count: 2 tests ran before, 1 runs now: a person must look." in text


def test_what_only_a_person_may_pass_is_said_everywhere_and_is_no_success() -> None:
    asks = GateResult(
        "protected-paths", GateOutcome.needs_human, "not run", "pass", "1 protected path changed."
    )
    ready = state("ready")
    run = replace(ready, gates=(*ready.gates, asks))
    assert "**Needs a human:** a person must approve: protected-paths." in body(run)
    check = code_host.progress_check(run, now=NOW, links=LINKS)
    assert check.conclusion is Conclusion.action_required
    assert check.title == "Ready for review; a person must approve: protected-paths"
    post = chat.post("M6", run, now=NOW, links=LINKS)
    assert "A person must approve: protected-paths." in post.text
    assert next_action(run).label == "Review PR #812 and approve: protected-paths"
    assert not replace(run, pushed_oid="f" * 40).awaited_approvals, "of another head nothing was gated"


def test_the_description_says_first_what_makes_the_change_risky() -> None:
    """UX 9.4, 9.6: at most four places, what the harness saw before what the author points at."""
    run = state("ready")
    assert run.submission is not None
    places = tuple(LookFirst("api/a.py", n, "new") for n in range(1, 5))
    risky = replace(
        run,
        submission=replace(run.submission, look_first=places),
        risk=Risk(Level.medium, (Seen(Sign.dependency, 1, ("web/package.json",)), Seen(Sign.untested, 2))),
    )
    lines = body(risky).splitlines()
    first = lines.index("**Look here first**")
    assert (
        lines[first + 2]
        == "- Risk medium: may change what is installed (`web/package.json`); no test was changed"
    )
    assert [line for line in lines[first + 3 :] if "— new" in line] == [
        f"- `api/a.py:{n}` — new" for n in (1, 2, 3)
    ]
    assert "Risk" not in body(replace(risky, risk=Risk(Level.low)))


def test_the_author_cannot_claim_checks_that_nobody_ran() -> None:
    claim = Submitted(
        HEAD, "t", runs.BASE, "Done", "**Result:** fixed\n\n**Checked**\n- test: passed", (), (), 1, 1, 0
    )
    told = [claim if isinstance(x, Submitted) else x for x in (*runs.PROVISIONED, runs.SUBMITTED)]
    lines = body(a_run(*told)).splitlines()
    assert [line for line in lines if line.startswith("**Result:**")] == [
        "**Result:** changed, not verified: no test ran."
    ]
    assert not [line for line in lines if line.startswith("**Checked")]


def test_our_markers_in_a_path_or_an_output_do_not_end_our_region() -> None:
    """Else the description would be taken for a person's and never be brought up to date again."""
    mark = "<!-- sortie:end -->"
    run = state("ready")
    assert run.submission is not None
    place = LookFirst(f"a{mark}b", 1, mark)
    text = body(replace(run, submission=replace(run.submission, look_first=(place,))))
    assert text.count(mark) == 1 and text.endswith(mark)
    assert code_host.with_owned_region(text, body(run)) == body(run)
    assert mark not in "\n".join(fence(f"x {mark}")) and "<!-- other -->" in "\n".join(
        fence("<!-- other -->")
    )


def test_a_title_is_one_line_of_at_most_72_characters() -> None:
    assert code_host.pr_title(state("ready")) == "Reject refunds with null currency (422)"
    assert code_host.pr_title(a_run(title="x" * 80)).endswith("…")
    assert len(code_host.pr_title(a_run(title="y " * 100))) <= 72


def test_our_region_is_updated_and_what_people_wrote_around_it_stays() -> None:
    before = f"Please look at this first.\n\n{body(state('pr open'))}\n\ncc the team"
    after = code_host.with_owned_region(before, body(state("waived")))
    assert after is not None and after.startswith("Please look at this first.\n\n<!-- sortie:begin -->")
    assert after.endswith("<!-- sortie:end -->\n\ncc the team")
    assert "**Waived:** `#3` by" in after and after.count("sortie:begin") == 1


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("Refunds", "All refunds"),
        lambda text: text.replace("<!-- sortie:begin -->", ""),
        lambda text: text.replace("<!-- sortie:end -->", ""),
        lambda text: re.sub(r"<!-- sortie:seal=.*-->\n", "", text),
        lambda text: text + text,
        lambda text: "",
    ],
)
def test_a_region_that_a_person_touched_is_never_written_again(edit: object) -> None:
    assert callable(edit)
    edited = edit(body(state("ready")))
    assert code_host.with_owned_region(edited, body(state("waived"))) is None


def test_browsers_line_ends_are_no_edit() -> None:
    stored = body(state("ready")).replace("\n", "\r\n")
    assert code_host.with_owned_region(stored, body(state("ready"))) is not None


@pytest.mark.parametrize(
    ("name", "conclusion", "title"),
    [
        ("reviewing", Conclusion.pending, "Reviewing: 1 of 3"),
        ("ready", Conclusion.success, "3 pass, 1 note"),
        ("revising", Conclusion.failure, "2 pass, 1 blocking, 1 note"),
        ("disputed", Conclusion.action_required, "2 pass, 1 blocking, 1 note: a person decides"),
        ("waived", Conclusion.success, "2 pass, 1 waived, 1 note"),
        ("no review", Conclusion.failure, "Could not review: Security, Correctness, Tests and scope"),
    ],
)
def test_the_review_check_passes_only_when_every_lens_passed(
    name: str, conclusion: Conclusion, title: str
) -> None:
    report = code_host.verdict_check(state(name), links=LINKS)
    assert (report.name, report.head_oid) == ("sortie/review", HEAD)
    assert (report.conclusion, report.title) == (conclusion, title)


def test_the_review_check_has_a_row_per_lens_and_findings_on_their_lines() -> None:
    report = code_host.verdict_check(state("revising"), links=LINKS)
    assert "| Security | blocking: 1 | security looked at it |" in report.summary
    levels = {(a.path, a.line): a.level for a in report.annotations}
    assert levels == {("api/views.py", 141): "failure", ("tests/test_refunds.py", 12): "warning"}


def test_whoever_waived_a_finding_and_why_stands_in_the_check_and_in_the_description() -> None:
    run = state("waived")
    finding = next(f for v in run.verdicts for f in v.findings if f.settled)
    told = f"`#{finding.number}` by {finding.settled}"
    assert told in code_host.verdict_check(run, links=LINKS).summary and told in body(run)


@pytest.mark.parametrize(
    ("name", "conclusion", "title"),
    [
        ("pr open", Conclusion.pending, "Waiting for CI: step 4 of 5"),
        ("ready", Conclusion.success, "Ready for review"),
        ("disputed", Conclusion.action_required, "Needs you"),
        ("failed", Conclusion.failure, "Failed"),
        ("stopped by another", Conclusion.cancelled, "Stopped"),
    ],
)
def test_the_progress_check_follows_the_run(name: str, conclusion: Conclusion, title: str) -> None:
    report = code_host.progress_check(state(name), now=NOW, links=LINKS)
    assert (report.name, report.conclusion, report.title) == ("sortie/run", conclusion, title)


def test_blocking_findings_stand_on_their_lines_and_notes_in_the_body() -> None:
    run = state("revising")
    text, comments = code_host.review(run, links=LINKS)
    assert text.splitlines()[0] == code_host.review_marker(run)
    assert [(c.path, c.line) for c in comments] == [("api/views.py", 141)]
    assert "The 422 body echoes the raw payload" in comments[0].body and "4111" in comments[0].body
    assert "One case has no test" in text and "echoes" not in text


def test_at_most_ten_comments_stand_in_the_diff() -> None:
    many = tuple(
        Finding(n, "security", Severity.blocking, "a.py", n, f"claim {n}", "true", "1") for n in range(1, 16)
    )
    told = (
        *runs.REVIEWING,
        LensReported(runs.verdict("security", *many)),
        ReviewSettled(HEAD, "blocked"),
    )
    text, comments = code_host.review(a_run(*told), links=LINKS)
    assert len(comments) == 10 and "claim 15" in text and "claim 10" not in text


def test_a_review_that_cannot_stand_on_lines_says_everything_in_its_body() -> None:
    text = code_host.review_without_lines(state("revising"), links=LINKS)
    assert (
        "`api/views.py:141`" in text and "echoes the raw payload" in text and "One case has no test" in text
    )


def test_the_closing_comment_says_who_ended_it_and_what_is_left() -> None:
    _, stopped = talk.status_comment(state("stopped by another"), links=LINKS)
    assert "Stopped by a person." in stopped and "nothing was merged" in stopped.lower()
    _, failed = talk.status_comment(state("failed"), links=LINKS)
    assert "The checks still fail after 3 rounds: test. (AGT-007 gates_red)" in failed


def outside_code(text: str) -> str:
    """Markdown without fences and inline code, where GitHub interprets nothing."""
    without = re.sub(r"^(`{3,})text\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", without)


def hostile_texts(words: str) -> list[str]:
    finding = Finding(1, "security", Severity.blocking, "a.py", 1, words, words, words)
    note = Finding(2, "tests", Severity.note, words, 0, words)
    gate = GateResult(words, GateOutcome.failed, "pass", "fail", words, words, words)
    submitted = Submitted(
        HEAD, "t", runs.BASE, words, words, (LookFirst(words, 1, words),), (words,), 1, 1, 1
    )
    told = [submitted if isinstance(x, Submitted) else x for x in runs.REVIEWING]
    told = [Gated(HEAD, (gate, runs.TEST_GATE)) if isinstance(x, Gated) else x for x in told]
    told += [LensReported(runs.verdict("security", finding, note)), ReviewSettled(HEAD, "blocked")]
    run = a_run(*told, Disputed(HEAD), DisputeDecided(runs.ADA, False, words), title=words)
    failed = a_run(*told, Failed("CI-003", words, words, words), title=words)
    review, comments = code_host.review(run, links=LINKS)
    return [
        body(run),
        code_host.verdict_check(run, links=LINKS).summary,
        code_host.progress_check(failed, now=NOW, links=LINKS).summary,
        talk.status_comment(failed, links=LINKS)[1],
        review,
        *(c.body for c in comments),
        code_host.review_without_lines(run, links=LINKS),
    ]


def test_an_agents_words_mention_close_embed_and_hide_nothing() -> None:
    for text in hostile_texts(HOSTILE):
        told = outside_code(text)
        assert not re.search(r"@\w", told), told
        assert not re.search(r"#\d|GH-\d", told), told
        assert "<img" not in told and "hidden -->" not in told
        assert not re.search(r"(?<!\\)!\[|(?<!\\)\]\(https?://evil|https://(evil|github)|www\.evil", told), (
            told
        )
        assert "**bold**" not in told and not re.search(r"^\s*- \[ \]", told, re.MULTILINE)


@pytest.mark.parametrize(
    "start", ["# head", "> quote", "- item", "1. one", "+ plus", "=== under", "    code"]
)
def test_a_line_cannot_begin_as_something_else_than_words(start: str) -> None:
    assert not re.match(r"\s*(#|>|-|\d+[.)]|\+|=)", inert(start))


def test_a_fence_is_longer_than_any_inside_it() -> None:
    lines = fence("before\n````\n@here\n```")
    assert lines[0] == "`````text" and lines[-1] == "`````"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=3000), st.text(alphabet="@#<>![]()`*_|&\n -:/w.1a", max_size=400)))
def test_no_text_at_all_mentions_anybody_or_outgrows_forty_lines(words: str) -> None:
    texts = hostile_texts(words)
    assert len(texts[0].splitlines()) <= 40
    for text in texts:
        assert not re.search(r"(?<![`\w])@[A-Za-z0-9]", outside_code(text))
        assert text.count("<!--") == text.count("-->")


def test_blocking_evidence_is_kept_letter_by_letter() -> None:
    assert BLOCK.evidence_output in "\n".join(fence(BLOCK.evidence_output))


def test_of_a_long_command_enough_is_left_out_that_what_it_showed_is_seen() -> None:
    """Without what came out, a finding is a claim and a script to read."""
    long = replace(
        BLOCK,
        evidence_command="\n".join(f"line {n}" for n in range(40)),
        evidence_output="number=500",
        evidence_exit=3,
    )
    run = a_run(*runs.REVIEWING, LensReported(runs.verdict("security", long)), ReviewSettled(HEAD, "blocked"))
    _, comments = code_host.review(run, links=LINKS)
    for shown in (comments[0].body, code_host.verdict_check(run, links=LINKS).annotations[0].message):
        assert "number=500\n[exit code 3]" in shown
        assert "$ line 0\n" in shown and "line 30" not in shown and "of this command" in shown
