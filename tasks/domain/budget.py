"""What a run may cost. Pure."""

from tasks.domain.grants import least
from tasks.domain.run import Run


def allowance(run: Run, budget_usd: float) -> float:
    """Up to how many US dollars the whole run may cost: a budget for each attempt, and never more than two (UX §15).

    A repository may ask for less. A person's retry after the first budget is spent grants the second; more than that is an
    operator's to grant.
    """
    granted = least(budget_usd, run.rules.budget_usd)
    return min(run.cost_before + granted, 2 * granted)
