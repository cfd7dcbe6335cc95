"""The table of roles and what models cost."""

import pytest

from integrations.types.model import Usage
from tasks.roles import REVIEWER, WORKER, cost_usd, model_for


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("claude-opus-5-5", Usage(1_000_000, 1_000_000), 24.0),
        ("claude-opus-5-5", Usage(0, 0, 1_000_000, 0), 5.0),
        ("claude-opus-5-5", Usage(0, 0, 0, 1_000_000), 0.4),
        ("claude-haiku-5-5-20260901", Usage(1_000_000, 0), 0.1),
        ("claude-sonnet-5-5", Usage(), 0.0),
    ],
)
def test_a_call_costs_what_the_price_list_says(model: str, usage: Usage, usd: float) -> None:
    assert cost_usd(model, usage) == pytest.approx(usd)


def test_a_model_without_a_known_price_costs_an_unknown_amount() -> None:
    assert cost_usd("claude-fable-5-2", Usage(1000, 1000)) is None


def test_reviewers_are_another_model_than_the_author() -> None:
    assert WORKER.model != REVIEWER.model


def test_an_operator_may_choose_models_by_role_and_by_lens() -> None:
    chosen = {"reviewer": "m1", "reviewer:security": "m2"}
    assert model_for(REVIEWER, chosen, lens="tests") == "m1"
    assert model_for(REVIEWER, chosen, lens="security") == "m2"
    assert model_for(WORKER, chosen) == WORKER.model
