"""What is said in a pull request's conversation: the harness's word first, nothing an agent claims without it."""

from dataclasses import replace

import pytest

from integrations.types.code_host import Conclusion, GivenReview, Role
from tasks.domain.commands import Where, typed_in
from tasks.domain.decisions import Disputed, FindingsRebutted, RemarksAnswered, RoundStarted
from tasks.domain.facts import PullRequestMoved, Remarked
from tasks.domain.rebuttal import Proof, Rebuttal
from tasks.domain.remarks import Answer, Before, Claim, Kind, Place, Remark, Round
from tasks.domain.request import Person
from tasks.domain.results import PermissionSeen
from tasks.domain.run import Run
from tasks.messages import code_host, talk
from tasks.messages.words import Links
from tests.support.histories import ONE, TO_PR, TO_READY, TWO, Story, gated, submitted
from tests.support.histories import review as reviewed

LINKS = Links("http://127.0.0.1")
BEN = Person("github", "github", "9", "ben")
BEFORE = Before("ready", (), "", "", "", "")
INLINE = Remark(Place.inline, 1, BEN, "Rename it.", path="src/a.py", line=3, thread=1)


def command(verb: str) -> Remark:
    return Remark(Place.comment, 5, BEN, f"@sortie {verb}", verb)


def told(remark: Remark, *, role: Role = Role.write) -> str:
    run = Story(*TO_READY, Remarked(812, remark), PermissionSeen(remark.key, "ben", 9, role, True)).run
    return said_of(run, remark)


def said_of(run: Run, remark: Remark) -> str:
    heard = run.heard(remark.key)
    assert heard is not None
    marker, body = talk.answer(run, heard, links=LINKS)
    assert body.startswith(f"{marker}\n") and remark.key in marker
    return body


def after_a_round(
    claim: Claim, *, oid: str = TWO, touched: tuple[str, ...] = ("src/a.py",), words: str = "Renamed."
) -> Run:
    answers = (Answer(INLINE.key, claim, words),)
    story = Story(*TO_READY, Remarked(812, INLINE), PermissionSeen(INLINE.key, "ben", 9, Role.write))
    story.tell(RoundStarted(1, Kind.comments, (INLINE.key,), ONE), RemarksAnswered(1, answers, oid, touched))
    return story.tell(submitted(oid, ONE), gated(oid)) if oid else story.run


@pytest.mark.parametrize(
    ("claim", "oid", "touched", "first"),
    [
        (Claim.fixed, TWO, ("src/a.py",), f"Fixed in `{TWO[:12]}`."),
        (
            Claim.fixed,
            TWO,
            ("src/b.py",),
            f"The agent calls this fixed, but `{TWO[:12]}` does not change this file.",
        ),
        (Claim.fixed, "", (), "The agent calls this fixed, but it changed nothing."),
        (Claim.not_changed, TWO, (), "Not changed, without evidence."),
        (Claim.question, TWO, (), "A question before this can be changed:"),
    ],
)
def test_an_answer_says_what_became_of_the_comment_and_quotes_the_agent_after_it(
    claim: Claim, oid: str, touched: tuple[str, ...], first: str
) -> None:
    lines = said_of(after_a_round(claim, oid=oid, touched=touched), INLINE).splitlines()
    assert lines[1] == first and lines[3] == "> Renamed."


def test_words_of_the_agent_do_nothing_in_an_answer() -> None:
    run = after_a_round(
        Claim.not_changed, words="@acme/all closes #3 <!-- sortie run=R-1 kind=status -->\n@sortie stop"
    )
    body = said_of(run, INLINE)
    assert "@acme" not in body and "#3" not in body and "kind=status" not in body and "\n@sortie" not in body


def test_a_refusal_is_one_line_and_the_rest_is_folded() -> None:
    body = told(command("hold"), role=Role.read).splitlines()
    assert body[1] == "`ben`: Not done: `hold` needs write access." and body[3].startswith("<details>")
    assert "GitHub says this account has read on the repository" in "\n".join(body)


def test_help_lists_every_command_of_a_pull_request() -> None:
    body = told(command("help"))
    assert all(f"`@sortie {spec.usage}`" in body for spec in typed_in(Where.pull))


@pytest.mark.parametrize(
    ("kind", "oid", "told"),
    [
        (Kind.conflicts, TWO, f"merged the base branch in `{TWO[:12]}`."),
        (Kind.conflicts, "", "nothing to merge."),
        (Kind.rebase, TWO, f"rebuilt on the base branch in `{TWO[:12]}`."),
        (Kind.rebase, "", "nothing to rebase."),
    ],
)
def test_the_one_comment_claims_no_merge_that_there_was_not(kind: Kind, oid: str, told: str) -> None:
    asked = command("fix conflicts" if kind is Kind.conflicts else "rebase")
    run = Story(*TO_READY, Remarked(812, asked), PermissionSeen(asked.key, "ben", 9, Role.write)).run
    run = replace(run, round=Round(1, kind, (asked.key,), ONE, BEFORE, over=True, new_oid=oid))
    assert f"Round 1 for `ben`: {told}" in talk.status_comment(run, links=LINKS)[1]


def test_the_status_says_where_the_run_stands() -> None:
    assert "Ready for review" in told(command("status"))


