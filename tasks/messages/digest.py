"""M17: a channel's week in a few lines; it mentions nobody."""

import json
from dataclasses import asdict

from integrations.types.chat import Break, Code, Context, OutgoingMessage, Part, Plain, Section, Span
from tasks.domain.digest import ENOUGH, LATE, Week
from tasks.messages.errors import explain
from tasks.messages.words import count


def stored(week: Week) -> str:
    """As it is kept with the intent, so that a later try says the same."""
    return json.dumps(asdict(week))


def restored(text: str) -> Week:
    """Raises ValueError or TypeError for what `stored` did not write."""
    told = json.loads(text)
    return Week(**(told | {"misses": tuple((str(code), int(n)) for code, n in told["misses"])}))


def digest(week: Week, *, name: str) -> OutgoingMessage:
    """Of fewer than five runs there are no rates."""
    first = f"{count(week.asked, 'run')} asked, {count(week.merged, 'pull request')} merged."
    head: list[Span] = [Plain(f"Week {name}: ", bold=True), Plain(first), Break()]
    if not week.enough:
        few = f"Too few runs for a rate ({week.counted}). Rates appear at {ENOUGH}."
        return OutgoingMessage(f"Week {name}: {first} {few}", (Section("wk", (*head, Plain(few))),))
    in_time, alone = _share(week.in_time, week.counted), _share(week.alone, week.pulls)
    told = f"In time {in_time}. Without anybody's help {alone}."
    parts: list[Part] = [Section("wk", (*head, Plain(told)))]
    if week.misses:
        parts.append(Section("wkm", _misses(week)))
    parts.append(Context("wkc", (Plain(_DEFINITIONS),)))
    return OutgoingMessage(f"Week {name}: {first} {told}", tuple(parts))


_DEFINITIONS = (
    "In time: the pull request came before the run's due time; failed and late runs count as missed. Without help: nobody answered, "
    "steered, retried, waived or asked for another round."
)


def _share(part: int, of: int) -> str:
    return f"{part} of {of} ({round(100 * part / of)}%)" if of else "– (no pull request)"


def _misses(week: Week) -> tuple[Span, ...]:
    spans: list[Span] = [Plain("Missed:", bold=True)]
    for code, n in week.misses:
        spans += [Break(), Plain(f"{n}× ")]
        spans += (
            [Plain("late")]
            if code == LATE
            else [Code(code), Plain(f" {explain(code).sentence} Who can act: {explain(code).who}.")]
        )
    return tuple(spans)
