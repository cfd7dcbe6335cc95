"""`python -m bot.lens_records`: how far each lens can be trusted, and what follows for a repository."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.cli.config import complain, load_settings
from tasks.domain.record import Autonomy, LensRecord, autonomy, lens_records
from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.records import run_records
from tasks.store.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(prog="sortie lenses", description="The record of each lens.")
    parser.add_argument("--repo", default="", help='only of this repository ("owner/name"), with its tier')
    parser.add_argument("--days", type=int, default=90, help="how far back; 90 unless given")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    settings = load_settings()
    try:
        with Store(open_engine(settings.database)).reading() as tx:
            runs = run_records(tx.conn, since=tx.now - timedelta(days=given.days), repo=given.repo)
            now = tx.now
    except (StoreDown, SQLAlchemyError):
        complain("SYS-004", "The database does not answer, or has no schema yet.")
        raise SystemExit(1) from None
    tier = autonomy(settings.land.tier, runs, now) if given.repo else None
    lenses = lens_records(runs)
    if given.json:
        shown = [{**asdict(lens), "precision": lens.precision} for lens in lenses]
        sys.stdout.write(json.dumps({"lenses": shown, "autonomy": tier and asdict(tier)}) + "\n")
    else:
        sys.stdout.write("\n".join(_table(lenses, tier)) + "\n")


def _table(lenses: tuple[LensRecord, ...], tier: Autonomy | None) -> list[str]:
    lines = [
        f"{'lens':<16} {'verdicts':>8} {'raised':>7} {'upheld':>7} {'precision':>9} {'passes':>7} {'escapes':>7}"
        f" {'disliked':>8}"
    ]
    for lens in lenses:
        precision = "-" if lens.precision is None else f"{lens.precision:.0%}"
        lines.append(
            f"{lens.lens:<16} {lens.verdicts:>8} {lens.raised:>7} {lens.upheld:>7} {precision:>9}"
            f" {lens.passes:>7} {lens.escapes:>7} {lens.disliked:>8}"
        )
    if tier:
        why = f" ({tier.why})" if tier.why else ""
        proposed = f"; proposed: {tier.proposed.value}" if tier.proposed else ""
        lines.append(f"tier: {tier.tier.value}{proposed}{why}")
    return lines


if __name__ == "__main__":
    main()
