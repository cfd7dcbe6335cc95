"""A version of Sortie that is newer than this one: a copy of its source with one event more and one event changed."""

import re
import shutil
from pathlib import Path

from sqlalchemy import Engine, insert, select, update

from tasks.store.clock import utc_now
from tasks.store.schema import events, streams

ROOT = Path(__file__).parents[2]
LIFTED = """

VERSIONS["Noted"] = VERSIONS.get("Noted", 1) + 1
UPCASTERS["Noted", VERSIONS["Noted"] - 1] = lambda data: data | {"level": "lifted"}
"""


def newer_tree(folder: Path) -> Path:
    """Source of a newer version, to run with: its Noted has a field more, stored as the next version."""
    for part in ("tasks", "integrations", "tests/support", "tests/tasks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "fixtures"))
    shutil.copy(ROOT / "tests/__init__.py", folder / "tests/__init__.py")
    source = folder / "tasks/domain/decisions.py"
    text = source.read_text(encoding="utf-8")
    changed, times = re.subn(
        r"(class Noted:.*?default_factory=dict\)\n)", r'\1    level: str = ""\n', text, flags=re.S
    )
    assert times == 1
    source.write_text(changed, encoding="utf-8")
    with (folder / "tasks/store/codec.py").open("a", encoding="utf-8") as codec:
        codec.write(LIFTED)
    return folder


def tell_from_the_future(engine: Engine, run_id: str) -> None:
    """The run's next event is one that this version has no name for."""
    here = (streams.c.kind == "run") & (streams.c.id == run_id)
    with engine.connect() as plain:
        conn = plain.execution_options(sortie_writes=True)
        with conn.begin():
            seq = conn.execute(select(streams.c.seq).where(here)).scalar_one() + 1
            row = {"kind": "run", "id": run_id, "seq": seq, "type": "Praised", "version": 1, "data": "{}"}
            conn.execute(insert(events).values(**row, at=utc_now()))
            conn.execute(update(streams).where(here).values(seq=seq))
