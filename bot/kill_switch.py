"""`python -m bot.kill_switch on|off|status`: stops every landing, or says how the switch stands. Exit 3 while it is not off."""

import argparse
import getpass
import json
import sys
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError

from bot.cli.config import complain, load_settings
from bot.switch import told
from tasks.domain.grants import Switch
from tasks.store import switches
from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.store import Store
from tasks.store.switches import Turned

STOPPED = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="sortie kill-switch", description="Stop every landing at once.")
    parser.add_argument("what", choices=("on", "off", "status"))
    parser.add_argument("--reason", default="", help="kept with the turn, for whoever looks later")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    try:
        state, last = _turned(given.what, given.reason)
    except (StoreDown, SQLAlchemyError):
        complain("SYS-004", "The database does not answer. Nothing lands while the switch cannot be read.")
        raise SystemExit(1) from None
    if given.json:
        turns = [{**asdict(t), "at": t.at.isoformat()} for t in last]
        sys.stdout.write(json.dumps({"state": state.value, "turns": turns}) + "\n")
    else:
        sys.stdout.write(f"{told(state, last)}\n")
    raise SystemExit(0 if state is Switch.off else STOPPED)


def _turned(what: str, reason: str) -> tuple[Switch, tuple[Turned, ...]]:
    store = Store(open_engine(load_settings().database))
    if what != "status":
        with store.writing() as tx:
            switches.turn(
                tx.conn, tx.now, on=what == "on", by=f"command line: {getpass.getuser()}", reason=reason
            )
    with store.reading() as tx:
        return switches.state(tx.conn), switches.turns(tx.conn)


if __name__ == "__main__":
    main()
