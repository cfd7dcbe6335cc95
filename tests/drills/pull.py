"""What people do on the pull request while processes die: they comment, review, push, ask for a merge; and what they decide."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from tasks.domain.facts import ApprovalsMoved, FeedbackGiven, PressedInChat
from tasks.domain.results import HeadAdopted
from tasks.domain.run import Run
from tests.drills.house import House
from tests.drills.judge import TOKEN, Expected
from tests.drills.story import ANSWERS, ASK, COMMENTS, TO_THE_LETTER
from tests.drills.tell import WITHIN_S, Story
from tests.scenarios.world import ADA, BEN, BOT, CHANNEL
from tests.support.eventually import until
from tests.support.requests import chat_of

REPO = "acme/api"
LOST = {"event": "pull_request", "action": "synchronize", "kind": "drop"}
TRIES = 3
"""GitHub delivers once, and Slack presses a button once: a person to whom nothing happened does it again."""


def ready(house: House, run_id: str) -> Run:
    """The run once its reviewers are asked for and everything is written."""
    run = house.world.reaches(run_id, "ready", within_s=WITHIN_S)
    house.world.quiet(run_id, within_s=WITHIN_S)
    return run


def says(house: House, run_id: str, text: str) -> None:
    """Ben comments on the pull request, again where nobody has heard it."""
    number = _number(house.world.run(run_id))

    def once() -> tuple[str, int]:
        return "comment", house.world.acts(user="ben", do="comment", repo=REPO, number=number, body=text)[
            "id"
        ]

    until_heard(house, once, lambda said: any(h.remark.id == said for h in house.world.run(run_id).remarks))


def until_heard(house: House, act: Callable[[], tuple[str, int]], heard: Callable[[int], bool]) -> None:
    """`act` answers what GitHub tells of it: the part of the payload that it is, and its id."""
    for _ in range(TRIES):
        part, ident = act()
        lost = partial(_undelivered, house, part, ident)
        until(partial(_either, partial(heard, ident), lost), within_s=WITHIN_S, what="a delivery")
        if heard(ident):
            return
        house.ready()
    raise AssertionError("nobody hears it")


def _either(one: Callable[[], bool], other: Callable[[], bool]) -> bool:
    return one() or other()


def _undelivered(house: House, part: str, ident: int) -> bool:
    """Whether GitHub's last word of this is that nobody took it."""
    told = house.world.get(f"{house.world.github}/_sim/deliveries")
    about = [d for d in told if d["payload"].get(part, {}).get("id") == ident]
    return bool(about) and about[-1]["status"] not in ("pending", "OK")


def happened(house: House, run_id: str, event: type) -> bool:
    return any(isinstance(r.event, event) for r in house.world.events(run_id))


def _number(run: Run) -> int:
    assert run.pr is not None
    return run.pr.number


def _hold(house: House, run_id: str) -> None:
    ready(house, run_id)
    says(house, run_id, "@sortie hold")
    until(lambda: house.world.run(run_id).held_by, within_s=WITHIN_S, what="the hold")
    house.world.quiet(run_id, within_s=WITHIN_S)
    says(house, run_id, "@sortie unhold")
    until(lambda: not house.world.run(run_id).held_by, within_s=WITHIN_S, what="its end")


def _review(house: House, run_id: str) -> None:
    number = _number(ready(house, run_id))
    comments = [{"path": "greeting.py", "line": 2, "side": "RIGHT", "body": body} for body in COMMENTS]
    house.world.acts(user="ben", do="review", repo=REPO, number=number, comments=comments)
    until(lambda: (done := house.world.run(run_id).round) and done.over, within_s=WITHIN_S, what="the round")


def _approve_and_push(house: House, run_id: str) -> None:
    """An approval is withdrawn, somebody pushes to our branch, which nobody is told, and says to go on from there."""
    run = ready(house, run_id)
    _approve(house, run)
    house.world.post(f"{house.world.github}/_sim/faults", LOST)
    files = {"CHANGES": "Hello.\n"}
    house.world.acts(user="ben", do="push_commit", repo=REPO, branch=run.branch, files=files)
    until(lambda: house.world.run(run_id).foreign, within_s=WITHIN_S, what="their commit")
    house.world.quiet(run_id, within_s=WITHIN_S)
    says(house, run_id, "@sortie retry")
    until(lambda: happened(house, run_id, HeadAdopted), within_s=WITHIN_S, what="their head")


