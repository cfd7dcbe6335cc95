"""`python -m bot.verify R-1042`: runs a receipt's commands again on exactly the pushed commit, and says what differs.

Exit 0: the same. 1: something differs, or the receipt is void. 2: it cannot be told.
"""

import argparse
import json
import re
import sys

from sqlalchemy.exc import SQLAlchemyError

from bot.cli.config import USAGE, complain, load_settings
from integrations.errors import IntegrationError
from tasks.domain.receipt import Receipt, differences, document, receipt
from tasks.gates.change import Checks, check_change
from tasks.gates.config import ConfigError
from tasks.gates.run import GateRoom, Subject
from tasks.settings import Settings
from tasks.steps.run.gate import conditions_of
from tasks.steps.run.provision import config_at
from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.store import Store
from tasks.wiring.places import sandboxes, workspaces
from tasks.workspace.git import GitFailed

_RUN = re.compile(r"R-\d{1,12}")


def main() -> None:
    """Prints one line per difference, or one JSON document."""
    parser = argparse.ArgumentParser(prog="sortie verify", description=__doc__)
    parser.add_argument("run", help="for example R-1042")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    settings = load_settings()
    made, commands = _receipt(settings, given.run)
    try:
        differs = list(_again(settings, made, commands))
    except (IntegrationError, GitFailed, ConfigError) as why:
        complain("VER-002", f"The receipt of {made.run_id} cannot be tried here: {why}")
        raise SystemExit(USAGE) from why
    if made.void_by:
        differs.append(f"The receipt is void: {made.void_by[:12]} stands on the branch now.")
    if given.json:
        told = {**document(made), "same": not differs, "differences": differs}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        word = "differs" if differs else "the same"
        lines = [f"{made.run_id} at {made.head_oid[:12]}, receipt {made.short}: {word}.", *differs]
        sys.stdout.write("\n".join(lines) + "\n")
    raise SystemExit(1 if differs else 0)


def _receipt(settings: Settings, run_id: str) -> tuple[Receipt, tuple[tuple[str, str], ...]]:
    """The stored receipt and the commands of its run. Leaves with exit code 2 where there is none."""
    if not _RUN.fullmatch(run_id):
        complain("VER-001", f"{run_id[:40]} is no run. Write it as on the card, like R-1042.")
        raise SystemExit(USAGE)
    store = Store(open_engine(settings.database))
    try:
        with store.reading() as tx:
            run = tx.load(run_id)
            made = receipt(run_id, tx.events(run_id)) if run else None
    except (StoreDown, SQLAlchemyError):
        complain("SYS-004", "The database does not answer, or has no schema yet.")
        raise SystemExit(USAGE) from None
    if run is None or made is None:
        complain("VER-001", f"{run_id} has no receipt: there is no such run, or nothing of it was gated.")
        raise SystemExit(USAGE)
    return made, run.commands


def _again(settings: Settings, made: Receipt, commands: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    provider = sandboxes(settings)
    places = workspaces(settings, provider)
    config = config_at(places, made.repo, made.base_oid, also=settings.protected)
    checks = Checks(config, commands, conditions_of(settings, config, made.setup))
    room = GateRoom(places, provider, lambda: False)
    subject = Subject(f"{made.run_id}-verify", made.repo, made.base_oid, made.head_oid)
    return differences(made, check_change(room, subject, checks))


if __name__ == "__main__":
    main()
