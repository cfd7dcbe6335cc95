"""Faults on demand: what the next calls of a method, or the next deliveries of an event, suffer."""

from dataclasses import asdict, dataclass, field

from integrations.simulators.slack.config import Json

CALL_KINDS = ("error", "status", "ratelimit", "timeout", "reset")
DELIVERY_KINDS = ("drop", "duplicate", "delay")
MOMENTS = ("before", "after_commit")


class BadFault(ValueError):
    """The fault asked for does not make sense; the message says why."""


@dataclass(slots=True)
class Fault:
    """A fault for `times` matching calls, after `skip` of them went through unharmed.

    `method` is a Web API method, `*`, or `event:<type>` for deliveries. `match` restricts it to calls whose
    arguments have these values. `when=after_commit` does the work first, so that only the answer is lost.
    `seconds`: how long a `timeout` holds the answer, or a `delay` holds a delivery.
    """

    method: str
    kind: str
    times: int = 1
    skip: int = 0
    when: str = "before"
    error: str = "internal_error"
    status: int = 503
    retry_after_s: int = 1
    seconds: float = 30.0
    match: Json = field(default_factory=dict)
    hits: int = 0

    @classmethod
    def from_json(cls, body: Json) -> "Fault":
        """Raises BadFault for an unknown key, kind or moment."""
        try:
            fault = cls(**{key: value for key, value in body.items() if key != "hits"})
        except TypeError as error:
            raise BadFault(str(error)) from error
        kinds = DELIVERY_KINDS if fault.method.startswith("event:") else CALL_KINDS
        if fault.kind not in kinds:
            raise BadFault(f"kind must be one of {', '.join(kinds)}")
        if fault.when not in MOMENTS:
            raise BadFault(f"when must be one of {', '.join(MOMENTS)}")
        return fault

    def fits(self, method: str, args: Json) -> bool:
        if self.method not in (method, "*") or (self.method == "*" and method.startswith("event:")):
            return False
        return all(args.get(key) == value for key, value in self.match.items())


class Faults:
    """The faults still waiting to happen, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def take(self, method: str, args: Json) -> Fault | None:
        """The fault this call suffers, counted down; None for an unharmed call."""
        for fault in self._waiting:
            if not fault.fits(method, args):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            fault.hits += 1
            if fault.times <= 0:
                self._waiting.remove(fault)
            return fault
        return None

    def rows(self) -> list[Json]:
        return [asdict(fault) for fault in self._waiting]

    def clear(self) -> None:
        self._waiting.clear()
