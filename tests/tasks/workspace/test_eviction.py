"""A worker's disk: what nobody uses goes by age and by quota, and what somebody works in stays."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.errors import Retryable
from tasks.workspace.eviction import Evicted, Evictor, Keep
from tasks.workspace.storage import lock_file
from tasks.workspace.workspace import Tenure
from tests.tasks.workspace.conftest import REPO, World, both

DAY = 86_400.0
NOTHING_KEPT = Keep(workspaces_s=0.0, checkouts_s=0.0)


def evict(world: World, keep: Keep, live: Mapping[str, int], *, later_s: float = 10.0) -> Evicted:
    return Evictor(world.workspaces.layout, keep, now=lambda: time.time() + later_s).evict(lambda: live)


def checkouts(world: World) -> list[Path]:
    return [path for path in world.workspaces.layout.checkouts(REPO).glob("*") if path.is_dir()]


@both
def test_what_the_holder_of_the_lease_works_in_stays_however_old(world: World) -> None:
    """The attempt's workspace of that epoch, and every checkout of the run; an earlier epoch's goes."""
    frozen = world.provision(epoch=3)
    current = world.provision(epoch=4)
    lens = world.workspaces.checkout("R-1", REPO, world.base, base_oid=world.base, purpose="lens-security")
    done = evict(world, NOTHING_KEPT, {"R-1": 4}, later_s=DAY)
    assert done.workspaces == 1
    assert not frozen.place.root.exists()
    assert world.agent(current, "git status --porcelain; cat README.md").output == b"# api\n"
    assert world.agent(lens, "cat README.md").output == b"# api\n"


@both
def test_idle_workspaces_go_by_age_whatever_an_agent_left_in_them(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "mkdir -p x/y; chmod 000 x")
    assert evict(world, Keep(workspaces_s=3600.0), {}).workspaces == 0
    assert workspace.place.root.exists()
    assert evict(world, Keep(workspaces_s=3600.0), {}, later_s=3700.0).workspaces == 1
    assert list(world.workspaces.layout.workspaces.iterdir()) == []
    assert world.workspaces.workspace(Tenure("R-1", 1, 1)) is None


def test_beyond_the_quota_idle_ones_go_oldest_first_and_no_more_than_needed(world: World) -> None:
    made = [world.provision(epoch=number) for number in (1, 2, 3)]
    for age, workspace in zip((30, 20, 10), made, strict=True):
        world.agent(workspace, "head -c 2000000 /dev/zero >big")
        at = time.time() - age
        os.utime(workspace.place.root, (at, at))
    keep = Keep(disk_bytes=5_000_000)
    done = evict(world, keep, {})
    assert [workspace.place.root.exists() for workspace in made] == [False, True, True]
    assert done.bytes_left < 5_000_000
    assert evict(world, replace(keep, disk_bytes=1), {"R-1": 2}).workspaces == 1
    assert made[1].place.root.exists(), "over the quota, but somebody works in it"


def test_a_shared_checkout_goes_when_nothing_lies_on_it_and_nobody_asked_for_it(world: World) -> None:
    workspace = world.provision()
    assert evict(world, NOTHING_KEPT, {"R-1": 1}, later_s=DAY).checkouts == 0
    assert world.agent(workspace, "cat README.md").output == b"# api\n"
    assert evict(world, Keep(workspaces_s=0.0), {}, later_s=DAY).workspaces == 1
    assert len(checkouts(world)) == 1, "used a day ago, kept for seven"
    assert evict(world, NOTHING_KEPT, {}, later_s=DAY).checkouts == 1
    assert checkouts(world) == []
    assert world.agent(world.provision(attempt=2), "cat README.md").output == b"# api\n", (
        "and can be had again"
    )


def test_a_checkout_that_somebody_is_about_to_use_stays(world: World) -> None:
    workspace = world.provision()
    world.workspaces.discard(workspace)
    lock = world.workspaces.layout.checkouts(REPO) / f"{world.base}.lock"
    with lock_file(lock, busy="provisioning"):
        assert evict(world, NOTHING_KEPT, {}, later_s=DAY).checkouts == 0
    assert evict(world, NOTHING_KEPT, {}, later_s=DAY).checkouts == 1


def test_leftovers_of_the_killed_are_cleared_and_fresh_ones_stay(world: World) -> None:
    world.provision()
    old = checkouts(world)[0].with_suffix(".old")
    old.mkdir()
    reading = world.quarantine / "reading-x"
    reading.mkdir()
    pack = world.quarantine / "objects" / "pack" / "tmp_pack_x"
    pack.write_bytes(b"x")
    checked = world.home / "base-checks" / "x.json"
    checked.parent.mkdir()
    checked.write_text("{}")
    assert evict(world, Keep(), {}).leftovers == 0
    assert evict(world, Keep(), {}, later_s=DAY).leftovers == 3
    assert [path.exists() for path in (old, reading, pack, checked)] == [False, False, False, True]
    assert evict(world, Keep(), {}, later_s=15 * DAY).leftovers == 1


def test_one_worker_clears_at_a_time(world: World) -> None:
    with lock_file(world.home / "eviction.lock", busy="me"), pytest.raises(Retryable):
        evict(world, Keep(), {})


def test_a_workspace_made_while_the_leases_are_asked_for_stays(world: World) -> None:
    def ask() -> Mapping[str, int]:
        world.provision(attempt=9)
        return {}

    Evictor(world.workspaces.layout, NOTHING_KEPT, now=lambda: time.time() + DAY).evict(ask)
    assert world.workspaces.workspace(Tenure("R-1", 9, 1)) is not None
