"""The label that tells how risky the pushed commit is: exactly one at a time, and none for a commit that no gate judged."""

from tasks.domain.effect import Effect, host
from tasks.domain.events import Event
from tasks.domain.results import PullRequestOpened
from tasks.domain.run import Run

RISK = "risk:"


def opening_labels(run: Run) -> str:
    """What our pull request begins with."""
    return ",".join(["sortie", *_label(run)])


def risk_effects(before: Run, event: Event, after: Run) -> tuple[Effect, ...]:
    """The label follows the risk of what is pushed; what a pull request begins with is written when it opens."""
    was, now = _label(before), _label(after)
    if was == now or after.pr is None or isinstance(event, PullRequestOpened):
        return ()
    on = [host("labels", labels=name) for name in now]
    return (*on, *(host("unlabel", labels=name) for name in was))


def _label(run: Run) -> list[str]:
    return [f"{RISK}{run.risk_shown.value}"] if run.risk_shown else []
