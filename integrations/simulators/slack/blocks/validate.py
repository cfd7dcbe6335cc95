"""Is this a message, or a view, that Slack would take? The rules that span several blocks live here."""

from collections.abc import Iterator
from typing import Any

from integrations.simulators.slack.blocks.catalogue import BLOCKS
from integrations.simulators.slack.blocks.elements import plain_text
from integrations.simulators.slack.blocks.rules import (
    Problem,
    boolean,
    may,
    need,
    one_of,
    record,
    text,
    typed,
    unique,
)

_MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_MARKDOWN_TOTAL = 12_000
_ANY_BLOCK = typed(BLOCKS)

_MODAL = record(
    {
        "type": need(one_of("modal")),
        "title": need(plain_text(24)),
        "blocks": need(lambda value, at: iter(())),
        "submit": may(plain_text(24)),
        "close": may(plain_text(24)),
        "private_metadata": may(text(3000, shortest=0)),
        "callback_id": may(text(255, shortest=0)),
        "external_id": may(text(255, shortest=0)),
        "clear_on_close": may(boolean),
        "notify_on_close": may(boolean),
        "submit_disabled": may(boolean),
    }
)
_HOME = record(
    {
        "type": need(one_of("home")),
        "blocks": need(lambda value, at: iter(())),
        "private_metadata": may(text(3000, shortest=0)),
        "callback_id": may(text(255, shortest=0)),
        "external_id": may(text(255, shortest=0)),
    }
)


def block_problems(blocks: Any, *, surface: str = "message", at: str = "") -> list[Problem]:
    """Everything wrong with an array of blocks on a surface (`message`, `modal` or `home`); empty when fine."""
    if not isinstance(blocks, list):
        return [Problem(at, "invalid_type", "must be an array")]
    return [*_each_block(blocks, at), *_together(blocks, surface, at)]


def view_problems(view: Any, *, at: str = "") -> list[Problem]:
    """Everything wrong with a view payload of views.open, .push, .update or .publish."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return [Problem(f"{at}/type", "failed_constraint", "must be one of modal, home")]
    surface = str(view["type"])
    problems = list((_MODAL if surface == "modal" else _HOME)(view, at))
    blocks = view.get("blocks")
    problems += block_problems(blocks, surface=surface, at=f"{at}/blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(b, dict) and b.get("type") == "input" for b in blocks
    )
    if surface == "modal" and has_input and not view.get("submit"):
        problems.append(Problem(at, "missing_field", "submit is required when a view has input blocks"))
    return problems


def _each_block(blocks: list[Any], at: str) -> Iterator[Problem]:
    for index, block in enumerate(blocks):
        yield from _ANY_BLOCK(block, f"{at}/{index}")


def _together(blocks: list[Any], surface: str, at: str) -> Iterator[Problem]:
    most = _MOST_BLOCKS[surface]
    if len(blocks) > most:
        yield Problem(at, "failed_constraint", f"no more than {most} items allowed")
    known = [block for block in blocks if isinstance(block, dict)]
    yield from unique(known, "block_id", at)
    kinds = [block.get("type") for block in known]
    if "plan" in kinds and "task_card" in kinds:
        yield Problem(at, "failed_constraint", "a plan cannot be mixed with a standalone task_card")
    if "alert" in kinds and surface != "modal":
        place = f"{at}/{kinds.index('alert')}/type"
        yield Problem(place, "failed_constraint", "alert blocks are only allowed in modals")
    markdown = sum(len(str(b.get("text", ""))) for b in known if b.get("type") == "markdown")
    if markdown > _MARKDOWN_TOTAL:
        yield Problem(
            at, "failed_constraint", f"markdown blocks exceed {_MARKDOWN_TOTAL} characters together"
        )
