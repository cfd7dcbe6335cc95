"""What is granted and what is taken away: a repository never gains by what it says, and nothing lands by itself by default."""

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.types.code_host import Role
from tasks.domain.budget import allowance
from tasks.domain.grants import (
    NO_RULES,
    SMALL_FILES,
    SMALL_LINES,
    ByPerson,
    ByQueue,
    Candidate,
    Land,
    Rules,
    Switch,
    Tier,
    landing,
    may_start,
)
from tasks.domain.policy import Policy, not_allowed
from tests.support.histories import ONE, TO_CODING, TWO, Story, inspected

ROLES, TIERS = tuple(Role), tuple(Tier)
counts = st.none() | st.integers(1, 9)
rules = st.builds(
    Rules,
    lenses=st.lists(st.sampled_from(["runs", "security", "mine"]), max_size=3).map(tuple),
    start_role=st.none() | st.sampled_from(Role),
    start_logins=st.sampled_from([(), ("ada",), ("Ben",)]),
    gate_rounds=counts,
    ci_rounds=counts,
    review_rounds=counts,
    budget_usd=st.none() | st.floats(0.1, 100),
    land=st.none() | st.sampled_from(Land),
    tier=st.none() | st.sampled_from(Tier),
    fail_open=st.booleans(),
)
policies = st.builds(
    Policy,
    start_role=st.sampled_from([Role.write, Role.maintain, Role.admin]),
    land=st.sampled_from(Land),
    tier=st.sampled_from(Tier),
    gate_rounds=st.integers(1, 9),
    ci_rounds=st.integers(1, 9),
    review_rounds=st.integers(1, 9),
)


@given(policies, rules)
def test_a_repository_only_ever_tightens(policy: Policy, asked: Rules) -> None:
    within = policy.within(asked)
    assert set(policy.lenses) <= set(within.lenses) and len(set(within.lenses)) == len(within.lenses)
    assert set(asked.lenses) <= set(within.lenses)
    assert ROLES.index(within.start_role) >= ROLES.index(policy.start_role)
    assert within.land is Land.human or policy.land is Land.queue
    assert TIERS.index(within.tier) <= TIERS.index(policy.tier)
    assert within.gate_rounds <= policy.gate_rounds
    assert within.ci_rounds <= policy.ci_rounds
    assert within.review_rounds <= policy.review_rounds
    assert within.within(asked) == within


def test_what_a_repository_asks_for_holds_where_it_is_less() -> None:
    policy = Policy(land=Land.queue, tier=Tier.any)
    asked = Rules(("runs",), Role.admin, (), 1, 1, 1, None, Land.human, Tier.docs)
    within = policy.within(asked)
    assert within.lenses == ("correctness", "security", "tests", "runs")
    assert (within.start_role, within.land, within.tier) == (Role.admin, Land.human, Tier.docs)
    assert (within.gate_rounds, within.ci_rounds, within.review_rounds) == (1, 1, 1)
    assert policy.within(NO_RULES) == policy
    assert policy.within(Rules(land=Land.queue, tier=Tier.any)).land is Land.queue


def test_a_repository_may_ask_for_a_smaller_budget_and_not_for_a_larger_one() -> None:
    run = Story(*TO_CODING).run
    assert allowance(run, 5.0, paid_rounds=0) == 5.0
    assert allowance(replace(run, rules=Rules(budget_usd=2.0)), 5.0, paid_rounds=0) == 2.0
    assert allowance(replace(run, rules=Rules(budget_usd=9.0)), 5.0, paid_rounds=0) == 5.0


@pytest.mark.parametrize(
    ("role", "login", "least", "logins", "may"),
    [
        (Role.write, "ada", Role.write, (), True),
        (Role.triage, "ada", Role.write, (), False),
        (Role.triage, "ada", Role.none, (), False),
        (Role.none, "ada", Role.none, (), False),
        (Role.write, "ada", Role.maintain, (), False),
        (Role.maintain, "ada", Role.maintain, (), True),
        (Role.admin, "ada", Role.maintain, (), True),
        (Role.write, "ada", Role.write, ("ben", "ADA"), True),
        (Role.admin, "ada", Role.write, ("ben",), False),
        (Role.admin, "", Role.write, ("",), False),
        (Role.admin, "", Role.write, (), True),
    ],
)
def test_who_may_start(role: Role, login: str, least: Role, logins: tuple[str, ...], may: bool) -> None:
    assert may_start(role, login, least_role=least, logins=logins) is may


