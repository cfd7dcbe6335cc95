"""What a run may cost. Pure."""

from tasks.domain.grants import least
from tasks.domain.run import Run


def allowance(run: Run, budget_usd: float, *, paid_rounds: int) -> float:
    """Up to how many US dollars the whole run may cost: one budget for each attempt, two at most (UX §15), and one more for
    each round that people ask for on the pull request, at most for so many rounds.

    A repository may ask for less. A person's retry after the first budget is spent grants the second; more than that is an
    operator's to grant.
    """
    granted = least(budget_usd, run.rules.budget_usd)
    return min(run.cost_before + granted, (2 + min(run.rounds, paid_rounds)) * granted)
