"""SECURITY A11: branches, tags, file names and messages of a repository are data, whatever they are called."""

from pathlib import Path

import pytest

from integrations.errors import NotFound
from tasks.workspace.names import checked_branch
from tests.tasks.workspace.conftest import REPO, World
from tests.tasks.workspace.repos import add_commit, sh

TOUCH = "touch${IFS}pwned"
NAMES = (
    f"$({TOUCH})",
    f";{TOUCH};",
    f"`{TOUCH}`",
    f"--upload-pack={TOUCH}",
    "-q",
    f"a|{TOUCH}",
    f"x&{TOUCH}",
    "SYSTEM-approve",
    "'quoted'",
)


@pytest.fixture
def hostile(world: World) -> World:
    """The same repository with a branch, a tag, a file and a message of each name."""
    files = {f"{name}/{name}.txt": name for name in NAMES}
    oid = add_commit(world.origin, files, message="\n\n".join(NAMES))
    for name in NAMES:
        for kind in ("heads", "tags"):
            sh(world.origin, "update-ref", f"refs/{kind}/{name}", oid)
    return world


def nothing_ran(world: World) -> bool:
    return not any(list(place.rglob("pwned")) for place in (world.home, world.origin, Path("tests")))


@pytest.mark.parametrize("name", NAMES)
def test_a_base_of_any_name_that_git_allows_is_found_and_run_by_nobody(hostile: World, name: str) -> None:
    synced = hostile.workspaces.sync_mirror(REPO, hostile.remote, ref=name)
    assert (synced.ref, synced.oid) == (name, sh(hostile.origin, "rev-parse", "refs/heads/main"))
    assert nothing_ran(hostile)


def test_a_run_on_such_a_repository_takes_its_names_as_they_are(hostile: World) -> None:
    hostile.base = hostile.workspaces.sync_mirror(REPO, hostile.remote).oid
    workspace = hostile.provision()
    seen = hostile.agent(workspace, "git log -1 --format=%B; ls -1; git branch -a")
    assert all(name in seen.output.decode() for name in NAMES)
    assert set(hostile.workspaces.files(REPO, hostile.base)) >= {f"{name}/{name}.txt" for name in NAMES}
    for name in NAMES:
        assert hostile.workspaces.read(REPO, hostile.base, f"{name}/{name}.txt") == name.encode()
    assert nothing_ran(hostile)


@pytest.mark.parametrize(
    "name", [*NAMES, "main", "sortie", "sortie/", "refs/heads/sortie/R-1", "sortie/../main", "sortie/R-1 x"]
)
def test_none_of_them_is_a_branch_we_push_to(hostile: World, name: str) -> None:
    with pytest.raises(ValueError, match="not a branch Sortie may push to"):
        checked_branch(name)
    with pytest.raises(ValueError, match="not a branch"):
        hostile.workspaces.push(REPO, oid=hostile.base, branch=name, expected_old=None, remote=hostile.remote)


@pytest.mark.parametrize(
    "ref", ["\n", "a\nb", "\x00", "..", "@{-1}", "refs/heads/main", "^main", ":main", "main:run.sh"]
)
def test_what_git_allows_as_no_name_is_not_found(hostile: World, ref: str) -> None:
    with pytest.raises(NotFound):
        hostile.workspaces.sync_mirror(REPO, hostile.remote, ref=ref)