def _approve(house: House, run: Run) -> None:
    """An approval that is taken back."""
    world, number = house.world, _number(run)

    def once() -> tuple[str, int]:
        review = world.acts(user="ben", do="approve", repo=REPO, number=number)["id"]
        address = f"{world.github}/repos/{REPO}/pulls/{number}/reviews/{review}/dismissals"
        answer = world.http.put(address, headers=TOKEN, json={"message": "too early"})
        assert answer.status_code == 200, answer.text
        return "review", int(review)

    until_heard(house, once, lambda _: happened(house, run.id, ApprovalsMoved))


def _fix_conflicts(house: House, run_id: str) -> None:
    ready(house, run_id)
    theirs = f'def greet():\n    return "hello and more, {run_id}"\n'
    house.world.acts(user="ada", do="push_commit", repo=REPO, branch="main", files={"greeting.py": theirs})
    says(house, run_id, "@sortie fix conflicts")
    until(lambda: (done := house.world.run(run_id).round) and done.over, within_s=WITHIN_S, what="the round")


def _decide(house: House, run_id: str) -> None:
    """The lens and the author disagree; who asked takes the lens's side."""
    house.world.reaches(run_id, "disputed", within_s=WITHIN_S)
    until(lambda: dict(house.world.run(run_id).posts).get("M7"), within_s=WITHIN_S, what="the question")
    presses(house, run_id, PressedInChat, post="M7", action_id="ds_fix")


def presses(house: House, run_id: str, event: type, *, post: str, **button: str) -> None:
    """A person presses a button of a post, again where nothing came of it: what it meant is stored before it is answered."""
    ts = dict(house.world.run(run_id).posts)[post].ts
    for _ in range(TRIES):
        with suppress(AssertionError):  # what Slack shows as "this did not work"
            house.world.sim("click", **({"user": ADA, "channel": CHANNEL, "ts": ts} | button))
        if happened(house, run_id, event):
            return
        house.ready()
    raise AssertionError(f"nobody hears {button}")


def _judge_and_close(house: House, run_id: str) -> None:
    """From the post that says ready."""
    ready(house, run_id)
    presses(house, run_id, FeedbackGiven, post="M6", action_id="fb", value="positive")
    presses(house, run_id, PressedInChat, post="M6", action_id="task_close", user=BEN)


def _ask_for_changes(house: House, run_id: str) -> None:
    """In a dialogue of the post that says ready."""
    ready(house, run_id)
    world, ts = house.world, dict(house.world.run(run_id).posts)["M6"].ts
    world.clicks("task_change", ts=ts, user=BEN)
    opened = until(
        lambda: world.get(f"{world.slack}/_sim/views")["modals"].get(BEN),
        within_s=WITHIN_S,
        what="a dialogue",
    )
    world.sim("views/submit", user=BEN, view_id=opened[-1]["id"], values={"reason": COMMENTS[0]})
    until(lambda: (done := world.run(run_id).round) and done.over, within_s=WITHIN_S, what="the round")


def _add_late(house: House, run_id: str) -> None:
    """Words that come once the work has been handed in."""
    until(lambda: house.world.run(run_id).submission, within_s=WITHIN_S, what="the submission")
    thread = chat_of(house.world.run(run_id).request).thread.thread_ts
    house.world.says(f"{BOT} and be polite", user=ADA, thread=thread)


HELD = Story(Expected(comments=1, labels=("sortie", "sortie:ready", "risk:high")), meanwhile=_hold)
REMARKED = Story(Expected(reviews=2, comments=1, answers=len(ANSWERS), asked=2), meanwhile=_review)
ADOPTED = Story(
    Expected(posts=("card", "M5", "M6", "M6"), reviews=2, comments=1), meanwhile=_approve_and_push
)
JOINED = Story(Expected(reviews=2, comments=2, asked=2), meanwhile=_fix_conflicts)
DISPUTED = Story(
    Expected(posts=("card", "M5", "M6", "M7"), reviews=2, comments=1, asked=2),
    text=f"{ASK}, {TO_THE_LETTER}",
    meanwhile=_decide,
)
CLOSED_IN_CHAT = Story(Expected(state="closed", whispers=1), meanwhile=_judge_and_close)
RELAYED = Story(Expected(reviews=2, comments=2, asked=2), meanwhile=_ask_for_changes)
REOPENED = Story(Expected(asked=1), meanwhile=_add_late)
