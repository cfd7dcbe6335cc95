"""Scripted reviewers of a stated quality behind the gates: what they say is chance, what it amounts to is decided by our own code."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.changes.gating import Passage
from bench.changes.recipes import RIGHT, Recipe
from tasks.domain.verdict import LENSES, Decision, Finding, LensVerdict, Outcome, Severity, combine, settle

_HEAD = "head"


@dataclass(frozen=True, slots=True)
class Quality:
    """Of each lens by itself: how likely it sees what is wrong, and how likely it objects to what is right. `upheld` is the share
    of its false objections that the harness reproduces; of a true one it reproduces all."""

    recall: float
    false_alarm: float
    upheld: float = 0.2


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Means over all rounds: of wrong changes, how many landed; of right ones, how many were blocked, or waited for a person."""

    false_land: float
    false_reject: float
    held: float


def reviewed(
    recipes: Iterable[Recipe],
    passages: Mapping[str, Passage],
    quality: Quality,
    *,
    lenses: int,
    rounds: int = 100,
) -> Verdicts:
    """Those that the gates let on are reviewed by the first `lenses` lenses (none: they land); each round is other chance."""
    names = LENSES[:lenses]
    wrong = right = landed = blocked = held = 0.0
    for recipe in recipes:
        passage = passages[recipe.id]
        is_right = recipe.label == RIGHT
        right += is_right
        wrong += not is_right
        for number in range(rounds):
            outcome = (
                Outcome.passed if passage.stopped or not names else _outcome(recipe, quality, names, number)
            )
            lands = outcome is Outcome.passed and not passage.stopped
            landed += (lands and not is_right) / rounds
            back = passage.sent_back or (outcome is Outcome.blocked and not passage.held)
            blocked += (back and is_right) / rounds
            held += (is_right and not back and not lands) / rounds
    return (
        Verdicts(landed / wrong, blocked / right, held / right)
        if wrong and right
        else Verdicts(0.0, 0.0, 0.0)
    )


def _outcome(recipe: Recipe, quality: Quality, names: tuple[str, ...], number: int) -> Outcome:
    said = [_said(recipe, quality, name, number) for name in names]
    return combine([settle(verdict) for verdict in said], head_oid=_HEAD, lenses=names)


def _said(recipe: Recipe, quality: Quality, lens: str, number: int) -> LensVerdict:
    chance = random.Random(f"{recipe.id}:{lens}:{number}")
    is_right = recipe.label == RIGHT
    objects = chance.random() < (quality.false_alarm if is_right else quality.recall)
    if not objects:
        return LensVerdict(lens, _HEAD, Decision.passed, "nothing found", commands=1)
    finding = Finding(1, lens, Severity.blocking, "x.py", 1, "it is wrong", evidence_command="true")
    if is_right and chance.random() >= quality.upheld:
        return LensVerdict(lens, _HEAD, Decision.block, "wrong", raised=1, dropped=(finding,), commands=1)
    return LensVerdict(lens, _HEAD, Decision.block, "wrong", findings=(finding,), raised=1, commands=1)
