"""`python -m bot.migrate`: brings the database to this version's schema."""

import sys

from sqlalchemy.exc import SQLAlchemyError

from bot.cli.config import USAGE, complain, load_settings
from tasks.store.engine import open_engine
from tasks.store.migrate import expected, revision, upgrade


def main() -> None:
    settings = load_settings()
    try:
        engine = open_engine(settings.database)
        before = revision(engine)
        upgrade(engine)
    except SQLAlchemyError as broken:
        complain("SYS-004", f"The database cannot be reached or upgraded ({type(broken).__name__}).")
        raise SystemExit(1 if settings.database_url else USAGE) from None
    after = expected()
    changed = "already at" if before == after else f"from {before or 'empty'} to"
    sys.stderr.write(f"database {engine.dialect.name}: {changed} {after}\n")


if __name__ == "__main__":
    main()
