"""A worker's upkeep asks the leases, so that it never clears what somebody works in."""

import time
from pathlib import Path

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tasks.upkeep import keep_up
from tasks.workspace.eviction import Evictor, Keep
from tasks.workspace.workspace import Tenure
from tests.support.requests import a_request
from tests.tasks.workspace.conftest import REPO, World


def test_what_a_lease_is_held_on_stays_and_goes_once_it_is_let_go(world: World, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'upkeep.db'}")
    upgrade(engine)
    store = Store(engine)
    with store.writing() as tx:
        run_id = tx.start_run(a_request(), "Return 422").id
        lease = tx.acquire(run_id, holder="worker-1", ttl_s=60)
    assert lease is not None
    place = world.workspaces.provision(Tenure(run_id, 1, lease.epoch), REPO, world.base).place.root
    nothing_kept = Keep(workspaces_s=0.0, checkouts_s=0.0)
    evictor = Evictor(world.workspaces.layout, nothing_kept, now=lambda: time.time() + 10.0)
    keep_up(store, evictor)
    assert place.exists()
    with store.writing() as tx:
        tx.release(run_id, epoch=lease.epoch)
    keep_up(store, evictor)
    assert not place.exists()
    engine.dispose()
