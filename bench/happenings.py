"""What happens to many runs in a while: steps, questions and their answers, stops, failures; the same for every side."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

STEP_EVERY_S = 10
"""So often each card has something new to show."""
ASK_EVERY_S, ANSWER_AFTER_S, STOP_EVERY_S, FAIL_EVERY_S = 2, 20, 6, 6


@dataclass(frozen=True, slots=True)
class Happening:
    """At `at_s` of the window something happens to card number `card`."""

    at_s: float
    kind: str
    card: int
    number: int


def happenings(cards: int, window_s: int) -> Iterator[Happening]:
    """In their order: each card's next step, a question every 2 s and its answer, a stop and a failure every 6 s."""
    found = [
        Happening(second + card / cards, "step", card, second)
        for second in range(window_s)
        for card in range(cards)
        if (card + second) % STEP_EVERY_S == 0
    ]
    for number, second in enumerate(range(1, window_s, ASK_EVERY_S), start=1):
        card = (7 * number) % (cards // 2)
        found.append(Happening(second, "ask", card, number))
        if second + ANSWER_AFTER_S < window_s:
            found.append(Happening(second + ANSWER_AFTER_S, "answer", card, number))
    ends = iter(range(cards // 2, cards))
    for kind, every, first in (("stop", STOP_EVERY_S, 2), ("fail", FAIL_EVERY_S, 5)):
        found += [Happening(second + 0.5, kind, next(ends), 0) for second in range(first, window_s, every)]
    yield from sorted(found, key=lambda one: one.at_s)


def play(cards: int, window_s: int, act: Callable[[Happening], None]) -> None:
    began, ended = time.monotonic(), set[int]()
    for one in happenings(cards, window_s):
        time.sleep(max(0.0, began + one.at_s - time.monotonic()))
        if one.card not in ended:
            act(one)
        if one.kind in ("stop", "fail"):
            ended.add(one.card)
