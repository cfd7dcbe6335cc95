"""What an author says against a finding or a comment: it counts where the harness saw it too, and its reviewer hears it."""

from typing import Any

import pytest

from integrations.types.code_host import Role
from tasks.domain.decisions import (
    Disputed,
    FindingsRebutted,
    RemarksAnswered,
    ReviewSettled,
    ReviewStarted,
    RoundStarted,
)
from tasks.domain.facts import Remarked
from tasks.domain.next_step import Decide, next_step
from tasks.domain.policy import Policy
from tasks.domain.remarks import Kind, Outcome, Place, Remark, outcome
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, MadeReady, PermissionSeen, PullRequestOpened
from tasks.domain.run import RunState
from tasks.domain.verdict import Severity, Status
from tasks.steps.run.code import code
from tasks.steps.run.review import review
from tests.tasks.steps.story import Story, call, script
from tests.tasks.steps.test_review import finding, lenses, reviewed, verdict, verdicts

HOLDS: dict[str, Any] = {"command": "grep -n x a.py", "exit_code": 0, "output": "x = 1"}
QUOTED: dict[str, Any] = {"path": "a.py", "line": 1, "quote": "x = 1"}
PLAYED: list[dict[str, Any]] = [{"say": "Written."}, {"say": "Handed in."}]
"""The two turns that the worker has behind it."""
DOUBTED = {
    "no evidence": ({}, "it gives no evidence"),
    "another output": ({**HOLDS, "output": "x = 2"}, "did not print"),
    "another end": ({**HOLDS, "exit_code": 3}, "ended with exit code 0, not 3"),
    "only what it says itself": ({"command": "echo fine", "output": "fine"}, "the same without the code"),
    "nothing to compare": ({"command": "true", "exit_code": 0}, "names no command that shows it"),
    "a line that is not there": ({**QUOTED, "quote": "x = 9"}, "does not stand in a.py"),
    "a file that is not there": ({**QUOTED, "path": "gone.py"}, "does not stand in gone.py"),
}


def rebuts(evidence: dict[str, Any]) -> Any:
    said = [{"finding": 1, "text": "It is meant so.", "evidence": evidence}]
    done = {"calls": [call("finish", summary="Nothing to change.", title="Keep it", rebuttals=said)]}
    return script(worker=[*PLAYED, done])


def blocked(story: Story) -> str:
    """Up to the revision of what one lens found; returns the head."""
    event = reviewed(story)
    story.log.tell(PullRequestOpened(812, "http://host/pull/812", event.oid))
    story.play(review, lenses(security=[verdict("block", finding())]))
    assert story.run.state is RunState.revising
    return event.oid


@pytest.mark.parametrize("evidence", [HOLDS, QUOTED], ids=["a command", "a line"])
def test_what_the_harness_saw_too_is_heard_by_the_lens_which_may_let_its_finding_go(
    story: Story, evidence: dict[str, Any]
) -> None:
    head = blocked(story)
    said = story.play(code, rebuts(evidence))
    assert isinstance(said, FindingsRebutted) and said.rebuttals[0].proof.doubt == ""
    assert (story.run.state, story.run.hearing) == (RunState.reviewing, ("security",))
    step = next_step(story.run, Policy(), story.log.now())
    assert step == Decide(ReviewStarted(head, 2))
    story.log.tell(ReviewStarted(head, 2))
    assert story.play(review, lenses()) == ReviewSettled(head, "passed")
    heard = story.prompts("reviewer:security")
    assert "what speaks against your findings" in heard and "x = 1" in heard
    assert "It is meant so" not in heard, "the author's words sway nobody"
    assert not story.prompts("reviewer:correctness"), "only the lens that raised it is asked again"
    found = verdicts(story)["security"].findings
    assert [(f.number, f.severity, f.status) for f in found] == [(1, Severity.note, Status.rebutted)]


def test_a_lens_that_raises_it_again_is_not_overruled_and_a_person_sees_both_sides(story: Story) -> None:
    head = blocked(story)
    story.play(code, rebuts(HOLDS))
    story.log.tell(ReviewStarted(head, 2))
    assert story.play(review, lenses(security=[verdict("block", finding())])) == ReviewSettled(
        head, "blocked"
    )
    assert [f.number for f in story.run.open_findings()] == [1] and story.run.hearing == ()
    story.log.tell(ReviewSettled(head, "blocked"))
    assert next_step(story.run, Policy(), story.log.now()) == Decide(Disputed(head))
    assert story.run.rebutted(1)


@pytest.mark.parametrize("case", DOUBTED)
def test_what_the_harness_does_not_see_rebuts_nothing(story: Story, case: str) -> None:
    head = blocked(story)
    evidence, why = DOUBTED[case]
    assert story.play(code, rebuts(evidence)) == Disputed(head)
    said = story.run.rebuttal_of(1)
    assert said is not None and why in said.proof.doubt and not story.run.rebutted(1)
    assert [f.status for f in story.run.open_findings()] == [Status.open]


def test_a_rebuttal_beside_a_change_counts_only_while_its_evidence_holds_at_the_new_head(
    story: Story,
) -> None:
    blocked(story)
    said = [{"finding": 1, "text": "It is meant so.", "evidence": HOLDS}]
    done = {"calls": [call("finish", summary="More.", title="More", rebuttals=said)]}
    event = story.play(
        code, script(worker=[*PLAYED, {"calls": [call("bash", command="echo y = 3 > b.py")]}, done])
    )
    oid = story.run.submission.oid if story.run.submission else ""
    assert type(event).__name__ == "Submitted" and story.log.of(FindingsRebutted)[0].oid == oid
    story.log.tell(BranchPushed("sortie/R-1042-x", oid), ReviewStarted(oid, 2))
    assert story.play(review, lenses()) == ReviewSettled(oid, "passed")
    assert [f.status for f in verdicts(story)["security"].findings] == [Status.rebutted]


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (HOLDS, Outcome.not_changed),
        (QUOTED, Outcome.not_changed),
        (None, Outcome.unproven),
        (DOUBTED["another output"][0], Outcome.unproven),
    ],
)
def test_a_comment_that_is_not_followed_is_answered_with_evidence_or_said_to_have_none(
    story: Story, evidence: dict[str, Any] | None, expected: Outcome
) -> None:
    event = reviewed(story)
    story.log.tell(PullRequestOpened(812, "http://host/pull/812", event.oid))
    story.play(review, lenses())
    remark = Remark(
        Place.inline, 1, Person("github", "github", "9", "ben"), "Rename it.", path="a.py", line=1, thread=1
    )
    story.log.tell(MadeReady(812), Remarked(812, remark), PermissionSeen(remark.key, "ben", 9, Role.write))
    story.log.tell(RoundStarted(1, Kind.comments, (remark.key,), event.oid))
    given: dict[str, Any] = {"id": remark.key, "outcome": "not_changed", "text": "It is public."}
    given |= {"evidence": evidence} if evidence is not None else {}
    done = {"calls": [call("finish", summary="Nothing.", title="Keep it", answers=[given])]}
    answered = story.play(code, script(worker=[*PLAYED, done]))
    assert isinstance(answered, RemarksAnswered) and answered.oid == ""
    assert story.run.round is not None and outcome(story.run.round, remark) is expected
