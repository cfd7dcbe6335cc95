"""`python -m tests.tasks.version_worker URL NAME FOLDER [tell RUN]`: a worker, publisher and sweep of whatever version it is run from.

With `tell RUN` it only appends one fact, as that version stores it.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

from tasks.domain.decisions import Failed, Noted
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.drive import Driving, StepEntry
from tasks.effects.ports import OutsidePorts
from tasks.keeper import LeaseKeeper
from tasks.messages.words import Links
from tasks.publish import Publisher
from tasks.queue import CONTROL, DRIVE, QUEUES, celery_app
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tasks.sweep import Sweep
from tasks.worker import register
from tests.support.histories import POLICY
from tests.tasks.outside import Bell, Outside


class AnyStep(dict[str, StepEntry]):
    """Whatever step is asked for ends the run, once the file `hold-<run>` is gone."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder

    def __missing__(self, step: str) -> StepEntry:
        return StepEntry(CONTROL, self._end)

    def _end(self, run: Run, *, ports: object, log: Any) -> Event:
        (self._folder / f"{self._name}-works-on-{run.id}").touch()
        while (self._folder / f"hold-{run.id}").exists() and not log.cancelled():
            time.sleep(0.02)
        return Failed("AGT-001", f"Ended by {self._name}.")


def main() -> None:
    url, name, folder, *rest = sys.argv[1:]
    store = Store(open_engine(url))
    if rest:
        with store.writing() as tx:
            tx.append(rest[1], Noted("X-1", f"Said by {name}."))
        return
    keeper, bell = LeaseKeeper(store, ttl_s=5, heartbeat_s=1), Bell()
    steps = AnyStep(name, Path(folder))
    driving = Driving(store, bell, keeper, POLICY, steps, None, frozenset(QUEUES), name, 5.0, 0.1)
    app = celery_app("")
    register(app, driving)
    world = cast(Any, Outside())
    ports = OutsidePorts(chat=world, code_host=world, workspaces=world, links=Links("http://127.0.0.1"))
    publisher = Publisher(store, ports, bell, claim_s=0.5)
    threading.Thread(target=publisher.run, args=(threading.Event(),), daemon=True).start()
    sweep = Sweep(store, bell)
    while True:
        sweep.once()
        with store.reading() as tx:
            due = tx.due(woken_before=tx.now.replace(year=tx.now.year + 1))
        for run_id in due:
            threading.Thread(target=app.tasks[DRIVE], args=(run_id,), daemon=True).start()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
