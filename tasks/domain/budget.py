"""What a run may cost. Pure."""

from tasks.domain.run import Run


def allowance(run: Run, budget_usd: float) -> float:
    """Up to how many US dollars the whole run may cost: a budget for each attempt, and never more than two (UX §15).

    A person's retry after the first budget is spent grants the second; more than that is an operator's to grant.
    """
    return min(run.cost_before + budget_usd, 2 * budget_usd)
