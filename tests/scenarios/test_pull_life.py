"""The pull request as a conversation: reviews, commands and commits of people, from ready on."""

import base64
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.decisions import TurnTaken
from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import FINISH, GREETING, QUICK_CI, Script, script, target, works
from tests.scenarios.world import World
from tests.support.eventually import until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is not what is tested here."""

FIRST = "printf 'def greet():\\n    return \"hello, all\"\\n' > greeting.py && echo note > notes.md"
SECOND = "printf 'def greet():\\n    return \"hello, everybody\"\\n' > greeting.py"
QUICK = {"remarks_wait_s": 1.0}
FOUR = r"(?s)Comment `(?P<a>inline:\d+)`.*Comment `(?P<b>inline:\d+)`.*Comment `(?P<c>inline:\d+)`.*Comment `(?P<d>inline:\d+)`"


def answering(pattern: str, *answers: tuple[str, str, str]) -> Script:
    """A worker that makes the first change, and then the second one for the comments that it answers like this."""
    proof = {"evidence": {"command": "grep -c greet greeting.py", "exit_code": 0, "output": "1"}}
    given = [
        {"id": f"{{{{{name}}}}}", "outcome": said, "text": text, **(proof if said == "not_changed" else {})}
        for name, said, text in answers
    ]
    return script(
        {"when": {"user_matches": pattern}, "goto": "second"},
        {"calls": [{"tool": "bash", "input": {"command": FIRST}}]},
        {"calls": [{"tool": "finish", "input": FINISH}]},
        {"when": {"user_matches": pattern}, "else": "idle"},
        {"label": "second", "calls": [{"tool": "bash", "input": {"command": SECOND}}]},
        {
            "label": "again",
            "calls": [{"tool": "finish", "input": {**FINISH, "answers": given}}],
            "goto": "again",
        },
        {"label": "idle", "say": "Nothing to do.", "goto": "idle"},
    )


ROUNDS = script(
    {"when": {"user_matches": r"Comment `(?P<c>comment:\d+)`"}, "goto": "more"},
    {"calls": [{"tool": "bash", "input": {"command": FIRST}}]},
    {"label": "first", "calls": [{"tool": "finish", "input": FINISH}]},
    {"when": {"user_matches": r"Comment `(?P<c>comment:\d+)`"}, "else": "first"},
    {"label": "more", "calls": [{"tool": "bash", "input": {"command": "date +%N >> notes.md"}}]},
    {
        "label": "again",
        "calls": [
            {
                "tool": "finish",
                "input": {**FINISH, "answers": [{"id": "{{c}}", "outcome": "fixed", "text": "Done."}]},
            }
        ],
    },
    {"when": {"user_matches": r"Comment `(?P<c>comment:\d+)`"}, "goto": "more"},
)
"""A worker that notes the time once more for each comment, as often as there is one."""


@pytest.fixture
def begin_pull(begin: Begin, tmp_path: Path) -> Begin:
    scene = {"target": target(tmp_path / "target", GREETING), "ci": QUICK_CI, "limits": QUICK}
    return lambda **changes: begin(**(scene | changes))


def ready(world: World) -> tuple[str, int]:
    """A run whose pull request waits for its reviewers; its id and the number."""
    run_id = world.asks()
    run = world.reaches(run_id, "ready")
    world.quiet(run_id)
    assert run.pr is not None
    return run_id, run.pr.number


def listed(world: World, path: str) -> list[dict[str, Any]]:
    answer = world.http.get(
        f"{world.github}/repos/acme/api/{path}", headers={"Authorization": "Bearer ghp_ben"}
    )
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def pushes(world: World, run_id: str) -> int:
    return [type(r.event).__name__ for r in world.events(run_id)].count("BranchPushed")


def test_a_review_with_four_comments_is_one_round_one_push_and_four_answers(begin_pull: Begin) -> None:
    world = begin_pull(
        script=answering(
            FOUR,
            ("a", "fixed", "It greets everybody now."),
            ("b", "not_changed", "The name is the public API."),
            ("c", "question", "Which language?"),
            ("d", "fixed", "The note is gone."),
        )
    )
    run_id, number = ready(world)
    comments = [
        {"path": "greeting.py", "line": 2, "side": "RIGHT", "body": "Greet everybody."},
        {"path": "greeting.py", "line": 2, "side": "RIGHT", "body": "Rename it."},
        {"path": "greeting.py", "line": 2, "side": "RIGHT", "body": "Translate it."},
        {"path": "notes.md", "line": 1, "side": "RIGHT", "body": "Remove this."},
    ]
    world.acts(user="ben", do="review", repo="acme/api", number=number, comments=comments)
    world.reaches(run_id, "revising", "verifying", "pr_open", within_s=20)
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)

    assert (run.rounds, pushes(world, run_id)) == (1, 2)
    said = listed(world, f"pulls/{number}/comments?per_page=100")
    asked = [c for c in said if c["user"]["login"] == "ben"]
    assert sorted(world.threads(number)) == [("ben", False)] * 4, "what a person began, a person resolves"
    answers = {c["in_reply_to_id"]: c["body"] for c in said if c["user"]["login"] == "sortie[bot]"}
    assert sorted(answers) == sorted(c["id"] for c in asked) and len(said) == 8
    short = run.head_oid[:12]
    for comment, expected in zip(
        asked,
        (
            f"Fixed in `{short}`",
            "Not changed. The harness saw this too:",
            "A question",
            "does not change this file",
        ),
        strict=True,
    ):
        assert expected in answers[comment["id"]]
    assert asked[0]["reactions"]["eyes"] == 1 and asked[1]["reactions"]["eyes"] == 0
    sticky = [c["body"] for c in listed(world, f"issues/{number}/comments") if "kind=status" in c["body"]]
    assert (
        len(sticky) == 1
        and "Round 1 for `ben`: 1 fixed, 1 not confirmed, 1 not changed, 1 asked back" in sticky[0]
    )
    pull = world.http.get(
        f"{world.github}/repos/acme/api/pulls/{number}", headers={"Authorization": "Bearer ghp_ben"}
    ).json()
    assert "ben" in [r["login"] for r in pull["requested_reviewers"]]
    assert len(world.thread(run_id)) == 3


def test_a_stranger_is_refused_and_whoever_may_stops_the_run_by_a_comment(begin_pull: Begin) -> None:
    world = begin_pull(script=script(*works()))
    run_id, number = ready(world)
    said = world.acts(
        user="chen", do="comment", repo="acme/api", number=number, body="@sortie rename it to hi"
    )
    again = world.acts(user="chen", do="comment", repo="acme/api", number=number, body="@sortie hold")
    asked = world.acts(user="ben", do="comment", repo="acme/api", number=number, body="@sortie stop")
    world.reaches(run_id, "cancelled", within_s=20)
    world.quiet(run_id)

    comments = {c["id"]: c for c in listed(world, f"issues/{number}/comments?per_page=100")}
    assert comments[said["id"]]["reactions"]["-1"] == comments[again["id"]]["reactions"]["-1"] == 1
    assert comments[asked["id"]]["reactions"]["eyes"] == 1
    ours = [c["body"] for c in comments.values() if c["user"]["login"] == "sortie[bot]"]
    refusals = [body for body in ours if "kind=answer" in body]
    assert len(refusals) == 1 and "needs write access" in refusals[0] and "<details>" in refusals[0]
    assert any("Stopped by a person." in body for body in ours)
    assert all("rename it to hi" not in str(p["body"]) for p in world.prompts())


def test_commits_of_a_person_stop_our_pushes_until_a_retry_goes_on_from_them(begin_pull: Begin) -> None:
    world = begin_pull(
        script=answering(r"Comment `(?P<a>inline:\d+)`", ("a", "fixed", "It greets everybody now."))
    )
    run_id, number = ready(world)
    branch = world.run(run_id).branch
    theirs = world.acts(
        user="ben", do="push_commit", repo="acme/api", branch=branch, files={"CHANGES": "Hello.\n"}
    )["sha"]
    until(lambda: world.run(run_id).foreign, what="their commit is seen")
    world.acts(
        user="ben", do="review", repo="acme/api", number=number,
        comments=[{"path": "greeting.py", "line": 2, "side": "RIGHT", "body": "Greet everybody."}],
    )  # fmt: skip
    until(lambda: world.run(run_id).remarks, what="the comment")
    world.quiet(run_id)
    assert (world.run(run_id).state, pushes(world, run_id)) == ("ready", 1)
    labels = [row["name"] for row in listed(world, f"issues/{number}/labels")]
    assert "sortie:needs-human" in labels

    world.acts(user="ben", do="comment", repo="acme/api", number=number, body="@sortie retry")
    until(lambda: world.run(run_id).rounds == 1, within_s=60, what="a round on their head")
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)
    assert run.submission is not None and run.submission.parent_oid == theirs and run.foreign is None
    assert pushes(world, run_id) == 2
    tree = listed(world, f"git/trees/{run.head_oid}")
    assert {"CHANGES", "greeting.py"} <= {row["path"] for row in tree["tree"]}  # type: ignore[call-overload]


def in_round(world: World, run_id: str, number: int) -> bool:
    return world.run(run_id).rounds == number


def edits(world: World, number: int, **changes: str) -> None:
    path = f"{world.github}/repos/acme/api/pulls/{number}"
    answer = world.http.patch(path, headers={"Authorization": "Bearer ghp_ben"}, json=changes)
    assert answer.status_code == 200, answer.text


def told_of(world: World, number: int) -> dict[str, Any]:
    found: Any = listed(world, f"pulls/{number}")
    return dict(found)


def test_what_people_changed_of_title_body_and_branch_survives_three_more_rounds(begin_pull: Begin) -> None:
    """UX-15; and UX 9.4: in all of it nothing is merged, approved, dismissed or forced."""
    world = begin_pull(script=ROUNDS)
    run_id, number = ready(world)
    body = told_of(world, number)["body"].replace("**Result:**", "**Result, as Ben sees it:**")
    edits(world, number, title="Ben's own title", body=f"Read this first.\n\n{body}")
    theirs = world.acts(
        user="ben",
        do="push_commit",
        repo="acme/api",
        branch=world.run(run_id).branch,
        files={"CHANGES": "Hello.\n"},
    )["sha"]
    until(lambda: world.run(run_id).foreign, what="their commit is seen")
    world.acts(user="ben", do="comment", repo="acme/api", number=number, body="@sortie retry")
    until(lambda: world.run(run_id).pushed_oid == theirs, within_s=60, what="their commit is taken up")
    for round_ in (1, 2, 3):
        world.reaches(run_id, "ready", within_s=60)
        world.acts(
            user="ben",
            do="comment",
            repo="acme/api",
            number=number,
            body=f"@sortie once more, round {round_}",
        )
        until(partial(in_round, world, run_id, round_), within_s=60, what=f"round {round_}")
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)

    after = told_of(world, number)
    assert after["title"] == "Ben's own title" and after["body"] == f"Read this first.\n\n{body}"
    tree: Any = listed(world, f"git/trees/{run.head_oid}")
    assert "CHANGES" in {row["path"] for row in tree["tree"]}
    history = [commit["sha"] for commit in listed(world, f"commits?sha={run.head_oid}&per_page=100")]
    assert theirs in history and pushes(world, run_id) == 4
    sticky = [c["body"] for c in listed(world, f"issues/{number}/comments") if "kind=status" in c["body"]]
    assert len(sticky) == 1 and "A person edited the description, so I write it no more." in sticky[0]
    for call in world.get(f"{world.github}/_sim/requests"):
        assert not call["path"].endswith(("/merge", "/dismissals", "/update-branch")), call
        assert "APPROVE" not in str(call.get("body")) and "resolveReviewThread" not in str(
            call.get("body")
        ), call


@pytest.mark.parametrize("command", ["fix conflicts", "rebase"])
def test_conflicts_are_resolved_in_a_merge_commit_or_in_a_rebuilt_one_and_no_marker_is_left(
    begin_pull: Begin, command: str
) -> None:
    resolved = "printf 'def greet():\\n    return \"hello, all and more\"\\n' > greeting.py"
    worker = (
        {"when": {"user_contains": "The harness merged"}, "goto": "merge"},
        {"calls": [{"tool": "bash", "input": {"command": FIRST}}]},
        {"calls": [{"tool": "finish", "input": FINISH}]},
        {"when": {"user_contains": "The harness merged"}, "else": "idle"},
        {
            "label": "merge",
            "calls": [{"tool": "bash", "input": {"command": f"grep -c '<<<<<<<' greeting.py && {resolved}"}}],
        },
        {"when": {"exit_code": 0}, "else": "idle"},
        {"label": "again", "calls": [{"tool": "finish", "input": FINISH}], "goto": "again"},
        {"label": "idle", "say": "Nothing to do.", "goto": "idle"},
    )
    world = begin_pull(script=script(*worker))
    run_id, number = ready(world)
    before = world.run(run_id).head_oid
    was: Any = listed(world, f"git/commits/{before}")
    theirs = 'def greet():\n    return "hello and more"\n'
    tip = world.acts(
        user="ada", do="push_commit", repo="acme/api", branch="main", files={"greeting.py": theirs}
    )["sha"]
    world.acts(user="ben", do="comment", repo="acme/api", number=number, body=f"@sortie {command}")
    until(lambda: pushes(world, run_id) == 2, within_s=60, what="the resolved commit")
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)
    made: Any = listed(world, f"git/commits/{run.head_oid}")
    text: Any = listed(world, f"contents/greeting.py?ref={run.head_oid}")
    assert "hello, all and more" in base64.b64decode(text["content"]).decode()
    answers = [c["body"] for c in listed(world, f"issues/{number}/comments") if "kind=answer" in c["body"]]
    short, parents = run.head_oid[:12], [p["sha"] for p in made["parents"]]
    if command == "rebase":
        assert parents == [tip] and made["message"] == was["message"]
        told = f"Rebuilt on `main` as one commit, `{short}`."
    else:
        assert parents == [before, tip] and made["message"].startswith(f"Merge main into {run.branch}")
        told = f"Merged `main` in `{short}`."
    assert len(answers) == 1 and told in answers[0]


def test_a_rebase_is_one_commit_on_the_newest_base_and_is_refused_over_commits_of_people(
    begin_pull: Begin,
) -> None:
    world = begin_pull(script=script(*works(FIRST)))
    run_id, number = ready(world)
    before = world.run(run_id)
    tip = world.acts(user="ada", do="push_commit", repo="acme/api", branch="main", files={"NEWS": "News.\n"})[
        "sha"
    ]
    world.acts(user="ben", do="comment", repo="acme/api", number=number, body="@sortie rebase")
    until(lambda: pushes(world, run_id) == 2, within_s=60, what="the rebuilt commit")
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)
    made: Any = listed(world, f"git/commits/{run.head_oid}")
    was: Any = listed(world, f"git/commits/{before.head_oid}")
    assert [p["sha"] for p in made["parents"]] == [tip] and made["message"] == was["message"]
    tree: Any = listed(world, f"git/trees/{run.head_oid}")
    assert {"NEWS", "greeting.py", "notes.md"} <= {row["path"] for row in tree["tree"]}
    turns = [r.event.role for r in world.events(run_id) if isinstance(r.event, TurnTaken)]
    assert turns.count("worker") == 2, "no agent was needed"

    world.acts(
        user="ben", do="push_commit", repo="acme/api", branch=run.branch, files={"CHANGES": "Hello.\n"}
    )
    until(lambda: world.run(run_id).foreign, what="their commit is seen")
    world.acts(user="ben", do="comment", repo="acme/api", number=number, body="@sortie rebase")

    def answered() -> list[str]:
        comments = listed(world, f"issues/{number}/comments?per_page=100")
        return [c["body"] for c in comments if "kind=answer" in c["body"]]

    until(lambda: len(answered()) == 2, within_s=40, what="the refusal")
    assert "Rebuilt on `main` as one commit" in answered()[0] and "Not rebased" in answered()[1]
    assert pushes(world, run_id) == 2
