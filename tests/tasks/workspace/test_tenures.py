"""One workspace per lease epoch: what an earlier holder's processes still do changes nothing in what is submitted."""

import threading
from datetime import UTC, datetime

from integrations.types.sandbox import Command
from tasks.workspace.workspace import Tenure
from tests.support.eventually import until
from tests.tasks.workspace.conftest import REPO, World, both

AT = datetime(2026, 11, 20, tzinfo=UTC)


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
