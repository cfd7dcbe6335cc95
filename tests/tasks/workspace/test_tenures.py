"""One workspace per lease epoch: what an earlier holder's processes still do changes nothing in what is submitted."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.errors import Retryable
from integrations.ports import Sandbox
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Command, Isolation, ProbeReport, SandboxSpec
from tasks.workspace.workspace import Tenure
from tasks.workspace.workspaces import Workspaces
from tests.support.eventually import until
from tests.tasks.workspace.conftest import REPO, World, both

AT = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Breaking:
    """A sandbox that breaks before the first command."""

    inner: BubblewrapProvider
    name = "bubblewrap"
    isolation = Isolation.FULL

    @property
    def owner(self) -> tuple[int, int] | None:
        return self.inner.owner

    def adopt(self, path: Path) -> None:
        self.inner.adopt(path)

    def probe(self) -> ProbeReport:
        return self.inner.probe()

    def open(self, spec: SandboxSpec) -> Sandbox:
        raise Retryable("The sandbox broke.", code="SBX-007")


@both
def test_a_frozen_holder_that_goes_on_writing_changes_nothing_in_what_is_submitted(world: World) -> None:
    old = world.provision(epoch=3)
    world.agent(old, "echo saved >work.txt")
    wip = world.workspaces.save(old)
    scribble = "while :; do echo late >>work.txt; echo late >>README.md; date +%N >late.txt; done"
    frozen = world.sandboxes.open(old.spec())
    over = threading.Event()
    thread = threading.Thread(
        target=lambda: frozen.run(Command(("/bin/sh", "-c", scribble)), cancelled=over.is_set)
    )
    thread.start()
    try:
        until(
            lambda: "late" in world.agent(old, "cat README.md").output.decode(),
            within_s=10,
            what="a late write",
        )
        new = world.workspaces.provision(Tenure("R-1", 1, 4), REPO, world.base, wip)
        world.agent(new, "echo mine >>work.txt")
        done = world.workspaces.submit(new, parent_oid=world.base, message="One\n", at=AT)
    finally:
        over.set()
        thread.join(10)
        frozen.close()
    assert done.paths == ("work.txt",)
    assert world.workspaces.read(REPO, done.oid, "work.txt") == b"saved\nmine\n"


@both
def test_what_an_earlier_holder_saves_late_is_not_taken_for_the_new_ones(world: World) -> None:
    old, new = world.provision(epoch=3), world.provision(epoch=4)
    for workspace in (old, new):
        world.agent(workspace, "echo the same >n")
    assert world.workspaces.save(old)
    oid = world.workspaces.save(new)
    assert oid, "nothing of this holder's was saved before"
    world.agent(old, "echo other >n")
    assert world.workspaces.save(old) not in ("", oid)
    assert world.workspaces.save(new) == ""
    done = world.workspaces.submit(new, parent_oid=world.base, message="One\n", at=AT)
    assert world.workspaces.read(REPO, done.oid, "n") == b"the same\n"


@both
def test_a_workspace_that_could_not_be_filled_does_not_count_as_one(world: World) -> None:
    """The step is tried again under the same lease, and must not find half a workspace."""
    work = world.provision()
    world.agent(work, "echo saved >work.txt")
    wip = world.workspaces.save(work)
    tenure = Tenure("R-1", 1, 2)
    broken = Workspaces(world.home, Breaking(world.sandboxes), kind=world.workspaces.kind)
    with pytest.raises(Retryable):
        broken.provision(tenure, REPO, world.base, wip)
    assert world.workspaces.workspace(tenure) is None
    again = world.workspaces.provision(tenure, REPO, world.base, wip)
    assert world.agent(again, "cat work.txt").output == b"saved\n"
