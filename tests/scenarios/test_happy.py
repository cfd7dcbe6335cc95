"""From a mention to a pull request that is ready: what the person sees, and what stands behind it."""

import subprocess
from datetime import timedelta
from typing import Any

import pytest

from tasks.domain.facts import Undoing
from tasks.domain.record import lens_records
from tasks.messages.words import proof_words
from tasks.store.records import run_records
from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import GREETING
from tests.scenarios.world import ADA, BEN, REQUEST, World
from tests.support.eventually import until


def test_a_mention_becomes_a_ready_pull_request_with_three_posts(begin: Begin) -> None:
    world = begin()
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)

    posts = world.thread(run_id)
    assert len(posts) == 3, [p["text"] for p in posts]
    assert "ready for your review" in posts[2]["text"].lower()
    assert world.reactions(run_id) == ["twisted_rightwards_arrows"]
    assert {c.name: str(c.conclusion) for c in run.checks} == {"tests": "success"}
    assert [(v.lens, str(v.decision)) for v in sorted(run.current_verdicts(), key=lambda v: v.lens)] == [
        ("correctness", "pass"),
        ("security", "pass"),
        ("tests", "pass"),
    ]
    assert run.head_oid == run.review_head == run.gated_oid
    assert proof_words(run).startswith("fixed: tests/") and not run.awaited_approvals
    pull = _pull(world, run.pr.number if run.pr else 0)
    assert (pull["draft"], pull["state"], pull["head"]["sha"]) == (False, "open", run.head_oid)
    assert pull["user"]["login"] == "sortie[bot]"
    assert sorted(r["login"] for r in pull["requested_reviewers"]) == [
        "ada",
        "ben",
    ]  # who asked, and who owns it


