"""The home tab: groups, the empty state, and figures only where they say something."""

from dataclasses import replace
from datetime import timedelta

from integrations.simulators.slack.blocks.validate import view_problems
from integrations.slack.blocks import blocks
from integrations.types.chat import OutgoingMessage
from tasks.domain.run import PullRequestRef, Run, RunState
from tasks.domain.sla import Clock
from tasks.messages.home import home
from tasks.messages.words import Links
from tests.support.requests import NOON, a_request

LINKS = Links("https://sortie.example.com")
SINCE = NOON - timedelta(days=7)


def a_run(number: int, state: RunState = RunState.coding, *, title: str = "Return 422") -> Run:
    pr = PullRequestRef(number, f"https://github.com/acme/api/pull/{number}", "a" * 40, NOON)
    opened = state in (RunState.ready, RunState.merged)
    run = Run(f"R-{number}", 5, a_request(), title, Clock(NOON, 1800), state=state, repo="acme/api")
    return replace(run, pr=pr) if opened else run


def shown(content: OutgoingMessage) -> str:
    drawn = blocks(content, profile="plan", redact=str)
    assert view_problems({"type": "home", "blocks": drawn}, at="/view") == []
    return str(drawn)


def test_nobody_elses_words_format_it_and_what_needs_the_person_comes_first() -> None:
    runs = (
        a_run(1001),
        a_run(1002, RunState.failed, title="<!channel> *it*"),
        a_run(1003, RunState.ready),
    )
    text = shown(home(runs, since=SINCE, links=LINKS, repo="acme/api"))
    assert text.index("Needs you (1)") < text.index("Running (1)") < text.index("Ready (1)")
    assert "<!channel>" not in text and "too few runs for figures (3)" in text and "acme/api" in text


def test_where_nothing_waits_it_says_so_and_the_first_day_says_how_to_begin() -> None:
    assert "Nothing needs you. 1 run under way." in shown(home((a_run(1001),), since=SINCE, links=LINKS))
    assert "No runs yet" in shown(home((), since=SINCE, links=LINKS))


def test_figures_appear_at_five_runs_of_the_last_seven_days() -> None:
    runs = tuple(a_run(1000 + n, RunState.merged) for n in range(5))
    assert "5 runs, 5 pull requests, 5 merged" in shown(home(runs, since=SINCE, links=LINKS))
    old = tuple(replace(r, request=replace(r.request, received_at=SINCE - timedelta(hours=1))) for r in runs)
    assert "too few runs for figures (0)" in shown(home(old, since=SINCE, links=LINKS))


def test_a_long_list_stays_within_slacks_limits() -> None:
    runs = tuple(
        a_run(1000 + n, state)
        for n in range(20)
        for state in (RunState.failed, RunState.ready, RunState.coding)
    )
    assert "And 14 more" in shown(home(runs, since=SINCE, links=LINKS))
