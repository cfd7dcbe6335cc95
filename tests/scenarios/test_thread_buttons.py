"""The buttons of what stands in the thread: each pressed as a person presses it, each judged by what Slack and GitHub show."""

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import Begin
from tests.scenarios.scripts import GREETING, QUICK_CI, script, target, works
from tests.scenarios.test_pull_life import answering, listed, ready
from tests.scenarios.test_repairs import rebutting
from tests.scenarios.world import ADA, BEN, CHANNEL, CHEN, World
from tests.support.eventually import until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The store is not what is tested here."""

QUICK = {"remarks_wait_s": 1.0}
ANSWER = answering(r"Comment `(?P<a>chat:\d+)`", ("a", "fixed", "It greets everybody now."))
WISH = "Greet *everybody*, please @chen <!channel>\nand not only #1"


@pytest.fixture
def begin_quick(begin: Begin, tmp_path: Path) -> Begin:
    scene = {"target": target(tmp_path / "target", GREETING), "ci": QUICK_CI, "limits": QUICK}
    return lambda **changes: begin(**({"script": script(*works())} | scene | changes))


def fills(world: World, user: str, **values: Any) -> None:
    """A person fills in the dialogue that has opened for them, and sends it off."""
    view = until(lambda: world.get(f"{world.slack}/_sim/views")["modals"].get(user), what="a dialogue")[-1]
    answer = world.sim("views/submit", user=user, view_id=view["id"], values=values)
    assert answer["ok"], answer


def whispers(world: World, user: str) -> list[str]:
    found = world.get(f"{world.slack}/_sim/ephemerals")["ephemerals"]
    return [e["text"] for e in found if e["user"] == user]


def buttons(message: dict[str, Any]) -> set[str]:
    return {e["action_id"] for b in message["blocks"] for e in b.get("elements", ()) if "action_id" in e}


def names(world: World, run_id: str) -> list[str]:
    return [type(r.event).__name__ for r in world.events(run_id)]


def test_request_changes_becomes_a_review_a_round_and_an_answer(begin_quick: Begin) -> None:
    world = begin_quick(script=ANSWER)
    run_id, number = ready(world)
    post = world.posted(run_id, "M6")
    world.clicks("task_change", ts=post["ts"], user=BEN)
    fills(world, BEN, reason=WISH)
    until(lambda: world.run(run_id).rounds == 1, within_s=30, what="a round")
    run = world.reaches(run_id, "ready", within_s=60)
    until(lambda: "MadeReady" in names(world, run_id)[-6:], what="ready again")
    world.quiet(run_id)

    said = [r["body"] for r in listed(world, f"pulls/{number}/reviews") if "kind=relay" in r["body"]]
    assert len(said) == 1 and "`ben` asks for changes, in Slack:" in said[0]
    assert "@chen" not in said[0] and "#1" not in said[0] and "> and not only" in said[0]
    answers = [c["body"] for c in listed(world, f"issues/{number}/comments") if "kind=answer" in c["body"]]
    assert len(answers) == 1 and f"Fixed in `{run.head_oid[:12]}`" in answers[0]
    assert (run.rounds, names(world, run_id).count("BranchPushed")) == (1, 2)
    again = world.posted(run_id, "M6")
    assert "ready for your review" in again["text"] and "task_change" in buttons(again)
    assert len(world.thread(run_id)) == 3
    assert any("not only" in str(p["body"]) for p in world.prompts())


def test_without_write_access_the_host_refuses_and_only_the_presser_hears_of_it(begin_quick: Begin) -> None:
    links = [{"team": "T0ACME0001", "user": user, "login": login} for user, login in LINKED]
    world = begin_quick(settings={"links": tuple(links)})
    run_id, number = ready(world)
    post = world.posted(run_id, "M6")
    world.clicks("task_change", ts=post["ts"], user=CHEN)
    fills(world, CHEN, reason="rename it")
    until(lambda: any("`chen` has none" in text for text in whispers(world, CHEN)), what="the refusal")
    world.clicks("task_close", ts=post["ts"], user=CHEN)
    until(lambda: len(whispers(world, CHEN)) == 2, what="the other refusal")
    world.quiet(run_id)
    assert world.run(run_id).state == "ready" and world.run(run_id).rounds == 0
    assert listed(world, f"pulls/{number}")["state"] == "open"  # type: ignore[call-overload]
    assert not [r for r in listed(world, f"pulls/{number}/reviews") if "kind=relay" in r["body"]]
    assert all("rename it" not in str(p["body"]) for p in world.prompts())


LINKED = ((ADA, "ada"), (BEN, "ben"), (CHEN, "chen"))


def test_close_pr_closes_it_keeps_the_branch_and_says_who(begin_quick: Begin) -> None:
    world = begin_quick()
    run_id, number = ready(world)
    post, branch = world.posted(run_id, "M6"), world.run(run_id).branch
    world.clicks("task_close", ts=post["ts"], user=CHEN)
    until(lambda: any("linked" in text for text in whispers(world, CHEN)), what="a refusal of strangers")
    world.clicks("task_close", ts=post["ts"], user=BEN)
    run = world.reaches(run_id, "closed", within_s=20)
    world.quiet(run_id)
    pull: Any = listed(world, f"pulls/{number}")
    assert (pull["state"], pull["merged"]) == ("closed", False)
    assert listed(world, f"git/ref/heads/{branch}")["object"]["sha"] == run.head_oid  # type: ignore[call-overload]
    card = next(m for m in world.thread(run_id) if run.card and m["ts"] == run.card.ts)
    assert f"<@{BEN}>" in str(card["blocks"])
    closed = world.posted(run_id, "M6")
    assert f"Closed by <@{BEN}>" in str(closed["blocks"]) and buttons(closed) == {"pr_review", "fb"}
    assert names(world, run_id).count("PressedInChat") == 1 and len(world.thread(run_id)) == 3


def test_thumbs_are_kept_with_the_run_and_shown_on_its_page(begin_quick: Begin) -> None:
    world = begin_quick()
    run_id, _ = ready(world)
    post = world.posted(run_id, "M6")
    thumb = {"channel": CHANNEL, "ts": post["ts"], "action_id": "fb"}
    world.sim("click", user=CHEN, value="positive", **thumb)
    world.sim("click", user=BEN, value="negative", **thumb)
    fills(world, BEN, chips=["wrong_fix", "too_slow"], reason="<b>It is rude.</b>")
    found = {f.by.id: f for f in world.run(run_id).feedback}
    assert found[CHEN].good and not found[BEN].good and found[BEN].words == "<b>It is rude.</b>"
    page = world.http.get(f"{world.web}/t/{run_id}").text
    assert "calls the result bad: wrong fix, too slow" in page and "&lt;b&gt;It is rude." in page
    assert "calls the result good" in page and world.run(run_id).state == "ready"


def test_a_dispute_is_waived_by_nobody_but_a_code_owner_in_the_chat_too(begin_quick: Begin) -> None:
    links = [{"team": "T0ACME0001", "user": user, "login": login} for user, login in LINKED]
    world = begin_quick(script=rebutting(again=True), ci=None, settings={"links": tuple(links)})
    owners = {".github/CODEOWNERS": "* @ada\n"}
    world.acts(user="ben", do="push_commit", repo="acme/api", branch="main", files=owners)
    run_id = world.asks("greet everybody, not just bob")
    world.reaches(run_id, "disputed")
    world.quiet(run_id)
    post = world.posted(run_id, "M7")
    world.clicks("ds_waive", ts=post["ts"], user=BEN)
    fills(world, BEN, reason="I do not like it")
    until(lambda: any("code owner" in text for text in whispers(world, BEN)), what="the refusal")
    world.clicks("ds_fix", ts=post["ts"], user=CHEN)
    until(lambda: any("`chen` has none" in text for text in whispers(world, CHEN)), what="the other refusal")
    assert world.run(run_id).state == "disputed" and buttons(world.posted(run_id, "M7"))
    world.clicks("ds_waive", ts=post["ts"], user=ADA)
    fills(world, ADA, reason="redacted upstream")
    run = world.reaches(run_id, "ready", within_s=60)
    world.quiet(run_id)
    assert run.waived == "redacted upstream"
    settled = world.posted(run_id, "M7")
    assert f"<@{ADA}>" in str(settled["blocks"]) and not buttons(settled)


FAILING = {"jobs": [{"name": "tests", "command": "echo the log of the failing job; false"}]}


def test_a_ci_that_stays_red_is_kept_at_once_more_and_then_closed(begin_quick: Begin) -> None:
    world = begin_quick(ci=FAILING)
    run_id = world.asks()
    world.reaches(run_id, "failed", within_s=60)
    world.quiet(run_id)
    post = world.posted(run_id, "M19")
    assert "CI cannot be fixed" in post["text"] and "the log of the failing job" in str(post["blocks"])
    assert "`tests` — ours" in str(post["blocks"]) and "M8" not in dict(world.run(run_id).posts)
    world.clicks("task_keep", ts=post["ts"], user=BEN)
    until(lambda: names(world, run_id).count("Failed") == 2, within_s=60, what="another try")
    world.quiet(run_id)
    first, second = (ref for name, ref in world.run(run_id).posts if name == "M19")
    settled = next(m for m in world.thread(run_id) if m["ts"] == first.ts)
    assert f"<@{BEN}>" in str(settled["blocks"]) and not buttons(settled)
    world.clicks("task_close", ts=second.ts, user=ADA)
    until(lambda: world.run(run_id).state == "closed", within_s=20, what="the close")
    world.quiet(run_id)
    closed = next(m for m in world.thread(run_id) if m["ts"] == second.ts)
    assert f"Closed by <@{ADA}>" in str(closed["blocks"]) and buttons(closed) == {"ci_log"}


def test_a_ci_that_is_red_on_the_base_too_is_not_ours_to_repair(begin_quick: Begin) -> None:
    world = begin_quick(ci=FAILING)
    tip: Any = listed(world, "commits/main")
    said = {"state": "failure", "context": "tests", "description": "red for weeks"}
    url = f"{world.github}/repos/acme/api/statuses/{tip['sha']}"
    answer = world.http.post(url, json=said, headers={"Authorization": "Bearer ghp_ben"})
    assert answer.status_code == 201, answer.text
    run_id, _ = ready(world)
    run = world.run(run_id)
    assert (run.ci_result, run.ci_round, run.base_red) == ("red_before", 0, ("tests",))
    card = next(m for m in world.thread(run_id) if run.card and m["ts"] == run.card.ts)
    assert "CI red before us: tests (also red on main)" in str(card["blocks"])


def test_a_change_whose_checks_fail_is_opened_untested_as_a_draft_that_says_so(
    begin_quick: Begin, tmp_path: Path
) -> None:
    broken = "printf 'def greet(:\\n' > greeting.py"
    checked = {
        "greeting.py": GREETING["greeting.py"],
        ".sortie.toml": "[checks]\ntest = 'python3 -m compileall -q .'\n",
    }
    world = begin_quick(
        script=script(*works(broken)), target=target(tmp_path / "checked", checked), limits={"gate_rounds": 0}
    )
    run_id = world.asks()
    world.reaches(run_id, "failed", within_s=60)
    world.quiet(run_id)
    post = world.posted(run_id, "M8")
    world.clicks("task_untested", ts=post["ts"], user=BEN)
    run = until(
        lambda: r if (r := world.run(run_id)).pr and r.state == "failed" else None,
        within_s=30,
        what="the draft",
    )
    world.quiet(run_id)
    assert run.pr is not None
    pull: Any = listed(world, f"pulls/{run.pr.number}")
    assert pull["draft"] and "**Untested.**" in pull["body"] and "`ben` had it opened" in pull["body"]
    assert {"sortie", "sortie:needs-human", "risk:high"} == {label["name"] for label in pull["labels"]}
    told = world.posted(run_id, "M8")
    assert "task_untested" not in buttons(told) and f"Opened untested by <@{BEN}>" in str(told["blocks"])
