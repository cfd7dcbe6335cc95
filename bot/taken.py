"""What became of one arrival."""

from dataclasses import dataclass

from bot.replies import Reply


@dataclass(frozen=True, slots=True)
class Taken:
    """`outcome` is "new", "draft", "begun", "dropped", "set", "home", "fact", "switch", "kept" (until its requester has an
    account), "linked", "ignored" or "seen" (a repeated delivery).
    """

    outcome: str
    reason: str = ""
    run_ids: tuple[str, ...] = ()
    reply: Reply | None = None
