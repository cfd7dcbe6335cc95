"""Decides which step of a script is due, from nothing but the conversation in the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from integrations.simulators.model.bookmarks import Bookmark, read_bookmark, role_mark
from integrations.simulators.model.conditions import evaluate, matches_role
from integrations.simulators.model.loading import LoadedRole, LoadedScript
from integrations.simulators.model.script import FaultKind, Step, text_of
from integrations.simulators.model.templates import MissingCapture, fill
from integrations.simulators.model.transcript import AssistantTurn, Conversation, Moment

_MAX_JUMPS = 1_000


class ScriptStuck(Exception):
    """The script cannot say what comes next: its branches jump in a circle."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a conversation stands: the next step to look at, turns played, names captured so far."""

    step: int = 0
    turn: int = 0
    captures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """The step to play now (None: the script is at its end), with the moment it was chosen at."""

    role: LoadedRole
    index: int | None
    turn: int
    captures: Mapping[str, str]
    moment: Moment

    @property
    def step(self) -> Step | None:
        return None if self.index is None else self.role.steps[self.index]


def find_role(script: LoadedScript, conversation: Conversation) -> LoadedRole | None:
    """The first role whose match holds."""
    return next((role for role in script.roles if matches_role(role.match, conversation)), None)


def due_step(role: LoadedRole, conversation: Conversation, fires: Callable[[int], bool]) -> Due:
    """The step that answers `conversation`. `fires(index)` says whether that step's fault is still to happen.

    Turns already in the transcript are replayed, so retries, resumed runs and parallel runs agree.
    """
    position = Position()
    for index, turn in enumerate(conversation.turns):
        position = _replay(role, position, turn, conversation.moment(index, turn=position.turn))
    moment = conversation.moment(len(conversation.turns), turn=position.turn)
    chosen, captures = _choose(role, position, moment, fires)
    return Due(role, chosen, position.turn, captures, moment)


def _replay(role: LoadedRole, position: Position, turn: AssistantTurn, moment: Moment) -> Position:
    mark = read_bookmark(turn.tool_ids)
    if mark is not None and (mark.role != role_mark(role.name) or mark.step >= len(role.steps)):
        return position
    chosen, captures = _choose(role, position, moment, _never)
    if mark is not None:
        return _trust(role, mark, position if chosen != mark.step else Position(captures=captures), moment)
    if chosen is None:
        return Position(len(role.steps), position.turn + 1, captures)
    cut = _was_cut(role.steps[chosen], turn, captures)
    return Position(chosen if cut else _after(role, chosen), position.turn + 1, captures)


def _trust(role: LoadedRole, mark: Bookmark, held: Position, moment: Moment) -> Position:
    found = evaluate(role.steps[mark.step].when, moment) or {}
    step = mark.step if mark.cut else _after(role, mark.step)
    return Position(step, mark.turn + 1, {**held.captures, **found})


def _choose(
    role: LoadedRole, position: Position, moment: Moment, fires: Callable[[int], bool]
) -> tuple[int | None, Mapping[str, str]]:
    index, captures = position.step, dict(position.captures)
    for _ in range(_MAX_JUMPS):
        if index >= len(role.steps):
            return None, captures
        step = role.steps[index]
        found = evaluate(step.when, moment)
        if found is None:
            index = role.labels[step.otherwise] if step.otherwise is not None else index + 1
            continue
        captures.update(found)
        if step.has_content or (step.fault is not None and fires(index)):
            return index, captures
        index = _after(role, index)
    raise ScriptStuck(f"role {role.name}: the branches around step {index} jump in a circle")


def _after(role: LoadedRole, index: int) -> int:
    goto = role.steps[index].goto
    return role.labels[goto] if goto is not None else index + 1


def _never(_index: int) -> bool:
    return False


def _was_cut(step: Step, turn: AssistantTurn, captures: Mapping[str, str]) -> bool:
    """Whether this text turn is the step's own text cut short by a max_tokens fault."""
    fault = step.planned_fault
    if fault is None or fault.kind is not FaultKind.MAX_TOKENS or step.say is None:
        return False
    try:
        return turn.text == cut_text(str(fill(text_of(step.say), captures)))
    except MissingCapture:
        return False


def cut_text(text: str) -> str:
    """The first half of `text`, as a turn that ran out of tokens leaves it."""
    return text[: max(1, len(text) // 2)]
