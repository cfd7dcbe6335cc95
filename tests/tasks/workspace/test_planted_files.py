"""Whatever an agent leaves in its workspace, no git of the harness runs it or obeys it."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.workspace.outcomes import Refusal
from tasks.workspace.workspace import Kind, Tenure, Workspace
from tests.tasks.workspace.attacks import ATTACKS, TRAP, Attack
from tests.tasks.workspace.conftest import REPO, World, both
from tests.tasks.workspace.repos import ENV, sh

AT = datetime(2026, 11, 20, tzinfo=UTC)
_NAMES = [attack.name for attack in ATTACKS]


def plant(world: World, workspace: Workspace, attack: Attack) -> Path:
    """Plants it from inside the sandbox; the file that appears when it works."""
    mark = world.home / "MARK"
    script = TRAP.replace("MARK", str(mark)) + f"PWD_OUTSIDE={workspace.place.tree}\n" + attack.plant
    world.agent(workspace, script)
    return mark


def everything_the_harness_does(world: World, workspace: Workspace) -> None:
    """Saves, submits, looks at it, checks it out for a gate, pushes it."""
    world.workspaces.save(workspace)
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    world.workspaces.changed(REPO, world.base, done.oid)
    world.workspaces.diff(REPO, world.base, done.oid)
    gate = world.workspaces.checkout("R-1", REPO, done.oid, base_oid=world.base, purpose="gate")
    world.agent(gate, "true")
    world.workspaces.discard(gate)
    world.workspaces.push(REPO, oid=done.oid, branch="sortie/R-1", expected_old=None, remote=world.remote)
    world.workspaces.provision(Tenure("R-1", 1, 1), REPO, world.base, start_oid=done.oid)


@pytest.mark.parametrize("attack", ATTACKS, ids=_NAMES)
@both
def test_what_an_agent_plants_is_never_run_outside(world: World, attack: Attack) -> None:
    """C1."""
    assert len(ATTACKS) == 22
    workspace = world.provision()
    mark = plant(world, workspace, attack)
    refused = attack.refused.get(workspace.kind)
    if refused:
        with pytest.raises(Refusal) as caught:
            everything_the_harness_does(world, workspace)
        assert (caught.value.code, mark.exists()) == (refused, False)
        return
    everything_the_harness_does(world, workspace)
    assert not mark.exists()
    assert world.workspaces.remote_head(REPO, "sortie/R-1", world.remote) is not None
    assert sh(world.origin, "show", "refs/heads/sortie/R-1:README.md").splitlines() == ["# api", "changed"]


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.bites], ids=[a.name for a in ATTACKS if a.bites])
@pytest.mark.parametrize("kind", [Kind.clone])
def test_the_same_plants_do_catch_a_careless_harness(world: World, attack: Attack, tmp_path: Path) -> None:
    """The control of C1: without it the test above could pass because the plants are duds."""
    workspace = world.provision()
    mark = plant(world, workspace, attack)
    for alternates in workspace.place.tree.rglob("objects/info/alternates"):
        alternates.write_text(f"{workspace.mirror_objects}\n")
    for command in (
        "status",
        "add -A",
        "diff",
        "diff --cached HEAD",
        "commit -m x",
        "push origin HEAD:refs/heads/x",
    ):
        argv = ["git", "-c", "safe.directory=*", "-C", str(workspace.place.tree), *command.split()]
        subprocess.run(argv, env=ENV, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert mark.exists()


@both
def test_a_replaced_git_directory_has_no_say_in_what_the_work_is(world: World) -> None:
    """C2: pointer file, other directory, commondir, worktree configuration, tricks of the index."""
    tricks = (
        "rm -rf .git; echo 'gitdir: /etc' >.git",
        "rm -rf .git; mkdir .git; echo nonsense >.git/HEAD",
        "rm -rf .git",
        "rm -rf .git; ln -s /etc .git",
        "echo ../x >.git/commondir",
        "git config core.worktree /etc; git config core.bare true; git config core.sparseCheckout true;"
        " echo /none >.git/info/sparse-checkout",
        "git update-index --assume-unchanged README.md; git update-index --skip-worktree app.py",
        "echo '*' >.git/info/exclude; git config core.excludesFile /workspace/all; echo '* -text filter=z' >.git/info/attributes",
        "git checkout -q --orphan other; git rm -rq --cached .; git commit -q --allow-empty -m gone; git branch -D head base",
        "mkdir -p .git/refs/replace; git replace -f HEAD $(git commit-tree -m x HEAD^{tree}) || true",
    )
    expected = None
    for number, trick in enumerate(tricks, 1):
        workspace = world.provision(attempt=number)
        world.agent(workspace, f"echo new >n; echo more >>README.md; echo 1 >>app.py; {trick}")
        done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
        expected = expected or done.tree_oid
        assert done.tree_oid == expected, trick
        assert done.paths == ("README.md", "app.py", "n"), trick


@both
def test_a_secret_that_was_committed_and_removed_again_is_not_pushed(world: World) -> None:
    """C7."""
    workspace = world.provision()
    world.agent(
        workspace,
        "echo hush-hush >s; git add s; git commit -qm s; git rm -q s; git commit -qm clean; echo n >n",
    )
    world.workspaces.save(workspace)
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    world.workspaces.push(REPO, oid=done.oid, branch="sortie/R-1", expected_old=None, remote=world.remote)
    objects = sh(world.origin, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")
    blobs = [line.split()[1] for line in objects.splitlines() if line.startswith("blob")]
    assert not any("hush-hush" in sh(world.origin, "cat-file", "blob", oid) for oid in blobs)
    assert sh(world.origin, "rev-list", "--count", f"{world.base}..{done.oid}") == "1"


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", "deep/.gitignore"])
@both
def test_a_pipe_where_git_reads_rules_is_refused_in_time(patient_for_2_s: World, name: str) -> None:
    """C10: a FIFO named .gitignore hangs `git add` for ever."""
    world = patient_for_2_s
    workspace = world.provision()
    world.agent(workspace, f"mkdir -p deep; rm -f {name}; mkfifo {name}; echo n >n")
    with pytest.raises(Refusal, match=f"{name} is not a regular file") as caught:
        world.workspaces.save(workspace)
    assert caught.value.code == "GIT-012"
    world.agent(workspace, f"rm {name}")
    assert world.workspaces.save(workspace), "it can be mended"


@both
def test_odd_names_arrive_as_they_are(world: World) -> None:
    """C10."""
    workspace = world.provision()
    world.agent(
        workspace,
        "printf x >$'new\\nline'; printf x >$'bad\\xff\\xfe'; printf x >'sp ace'; printf x >-dash; printf x >'q\"uote'",
    )
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    assert set(done.paths) == {"new\nline", "bad\udcff\udcfe", "sp ace", "-dash", 'q"uote'}
    assert world.workspaces.read(REPO, done.oid, "bad\udcff\udcfe") == b"x"
    gate = world.workspaces.checkout("R-1", REPO, done.oid, base_oid=world.base, purpose="gate")
    assert world.agent(gate, "cat $'new\\nline' -- -dash").output == b"xx"


@pytest.mark.parametrize("name", [".GIT/config", "git~1/x", "a/.Git/x", "GIT~1"])
@both
def test_a_file_name_that_means_git_elsewhere_is_refused(world: World, name: str) -> None:
    """C3."""
    workspace = world.provision()
    world.agent(workspace, f'mkdir -p "$(dirname "{name}")"; echo x >"{name}"')
    with pytest.raises(Refusal) as caught:
        world.workspaces.save(workspace)
    assert caught.value.code == "GIT-010"


@both
def test_too_much_work_is_refused_by_number_by_content_and_by_pack(small: World) -> None:
    """C10, C11: many files; a bomb that packs small; noise that does not."""
    scripts = {
        "more than 50 files": "for n in $(seq 60); do echo $n >f$n; done",
        "expands": "head -c 3000000 /dev/zero >zeros",
        "noise": "head -c 3000000 /dev/urandom >noise",
    }
    for number, (why, script) in enumerate(scripts.items(), 1):
        workspace = small.provision(attempt=number)
        small.agent(workspace, script)
        with pytest.raises(Refusal) as caught:
            small.workspaces.save(workspace)
        assert caught.value.code == "GIT-011", why
        assert small.workspaces.workspace(Tenure("R-1", number, 1)) is not None
