"""What people ask for on GitHub while processes die: on an issue, on their own pull request, on one of a fork."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from uuid import uuid4

from tasks.domain.results import BranchPushed
from tests.drills.house import House
from tests.drills.judge import US, everywhere, moved
from tests.drills.pull import until_heard
from tests.drills.story import ANSWER, ASK
from tests.drills.tell import WITHIN_S
from tests.support.eventually import until

REPO, MOMENTS, EDGES = "acme/api", ("before", "after", "recorded"), ("inside", "after")
THEIRS = 'def greet():\n    return "hello, you"\n'


@dataclass(frozen=True, slots=True)
class There:
    """Who asks what on the issue or pull request that `opens` makes, and how it has to end.

    `comments`, `reviews` and `pulls` are ours; `commits` how often their branch moves by us.
    """

    opens: Callable[[House], int]
    says: str
    state: str = "ready"
    comments: int = 0
    reviews: int = 0
    pulls: int = 0
    commits: int = 0
    meanwhile: Callable[[House, str, int], None] = lambda house, run_id, number: None


def tell_there(house: House, story: There, *points: str) -> None:
    """The whole story with these fail-points armed, each of which must be passed."""
    for point in points:
        house.arm(point, "SIGKILL 1")
    number = story.opens(house)
    run_id = _asked(house, number, story.says)
    try:
        story.meanwhile(house, run_id, number)
        house.world.reaches(run_id, story.state, within_s=WITHIN_S)
        house.world.quiet(run_id, within_s=WITHIN_S)
        house.ready()
        house.world.delivered()
        house.world.quiet(run_id, within_s=WITHIN_S)
        wrong = [*everywhere(house, run_id, story.state), *_there(house, run_id, number, story)]
        assert not wrong, "\n".join(wrong)
        missed = [point for point in points if not house.fired(point)]
        assert not missed, f"never passed: {missed}"
    except AssertionError as failed:
        raise AssertionError(f"{failed}\n{house.world.story(run_id)}\n{house.said()}") from None
    finally:
        _put_away(house, run_id, number)
        for point in points:
            house.disarm(point)


def _asked(house: House, number: int, text: str) -> str:
    """Ben asks, again where nobody has heard it; the one run that follows."""

    def once() -> tuple[str, int]:
        return "comment", house.world.comments(number, text, user="ben")

    until_heard(house, once, lambda said: said in _heard(house, number))
    (run_id,) = house.world.asked_there(number)
    return run_id


def _heard(house: House, number: int) -> list[int]:
    runs = [house.world.run(run_id) for run_id in house.world.asked_there(number)]
    return [heard.remark.id for run in runs for heard in run.remarks]


def _there(house: House, run_id: str, number: int, story: There) -> Iterator[str]:
    """Each write of ours stands once, and nothing else was written."""
    world, run = house.world, house.world.run(run_id)
    bodies = world.ours_on(number)
    reviews = list(world.on_github(f"pulls/{number}/reviews")) if run.on_people_pull else []
    ours = [r["body"] for r in reviews if r["user"]["login"] == US]
    marked = Counter(body.partition("\n")[0] for body in (*bodies, *ours))
    if (len(bodies), len(ours)) != (story.comments, story.reviews) or max(marked.values(), default=1) > 1:
        yield f"comments and reviews: {[body[:120] for body in (*bodies, *ours)]}"
    asked = [heard.remark.id for heard in run.remarks[:1]]
    acked = [world.reactions_to(number, said).get("eyes") for said in asked]
    if acked != [1]:
        yield f"acked {acked}"
    pulls = [p for p in world.on_github("pulls?state=all&per_page=100") if f"/{run_id}-" in p["head"]["ref"]]
    if len(pulls) != story.pulls or any(p["merged_at"] for p in pulls):
        yield f"pull requests of ours: {[p['number'] for p in pulls]}"
    pushed = Counter(r.event.oid for r in world.events(run_id) if isinstance(r.event, BranchPushed))
    if run.on_people_pull and run.branch:
        told = moved(house, f"refs/heads/{run.branch}")
        if told != Counter(set(pushed)) or len(told) != story.commits:
            yield f"their branch moved to {told}"


def _put_away(house: House, run_id: str, number: int) -> None:
    """Closes what the drill opened, so that the next one is alone."""
    run = house.world.run(run_id)
    for place in {number, *([run.pr.number] if run.pr else [])}:
        house.world.acts(user="ben", do="close", repo=REPO, number=place)


def _issue(house: House) -> int:
    return house.world.opens_issue("Only bob is greeted", "Everybody else goes without.", user="ben")


def _pull(house: House) -> int:
    """Ben's own pull request."""
    branch = f"people-{uuid4().hex[:8]}"
    house.world.acts(user="ben", do="push_commit", repo=REPO, branch=branch, files={"greeting.py": THEIRS})
    made = house.world.acts(user="ben", do="open_pull", repo=REPO, title="Greet you", head=branch, body="")
    return int(made["number"])


def _fork(house: House) -> int:
    """Chen's, who may push nothing here."""
    files = {"greeting.py": THEIRS}
    made = house.world.acts(
        user="chen", do="open_fork_pull", repo=REPO, title="Greet you", head="patch", files=files
    )
    return int(made["number"])


def _answer(house: House, run_id: str, number: int) -> None:
    house.world.reaches(run_id, "needs_input", within_s=WITHIN_S)
    until(partial(_asks, house, number), within_s=WITHIN_S, what="the question")
    house.world.comments(number, ANSWER, user="ben")


def _asks(house: House, number: int) -> bool:
    return any("Everybody in the room" in body for body in house.world.ours_on(number))


ON_AN_ISSUE = There(_issue, f"@sortie {ASK}, but ask me first", comments=2, pulls=1, meanwhile=_answer)
ON_OWN_PULL = There(_pull, f"@sortie {ASK}", comments=2, reviews=1, commits=1)
ON_A_FORK = There(_fork, f"@sortie {ASK}", state="answered", reviews=1)
EXPLAINED = There(_issue, "@sortie explain what is greeted", state="answered", comments=1)

_EFFECTS = ((ON_AN_ISSUE, ("ask", "told")), (ON_OWN_PULL, ("push",)), (ON_A_FORK, ("suggest",)))
_EVENTS = (
    (ON_AN_ISSUE, "RunRequested"),
    (ON_OWN_PULL, "BranchPushed"),
    (ON_A_FORK, "Suggested"),
    (EXPLAINED, "Explained"),
)


def drills_there() -> tuple[tuple[str, There], ...]:
    """(fail-point or several joined by " + ", the story told while they are armed)."""
    effects = (
        (f"effect.host.{kind}.{moment}", story)
        for story, kinds in _EFFECTS
        for kind, moment in product(kinds, MOMENTS)
    )
    events = ((" + ".join(f"append.{event}.{edge}" for edge in EDGES), story) for story, event in _EVENTS)
    return (*effects, *events)
