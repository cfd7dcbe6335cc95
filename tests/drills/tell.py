"""Tells the small story to a house in which something dies, and judges how it ended."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.drills.house import House
from tests.drills.judge import Expected, Mark, judge
from tests.drills.story import ANSWER, ASK, FULL, SLOWLY
from tests.scenarios.world import ADA, BEN, BOT, CHANNEL, GUEST
from tests.support.eventually import until
from tests.support.requests import chat_of

WITHIN_S = 240.0
TO_READY = Expected()


@dataclass(frozen=True, slots=True)
class Story:
    """What people do and how it has to end. `first` acts before they ask, `meanwhile` once the run is there.

    `slash`: it is asked by a slash command, so that the thread is ours to open.
    """

    ends: Expected = TO_READY
    text: str = ASK
    user: str = ADA
    meanwhile: Callable[[House, str], None] = lambda house, run_id: None
    first: Callable[[House], None] = lambda house: None
    slash: bool = False

    def but(self, **ends: Any) -> "Story":
        """The same story with other expectations."""
        return replace(self, ends=replace(self.ends, **ends))


def ask(house: House, story: Story) -> str:
    """A person asks; the id of the run, however often Slack has to tell us."""
    world = house.world
    story.first(house)
    if story.slash:
        return _ask_by_command(house, story)
    ts = world.says(f"{BOT} {story.text}", user=story.user)

    def there() -> str | None:
        with world.store.reading() as tx:
            runs = tx.runs_in_thread("T0ACME0001", CHANNEL, ts)
        return runs[0].id if runs else None

    return until(there, within_s=WITHIN_S, what="the run")


def _ask_by_command(house: House, story: Story) -> str:
    world = house.world
    with world.store.reading() as tx:
        before = {row.id for row in tx.recent(100)}
    world.sim("commands", user=story.user, channel=CHANNEL, command="/sortie", text=story.text)

    def there() -> str | None:
        with world.store.reading() as tx:
            fresh = [row.id for row in tx.recent(100) if row.id not in before]
        opened = [run_id for run_id in fresh if world.run(run_id).request.chat]
        return opened[0] if opened else None

    return until(there, within_s=WITHIN_S, what="the run and its thread")


def finish(house: House, run_id: str, story: Story, mark: Mark) -> None:
    """Waits for the story's end and until nothing is left to do; AssertionError with everything known when it went wrong."""
    world = house.world
    try:
        world.reaches(run_id, story.ends.state, within_s=WITHIN_S)
        world.quiet(run_id, within_s=WITHIN_S)
        house.ready()
        until(lambda: world.get(f"{world.github}/_sim/idle")["idle"], within_s=30, what="an idle code host")
        world.quiet(run_id, within_s=WITHIN_S)
        wrong = judge(house, run_id, mark, story.ends)
        assert not wrong, "\n".join(wrong)
    except AssertionError as failed:
        raise AssertionError(f"{failed}\n{world.story(run_id)}\n{house.said()}") from None
    finally:
        put_away(house, run_id)


def put_away(house: House, run_id: str) -> None:
    """Closes what the drill opened, so that the next one is alone."""
    run = house.world.run(run_id)
    if run.pr and run.state not in ("closed", "merged"):
        house.world.acts(user="ben", do="close", repo="acme/api", number=run.pr.number)


def tell(house: House, story: Story, *points: str) -> None:
    """The whole story with these fail-points armed, each of which must be passed; "name@3" kills at the third passing."""
    mark = Mark.of(house)
    for point, _, count in (p.partition("@") for p in points):
        house.arm(point, f"SIGKILL {count or 1}")
    run_id = ask(house, story)
    story.meanwhile(house, run_id)
    finish(house, run_id, story, mark)
    names = [p.partition("@")[0] for p in points]
    missed = [name for name in names if not house.fired(name)]
    for name in names:
        house.disarm(name)
    assert not missed, f"never passed: {missed}\n{house.world.story(run_id)}"


def _answer(house: House, run_id: str) -> None:
    run = house.world.reaches(run_id, "needs_input", within_s=WITHIN_S)
    until(lambda: dict(house.world.run(run_id).posts).get("M3"), within_s=WITHIN_S, what="the question")
    house.world.says(ANSWER, user=ADA, thread=chat_of(run.request).thread.thread_ts)


def _steer(house: House, run_id: str) -> None:
    thread = chat_of(house.world.run(run_id).request).thread.thread_ts
    house.world.says(f"{BOT} and be polite", user=ADA, thread=thread)


def _stop(house: House, run_id: str) -> None:
    run = house.world.reaches(run_id, "ready", within_s=WITHIN_S)
    house.world.quiet(run_id, within_s=WITHIN_S)
    house.world.says(f"{BOT} stop", user=BEN, thread=chat_of(run.request).thread.thread_ts)


def _close(house: House, run_id: str) -> None:
    run = house.world.reaches(run_id, "ready", within_s=WITHIN_S)
    house.world.quiet(run_id, within_s=WITHIN_S)
    assert run.pr is not None
    house.world.acts(user="ben", do="close", repo="acme/api", number=run.pr.number)


def _retry(house: House, run_id: str) -> None:
    """GitHub declines a push once; a person lets the run try again."""
    run = house.world.reaches(run_id, "failed", within_s=WITHIN_S)
    house.world.quiet(run_id, within_s=WITHIN_S)
    house.world.says(f"{BOT} retry", user=ADA, thread=chat_of(run.request).thread.thread_ts)
    until(lambda: house.world.run(run_id).attempt == 2, within_s=WITHIN_S, what="another attempt")


def _refuse_once(house: House) -> None:
    fault = {"match": "POST /acme/api.git/git-receive-pack", "kind": "decline_push"}
    house.world.post(f"{house.world.github}/_sim/faults", fault)


READY = Story()
SLOW = Story(Expected(asked=2, repeats=1), text=f"{ASK}, {SLOWLY}")
FULL_DISK = Story(Expected(asked=1), text=f"{ASK}, {FULL}")
COMMANDED = Story(Expected(posts=("root", "card", "M5", "M6")), slash=True)
STEERED = Story(meanwhile=_steer)
ASKED = Story(
    Expected(posts=("card", "M3", "M5", "M6"), asked=1), text=f"{ASK}, but ask me first", meanwhile=_answer
)
STOPPED = Story(Expected(state="cancelled", posts=("card", "M5", "M6", "M14"), comments=1), meanwhile=_stop)
REFUSED = Story(Expected(state="declined", posts=("card",), pulls=0, reviews=0, whispers=1), user=GUEST)
CLOSED = Story(Expected(state="closed"), meanwhile=_close)
DECLINED = Story(Expected(pushes=2), first=_refuse_once)
RETRIED = Story(
    Expected(posts=("card", "M8", "M5", "M6"), asked=2, pushes=2, refused=("host.push failed",)),
    meanwhile=_retry,
    first=_refuse_once,
)