def test_the_pushed_commit_is_the_harnesss_and_fixes_the_bug(begin: Begin) -> None:
    world = begin()
    run = world.reaches(world.asks(), "ready")
    bare = next((world.settings.home.parent / "github" / "repos").glob("*.git"))
    show = subprocess.run(
        ["git", "-C", str(bare), "show", "-s", "--format=%an%n%P%n%B", run.head_oid],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert show[0] == "Sortie"
    assert show[1] == run.base_oid
    assert "Run: R-1001" in show


def test_the_card_is_edited_and_never_posted_again(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)
    assert run.card is not None
    calls = world.get(f"{world.slack}/_sim/requests")["requests"]
    assert sum(c["method"] == "chat.postMessage" for c in calls) == 3
    assert sum(c["method"] == "chat.update" for c in calls) >= 3
    assert all(
        c["args"].get("unfurl_links") in (False, "false") for c in calls if c["method"] == "chat.postMessage"
    )


def test_reviewers_get_the_request_and_the_diff_and_none_of_the_authors_words(begin: Begin) -> None:
    world = begin()
    run = world.reaches(world.asks(), "ready")
    assert run.submission is not None
    reviewing = [p["body"] for p in world.prompts() if "Sortie-Role: reviewer" in str(p["body"]["system"])]
    assert {lens for lens in ("correctness", "security", "tests") if any(f"reviewer:{lens}" in str(b["system"]) for b in reviewing)} == {
        "correctness", "security", "tests",
    }  # fmt: skip
    first_messages = [str(b["messages"][0]) for b in reviewing]
    assert all(REQUEST in text for text in first_messages)
    assert all(
        run.submission.summary not in text and run.submission.title not in text for text in first_messages
    )


def test_merging_on_github_ends_the_run_with_a_reaction_and_no_post(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)
    assert run.pr is not None
    world.acts(user="ben", do="merge", repo="acme/api", number=run.pr.number)
    world.reaches(run_id, "merged", within_s=20)
    world.quiet(run_id)
    assert world.reactions(run_id) == ["large_purple_circle"]
    assert len(world.thread(run_id)) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_merged_change_that_is_reverted_escaped_every_lens_that_passed_it(begin_small: Begin) -> None:
    """A person presses GitHub's button "Revert" and merges what that makes: nothing is posted, and the record knows."""
    world = begin_small()
    run = world.reaches(world.asks(), "ready")
    world.quiet(run.id)
    assert run.pr is not None
    world.acts(user="ben", do="merge", repo="acme/api", number=run.pr.number)
    world.reaches(run.id, "merged", within_s=20)
    back = f"revert-{run.pr.number}-{run.branch}"
    world.acts(
        user="ben",
        do="push_commit",
        repo="acme/api",
        branch=back,
        files={"greeting.py": GREETING["greeting.py"]},
    )
    title, body = 'Revert "Say hello to everybody"', f"Reverts acme/api#{run.pr.number}"
    made = world.acts(user="ben", do="open_pull", repo="acme/api", title=title, head=back, body=body)
    assert _lenses(world) == [("correctness", 1, 0), ("security", 1, 0), ("tests", 1, 0)]
    world.acts(user="ben", do="merge", repo="acme/api", number=made["number"])
    until(lambda: world.run(run.id).undone, within_s=20, what="the revert")
    assert [(u.how, u.by) for u in world.run(run.id).undone] == [(Undoing.revert, f"#{made['number']}")]
    assert _lenses(world) == [("correctness", 1, 1), ("security", 1, 1), ("tests", 1, 1)]
    assert len(world.thread(run.id)) == 3


def _lenses(world: World) -> list[tuple[str, int, int]]:
    with world.store.reading() as tx:
        records = lens_records(run_records(tx.conn, since=tx.now - timedelta(days=1), repo="acme/api"))
    return sorted((record.lens, record.passes, record.escapes) for record in records)


def test_closing_on_github_ends_the_run_even_when_no_webhook_arrives(begin_small: Begin) -> None:
    world = begin_small()
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    assert run.pr is not None
    world.post(f"{world.github}/_sim/faults", {"event": "pull_request", "kind": "drop", "times": 5})
    world.acts(user="ben", do="close", repo="acme/api", number=run.pr.number)
    assert world.reaches(run_id, "closed", within_s=20).closed_by in ("ben", "")


def test_two_people_ask_at_once_and_each_gets_a_thread(begin_small: Begin) -> None:
    world = begin_small()
    first, second = world.asks(user=ADA), world.asks(user=BEN)
    assert first != second
    for run_id in (first, second):
        world.reaches(run_id, "ready", within_s=120)
        world.quiet(run_id)
        assert len(world.thread(run_id)) == 3


def _pull(world: World, number: int) -> dict[str, Any]:
    token = {"Authorization": "Bearer ghp_ben"}
    answer = world.http.get(f"{world.github}/repos/acme/api/pulls/{number}", headers=token)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_demos_worker_answers_reviewers_in_every_way_that_the_guide_names(begin: Begin) -> None:
    """docs/model-scripts.md promises it by a word in each comment; the script decides nothing of how it ends."""
    world = begin(limits={"remarks_wait_s": 1.0})
    run_id = world.asks()
    number = world.reaches(run_id, "ready").pr.number  # type: ignore[union-attr]  # it is ready
    world.quiet(run_id)
    code, tests = "src/payments/refunds.py", "tests/test_refund_currency.py"
    said = {
        "Please add a case for XXX.": (tests, "Fixed in `"),
        "Can you rename this?": (code, "The agent calls this fixed, but"),
        "Why twice?": (code, "Not changed. The harness saw this too:"),
        "Another style, please.": (code, "Not changed, without evidence."),
        "Which of these is it?": (code, "A question before this can be changed:"),
        "Hm.": (code, "the agent said nothing to this comment."),
    }
    lines = {code: 13, tests: 4}
    comments = [
        {"path": path, "line": lines[path], "side": "RIGHT", "body": body} for body, (path, _) in said.items()
    ]
    world.acts(user="ben", do="review", repo="acme/api", number=number, comments=comments)
    until(lambda: world.run(run_id).rounds == 1, within_s=30, what="a round")
    world.reaches(run_id, "ready", within_s=90)
    world.quiet(run_id)
    found = world.on_github(f"pulls/{number}/comments?per_page=100")
    answers = {c["in_reply_to_id"]: c["body"] for c in found if c["user"]["login"] == "sortie[bot]"}
    for comment in (c for c in found if c["user"]["login"] == "ben"):
        assert said[comment["body"]][1] in answers[comment["id"]], comment["body"]
    asked = world.asks_there(number, "@sortie explain why is it read there?", user="ben")
    world.reaches(asked, "answered")
    world.quiet(asked)
    assert any("src/payments/refunds.py:13" in body for body in world.ours_on(number))