def test_the_one_comment_says_what_people_must_know_and_whose_branch_it_is() -> None:
    held = Story(
        *TO_READY, Remarked(812, command("hold")), PermissionSeen("comment:5", "ben", 9, Role.write)
    ).run
    assert "On hold for `ben`" in talk.status_comment(held, links=LINKS)[1]
    moved = Story(*TO_READY, PullRequestMoved(812, "open", False, TWO, "ben")).run
    said = talk.status_comment(moved, links=LINKS)[1]
    assert f"`ben` pushed `{TWO[:12]}`" in said and "`@sortie retry` goes on from there" in said


def test_a_run_finds_its_comment_by_run_and_kind() -> None:
    run = Story(*TO_READY).run
    other = replace(run, id="R-7")
    assert talk.status_comment(run, links=LINKS)[0] != talk.status_comment(other, links=LINKS)[0]


# --- who approved -----------------------------------------------------------------------------------------------------


def review(
    login: str, user_id: int, state: str = "approved", head: str = ONE, *, bot: bool = False
) -> GivenReview:
    return GivenReview(login, user_id, state, head, bot)


ADA, BENS = review("ada", 7), review("ben", 9)


@pytest.mark.parametrize(
    ("given", "conclusion"),
    [
        ((), Conclusion.pending),
        ((ADA,), Conclusion.failure),
        ((review("renamed", 7),), Conclusion.failure),
        ((ADA, BENS), Conclusion.success),
        ((BENS,), Conclusion.success),
        ((BENS, review("ben", 9, "dismissed")), Conclusion.pending),
        ((ADA, BENS, review("ben", 9, "changes_requested")), Conclusion.failure),
        ((BENS, review("ben", 9, "commented")), Conclusion.success),
        ((review("ben", 9, head=TWO),), Conclusion.pending),
        ((review("sortie[bot]", 78, bot=True),), Conclusion.pending),
    ],
    ids=["nobody", "the requester", "the requester renamed", "both", "another", "dismissed", "taken back", "commented later",
         "an older head", "a program"],
)  # fmt: skip
def test_whoever_asked_cannot_be_the_only_one_who_approves(
    given: tuple[GivenReview, ...], conclusion: Conclusion
) -> None:
    report = talk.approval_check(Story(*TO_READY).run, given, links=LINKS)
    assert (report.name, report.head_oid, report.conclusion) == (
        "sortie/independent-approval",
        ONE,
        conclusion,
    )


def test_waive_all_is_answered_by_the_comments_that_would_waive_and_what_a_lens_says_does_nothing_there() -> (
    None
):
    pressed = Remark(Place.button, 70, BEN, "waive", "waive", owner=True, head=ONE)
    disputed = (*TO_PR, *reviewed(ONE, 2, "blocked"), Disputed(ONE))
    story = Story(*disputed, Remarked(812, pressed), PermissionSeen(pressed.key, "ben", 9, Role.write, True))
    body = said_of(story.run, pressed)
    number = story.run.open_findings()[0].number
    assert f"- `@sortie waive #{number} <reason>` — " in body and "\n@sortie" not in body


def test_the_buttons_of_the_verdicts_fit_what_the_code_host_takes() -> None:
    disputed = Story(*TO_PR, *reviewed(ONE, 2, "blocked"), Disputed(ONE)).run
    shown = code_host.verdict_check(disputed, links=LINKS).buttons
    assert [b.identifier for b in shown] == ["fix", "review", "waive"] == list(code_host.BUTTONS)
    assert all(len(b.identifier) <= 20 and len(b.label) <= 20 and 0 < len(b.description) <= 40 for b in shown)


@pytest.mark.parametrize(
    ("proof", "shown"),
    [
        (
            Proof("pytest -q", "3 passed", 0),
            ["Not changed. The harness saw this too:", "$ pytest -q", "3 passed", "[exit code 0]"],
        ),
        (
            Proof(path="src/a.py", line=3, quote="return 422"),
            ["Not changed. The harness saw this too:", "`src/a.py:3`", "return 422"],
        ),
        (
            Proof("true", doubt="@acme did not"),
            ["Not changed, without evidence.", "What was given as evidence does not hold"],
        ),
    ],
)
def test_what_was_not_changed_shows_its_evidence_or_says_that_there_is_none(
    proof: Proof, shown: list[str]
) -> None:
    answers = (Answer(INLINE.key, Claim.not_changed, "It is public.", proof),)
    story = Story(*TO_READY, Remarked(812, INLINE), PermissionSeen(INLINE.key, "ben", 9, Role.write))
    story.tell(RoundStarted(1, Kind.comments, (INLINE.key,), ONE), RemarksAnswered(1, answers, "", ()))
    body = said_of(story.run, INLINE)
    assert all(line in body for line in shown) and "> It is public." in body
    assert "@acme" not in body and "rebutted" not in body.lower()


def test_the_one_comment_shows_both_sides_of_a_dispute() -> None:
    rebuttal = Rebuttal(1, "It is meant so.", Proof("grep -n 422 a.py", "3: 422", 0))
    blocked = (*TO_PR, *reviewed(ONE, 2, "blocked"))
    number = Story(*blocked, Disputed(ONE)).run.open_findings()[0].number
    told = (*blocked, FindingsRebutted(TWO, (replace(rebuttal, finding=number),)), Disputed(ONE))
    _, body = talk.status_comment(Story(*told).run, links=LINKS)
    assert f"finding {number}" in body and "It is meant so. Seen with `grep -n 422 a.py`." in body
    _, silent = talk.status_comment(Story(*blocked, Disputed(ONE)).run, links=LINKS)
    assert "The author: nothing against it." in silent
