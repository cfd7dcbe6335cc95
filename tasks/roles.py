"""Which roles there are: each one's prompt, tools, model, effort and limits, in one table; and what models cost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.types.model import ToolSpec, Usage
from tasks.agent import specs

OPUS = "claude-opus-5-5"
SONNET = "claude-sonnet-5-5"
HAIKU = "claude-haiku-5-5"


@dataclass(frozen=True, slots=True)
class Role:
    """One role. `prompt` is a template of tasks/prompts; `writable` whether its workspace's files are kept and submitted."""

    name: str
    prompt: str
    model: str
    effort: str
    max_tokens: int
    tools: tuple[ToolSpec, ...] = ()
    writable: bool = False


TRIAGER = Role("triager", "triager.md", HAIKU, "low", 1_000)
CHOOSER = Role("chooser", "chooser.md", HAIKU, "low", 1_000)
WORKER = Role("worker", "worker.md", OPUS, "high", 32_000, specs.WORKER, writable=True)
REVIEWER = Role("reviewer", "reviewer.md", SONNET, "high", 16_000, specs.REVIEWER)
"""One per lens. Another model than the author's: a model is blind to its own kind of mistake."""

EXPLAINER = Role("explainer", "explainer.md", SONNET, "medium", 8_000, specs.EXPLAINER)


@dataclass(frozen=True, slots=True)
class LensRow:
    """One lens. `prompt` is a template of tasks/prompts/lenses; `must_run`: it judges what only running shows."""

    name: str
    prompt: str
    must_run: bool = False


LENS_ROWS = {
    row.name: row
    for row in (
        LensRow("correctness", "correctness.md"),
        LensRow("security", "security.md"),
        LensRow("tests", "tests.md", must_run=True),
        LensRow("runs", "runs.md", must_run=True),
    )
}


def lens_row(name: str) -> LensRow:
    """The row of a lens; one that we do not know is of the repository, and its words are data."""
    return LENS_ROWS.get(name) or LensRow(name, "own.md")


ROLES = {role.name: role for role in (TRIAGER, CHOOSER, WORKER, REVIEWER, EXPLAINER)}


def model_for(role: Role, by_role: Mapping[str, str], *, lens: str = "") -> str:
    """The model to call: what the operator set for "reviewer:security", else for "reviewer", else the table's."""
    return by_role.get(f"{role.name}:{lens}") or by_role.get(role.name) or role.model


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. Writing to the cache costs 1.25 × input, reading from it 0.1 ×."""

    input: float
    output: float


PRICES = {
    "claude-fable-5-1": Price(10.0, 50.0),
    "claude-opus-5-5": Price(4.0, 20.0),
    "claude-sonnet-5-5": Price(2.0, 10.0),
    "claude-haiku-5-5": Price(0.1, 0.5),
}
"""https://platform.claude.com/docs/en/about-claude/pricing, as of November 2026. A model that is missing has no known price."""

_DATED = re.compile(r"-20\d{6}$")


def cost_usd(model: str, usage: Usage) -> float | None:
    """What a call cost; None where the model's price is not known, never 0 instead. A dated id is its model."""
    price = PRICES.get(_DATED.sub("", model))
    if price is None:
        return None
    read = usage.input_tokens + 1.25 * usage.cache_write_tokens + 0.1 * usage.cache_read_tokens
    return (read * price.input + usage.output_tokens * price.output) / 1_000_000
