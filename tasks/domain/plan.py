"""The plan a person watches: 3–7 items, the last three always the same."""

from dataclasses import dataclass, replace
from enum import StrEnum


class ItemStatus(StrEnum):
    """Slack's four words for a task's state."""

    pending = "pending"
    in_progress = "in_progress"
    complete = "complete"
    error = "error"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One step as people read it: `title` ≤ 60 characters, verb first; `output` one line once done."""

    id: str
    title: str
    status: ItemStatus = ItemStatus.pending
    output: str = ""


CHECKS = "checks"
PULL_REQUEST = "pr"
REVIEW = "review"

TAIL = (
    PlanItem(CHECKS, "Run checks"),
    PlanItem(PULL_REQUEST, "Open draft PR, wait for CI"),
    PlanItem(REVIEW, "Adversarial review"),
)
DEFAULT_WORK = (PlanItem("work", "Make the change"),)
MAX_WORK_ITEMS = 4


def with_work(titles: tuple[str, ...]) -> tuple[PlanItem, ...]:
    """A plan from the agent's own items, followed by the three fixed ones. Titles are cut to 60 characters."""
    work = tuple(
        PlanItem(f"w{n}", cut(title, 60))
        for n, title in enumerate(titles[:MAX_WORK_ITEMS], 1)
        if title.strip()
    )
    return (work or DEFAULT_WORK) + TAIL


def cut(text: str, limit: int) -> str:
    """At most `limit` characters on one line, with an ellipsis where something was left out."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def mark(
    items: tuple[PlanItem, ...], item_id: str, status: ItemStatus, output: str = ""
) -> tuple[PlanItem, ...]:
    """The same plan with one item's status changed; its output is kept where none is given."""
    return tuple(
        replace(i, status=status, output=cut(output, 120) or i.output) if i.id == item_id else i
        for i in items
    )


def work_done(items: tuple[PlanItem, ...]) -> tuple[PlanItem, ...]:
    """Marks every item before the fixed tail complete."""
    tail = {i.id for i in TAIL}
    return tuple(i if i.id in tail else replace(i, status=ItemStatus.complete) for i in items)


def start_work(items: tuple[PlanItem, ...], done: int) -> tuple[PlanItem, ...]:
    """Marks the first `done` work items complete and the next one in progress."""
    tail = {i.id for i in TAIL}
    result = []
    for n, item in enumerate(items):
        if item.id in tail:
            result.append(replace(item, status=ItemStatus.pending))
        elif n < done:
            result.append(replace(item, status=ItemStatus.complete))
        else:
            result.append(replace(item, status=ItemStatus.in_progress if n == done else ItemStatus.pending))
    return tuple(result)


def step_of(items: tuple[PlanItem, ...]) -> tuple[int, int]:
    """(n, m) for "step n of m": the item in progress, else the last complete one."""
    for n, item in enumerate(items, 1):
        if item.status in (ItemStatus.in_progress, ItemStatus.error):
            return n, len(items)
    done = sum(i.status is ItemStatus.complete for i in items)
    return max(1, done), max(1, len(items))