def test_somebody_who_may_not_start_is_told_what_it_takes() -> None:
    seen = inspected(role=Role.write)
    assert not_allowed(seen, Policy(), NO_RULES) is None
    refused = not_allowed(seen, Policy(start_role=Role.maintain), NO_RULES)
    assert refused and refused.code == "AUTH-003" and refused.sentence.endswith("Starting needs maintain.")
    named = not_allowed(seen, Policy(), Rules(start_logins=("ben",)))
    assert named and named.code == "AUTH-003" and "you are not among them" in named.sentence
    assert not_allowed(seen, Policy(), Rules(start_logins=("ADA",))) is None


GOOD = Candidate(ONE, ONE, ONE, ONE, True, True, False, False, ("src/a.py",), 10)


def lands(
    change: Candidate, land: Land = Land.queue, tier: Tier = Tier.any, switch: Switch = Switch.off
) -> object:
    return landing(change, land=land, tier=tier, switch=switch)


def test_a_change_for_which_everything_speaks_lands_at_exactly_its_head() -> None:
    assert lands(GOOD) == ByQueue(ONE)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"head_oid": ""}, "There is no head to land."),
        ({"gated_oid": TWO}, "The gates did not run on this head."),
        ({"asks_person": True}, "A gate asks for a person."),
        ({"ci_oid": TWO}, "CI is not green on this head."),
        ({"ci_green": False}, "CI is not green on this head."),
        ({"reviewed_oid": TWO}, "The lenses did not pass this head."),
        ({"review_passed": False}, "The lenses did not pass this head."),
        ({"waived": True}, "A person waived findings on it."),
        ({"paths": None}, "It is more than may land without a person here (any)."),
        ({"paths": ()}, "It is more than may land without a person here (any)."),
    ],
)
def test_any_single_thing_missing_leaves_it_to_a_person(changes: dict[str, object], why: str) -> None:
    assert lands(replace(GOOD, **changes)) == ByPerson(why)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("switch", "why"),
    [
        (Switch.on, "The kill switch is on: nothing lands."),
        (Switch.unreadable, "The kill switch is unreadable: nothing lands."),
    ],
)
def test_the_kill_switch_stops_every_landing_and_so_does_one_that_cannot_be_read(
    switch: Switch, why: str
) -> None:
    for tier in Tier:
        for land in Land:
            assert lands(GOOD, land, tier, switch) == ByPerson(why)


def test_by_default_a_person_lands_everything() -> None:
    policy = Policy()
    why = ByPerson("A person lands every change of this repository.")
    assert lands(GOOD, policy.land, policy.tier) == why
    assert lands(GOOD, Land.human, Tier.any) == lands(GOOD, Land.queue, Tier.none) == why


PATHS = tuple(f"src/{n}.py" for n in range(SMALL_FILES))


@pytest.mark.parametrize(
    ("tier", "paths", "lines", "fits"),
    [
        (Tier.docs, ("README.MD", "docs/a.rst"), 900, True),
        (Tier.docs, ("README.md", "a.py"), 1, False),
        (Tier.small, PATHS, SMALL_LINES, True),
        (Tier.small, (*PATHS, "x.py"), 1, False),
        (Tier.small, PATHS, SMALL_LINES + 1, False),
        (Tier.any, (*PATHS, "x.py"), 10_000, True),
    ],
)
def test_a_tier_says_how_much_may_land_without_a_person(
    tier: Tier, paths: tuple[str, ...], lines: int, fits: bool
) -> None:
    change = replace(GOOD, paths=paths, lines=lines)
    more = ByPerson(f"It is more than may land without a person here ({tier.value}).")
    assert lands(change, tier=tier) == (ByQueue(ONE) if fits else more)


@pytest.mark.parametrize("value", [NO_RULES, GOOD, ByQueue(ONE), ByPerson("why")])
def test_a_value_is_never_changed_in_place(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")


def test_what_is_stored_and_configured_keeps_its_words() -> None:
    assert [land.value for land in Land] == ["human", "queue"]
    assert [tier.value for tier in Tier] == ["none", "docs", "small", "any"]
    assert [switch.value for switch in Switch] == ["off", "on", "unreadable"]
    assert (SMALL_FILES, SMALL_LINES) == (5, 60)
    assert Rules((), None, (), None, None, None, None, None, None, False) == NO_RULES
