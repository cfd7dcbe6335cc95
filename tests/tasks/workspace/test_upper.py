"""What hostile processes can leave in the upper layer of an overlay, and what the harness makes of it."""

import os
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.workspace.importing import ImportLimits
from tasks.workspace.outcomes import Refusal
from tasks.workspace.workspace import Kind, Workspace
from tasks.workspace.workspaces import Workspaces
from tests.tasks.workspace.conftest import REPO, World
from tests.tasks.workspace.repos import add_commit, sh

AT = datetime(2026, 11, 20, tzinfo=UTC)


def changes(world: World, workspace: Workspace) -> dict[str, tuple[str, str]]:
    """(status, mode) of every path of the saved work."""
    oid = world.workspaces.save(workspace)
    return {c.path: (c.status, c.new_mode) for c in world.workspaces.changed(REPO, world.base, oid)}


@pytest.fixture
def deep(world: World) -> World:
    """The same world on a base with folders, a link, an ignored file that is tracked, and a submodule."""
    files = {f"src/{folder}/{n}.py": f"{folder}{n}\n" for folder in "ab" for n in range(3)}
    add_commit(world.origin, {**files, "src/a/kept.log": "tracked\n"})
    blob = sh(world.origin, "hash-object", "-w", "--stdin", stdin=b"app.py")
    index = {"GIT_INDEX_FILE": str(world.origin / "more-index")}
    env = {**os.environ, **index}

    def git(*args: str) -> str:
        return subprocess.run(
            ["git", "-C", str(world.origin), *args], env=env, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("read-tree", "main")
    git("update-index", "--add", "--cacheinfo", f"120000,{blob},link")
    git("update-index", "--add", "--cacheinfo", f"160000,{world.base},module")
    tree = git("write-tree")
    ident = ("-c", "user.name=x", "-c", "user.email=x@x")
    oid = git(*ident, "commit-tree", tree, "-p", "main", "-m", "Deep")
    git("update-ref", "refs/heads/main", oid)
    world.base = world.workspaces.sync_mirror(REPO, world.remote).oid
    return world


def test_every_way_to_remove_replace_and_rename_arrives(deep: World) -> None:
    workspace = deep.provision()
    deep.agent(
        workspace,
        "rm -r src/a && mkdir src/a && echo n >src/a/new.py && echo b0 >src/b/0.py && mv src/b/1.py src/one.py"
        " && rm app.py && mkdir app.py && echo inner >app.py/inner && rm link && echo plain >link"
        " && rm README.md && ln -s /etc/passwd README.md && chmod -x run.sh && chmod +x src/b/2.py"
        " && ln src/b/2.py hard && touch src/b/0.py",
    )
    assert changes(deep, workspace) == {
        **{f"src/a/{name}": ("D", "000000") for name in ("0.py", "1.py", "2.py", "kept.log")},
        "src/a/new.py": ("A", "100644"),
        "src/b/1.py": ("D", "000000"),
        "src/one.py": ("A", "100644"),
        "app.py": ("D", "000000"),
        "app.py/inner": ("A", "100644"),
        "link": ("T", "100644"),
        "README.md": ("T", "120000"),
        "run.sh": ("M", "100644"),
        "src/b/2.py": ("M", "100755"),
        "hard": ("A", "100755"),
    }


def test_the_tree_is_the_one_a_clone_would_have_given(deep: World) -> None:
    """The same hundred edits, drawn with a fixed seed, in both kinds of workspace."""
    script = (
        "import os, random, shutil\n"
        "draw = random.Random(7)\n"
        "def places():\n"
        "    return sorted(os.path.join(d, n) for d, below, names in os.walk('.') if not d.startswith('./.git')\n"
        "                  for n in names + below if n != '.git')\n"
        "for step in range(100):\n"
        "    there = [p for p in places() if os.path.lexists(p) and p != './module']\n"
        "    path = draw.choice(there or ['x'])\n"
        "    act = draw.randrange(6)\n"
        "    if act == 0 and os.path.isfile(path) and not os.path.islink(path): open(path, 'a').write(f'{step}\\n')\n"
        "    elif act == 1 and len(there) > 8 and (os.path.islink(path) or not os.path.isdir(path)): os.remove(path)\n"
        "    elif act == 1 and len(there) > 8: shutil.rmtree(path)\n"
        "    elif act == 2:\n"
        "        place = f'd{step % 5}/e{step % 3}'\n"
        "        os.makedirs(place, exist_ok=True)\n"
        "        open(f'{place}/f{step % 7}', 'w').write(f'{step}')\n"
        "    elif act == 3 and not os.path.exists(f'm{step}'): shutil.move(path, f'm{step}')\n"
        "    elif act == 4 and os.path.isfile(path): os.chmod(path, draw.choice([0o644, 0o755]))\n"
        "    elif act == 5 and not os.path.lexists(f'l{step}'): os.symlink(path, f'l{step}')\n"
    )
    trees: list[str] = []
    for kind in Kind:
        deep.workspaces.kind = kind
        workspace = deep.provision(attempt=len(trees) + 1)
        deep.agent(workspace, f"python3 - <<'END'\n{script}END")
        done = deep.workspaces.submit(workspace, parent_oid=deep.base, message="One\n", at=AT)
        trees.append(done.tree_oid)
        assert done.files > 5
    assert trees[0] == trees[1]


def test_ignored_files_are_left_out_by_the_rules_of_base_and_work_and_tracked_ones_stay(deep: World) -> None:
    workspace = deep.provision()
    deep.agent(
        workspace,
        "echo more >>src/a/kept.log; echo x >src/a/other.log; mkdir -p node_modules/deep; echo x >node_modules/deep/f;"
        " mkdir -p out/inner plain; echo x >out/inner/f; echo 'out/' >plain/.gitignore; mkdir plain/out; echo x >plain/out/f;"
        " echo '*.tmp' >src/.gitignore; echo '!keep.tmp' >src/b/.gitignore; touch src/a/x.tmp src/b/keep.tmp src/b/y.tmp x.tmp;"
        " touch ':(top)odd' 'st*r.tmp'",
    )
    assert set(changes(deep, workspace)) == {
        "src/a/kept.log",
        "out/inner/f",
        "plain/.gitignore",
        "src/.gitignore",
        "src/b/.gitignore",
        "src/b/keep.tmp",
        "x.tmp",
        ":(top)odd",
        "st*r.tmp",
    }
    deep.agent(workspace, "echo '*' >.gitignore; echo 1 >>x.tmp; echo new >after")
    later = set(changes(deep, workspace))
    assert "after" not in later and {"x.tmp", ".gitignore"} <= later, "what was saved once stays tracked"


def test_a_submodule_that_is_left_alone_is_no_change_and_one_that_is_filled_is_refused(deep: World) -> None:
    workspace = deep.provision()
    deep.agent(workspace, "chmod 700 module; echo n >n")
    assert changes(deep, workspace) == {"n": ("A", "100644")}
    deep.agent(workspace, "echo x >module/file")
    with pytest.raises(Refusal, match="module is a submodule") as caught:
        deep.workspaces.save(workspace)
    assert caught.value.code == "GIT-010"


def _socket(upper: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(upper)
        server.bind("door")
        os.chdir(here)


def _deep(upper: Path) -> None:
    handle = os.open(upper, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=handle)
        below = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)


def _sparse(upper: Path) -> None:
    with (upper / "huge").open("wb") as file:
        file.truncate(1 << 40)


def _many(upper: Path) -> None:
    for number in range(300):
        (upper / f"f{number}").touch()


def _redirected(upper: Path) -> None:
    (upper / "moved").mkdir()
    os.setxattr(upper / "moved", "user.overlay.redirect", b"/src")


def _metacopy(upper: Path) -> None:
    (upper / "half").mkdir()
    os.setxattr(upper / "half", "user.overlay.metacopy", b"")


FORGED: tuple[tuple[str, str, Callable[[Path], object]], ...] = (
    ("a pipe", "GIT-012", lambda upper: os.mkfifo(upper / "pipe")),
    ("a pipe of rules", "GIT-012", lambda upper: os.mkfifo(upper / ".gitattributes")),
    ("a socket", "GIT-012", _socket),
    ("deep nesting", "GIT-011", _deep),
    ("a sparse file", "GIT-011", _sparse),
    ("too many files", "GIT-011", _many),
    ("a redirected directory", "GIT-012", _redirected),
    ("a file without its content", "GIT-012", _metacopy),
    ("a repository inside", "GIT-010", lambda upper: (upper / "inner" / ".git").mkdir(parents=True)),
    ("a pointer to one", "GIT-010", lambda upper: _write(upper / "inner" / ".git", "gitdir: /etc")),
    ("a git directory by another name", "GIT-010", lambda upper: _write(upper / ".gIt" / "config", "x")),
    ("one that means it on Windows", "GIT-010", lambda upper: _write(upper / "git~1" / "config", "x")),
    ("one that means it on a Mac", "GIT-010", lambda upper: _write(upper / ".g\u200cit" / "config", "x")),
)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


@pytest.mark.parametrize(("what", "code", "forge"), FORGED, ids=[what for what, _, _ in FORGED])
def test_what_a_repository_cannot_hold_is_refused(
    world: World, what: str, code: str, forge: Callable[[Path], object]
) -> None:
    """Written right into the layer, as a kernel that let a sandbox do it would leave it."""
    world.workspaces = Workspaces(
        world.home, world.sandboxes, limits=ImportLimits(entries=200), kind=Kind.overlay
    )
    workspace = world.provision()
    forge(workspace.place.upper)
    with pytest.raises(Refusal) as caught:
        world.workspaces.save(workspace)
    assert caught.value.code == code, what
    assert list(world.quarantine.glob("reading-*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_refused_and_a_forged_whiteout_only_removes(world: World) -> None:
    workspace = world.provision()
    os.mknod(workspace.place.upper / "app.py", 0o20666, os.makedev(0, 0))
    os.mknod(workspace.place.upper / "never-was", 0o20666, os.makedev(0, 0))
    assert changes(world, workspace) == {"app.py": ("D", "000000")}
    os.mknod(workspace.place.upper / "disk", 0o60666, os.makedev(7, 0))
    with pytest.raises(Refusal, match="disk is not a regular file"):
        world.workspaces.save(workspace)


def test_setuid_bits_and_attributes_are_stripped(world: World) -> None:
    """B9."""
    workspace = world.provision()
    tool = workspace.place.upper / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o6755)
    os.setxattr(tool, "user.note", b"x")
    assert changes(world, workspace) == {"tool": ("A", "100755")}


def test_a_link_in_the_layer_is_a_link_and_never_followed(world: World) -> None:
    """B6: also where a directory of the base was swapped for one."""
    outside = world.home / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hush")
    workspace = world.provision()
    os.symlink(outside, workspace.place.upper / "folder")
    os.symlink(outside / "secret", workspace.place.upper / "app.py")
    assert changes(world, workspace) == {"folder": ("A", "120000"), "app.py": ("T", "120000")}
    objects = sh(
        world.quarantine, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"
    )
    blobs = [line.split()[1] for line in objects.splitlines() if line.startswith("blob")]
    assert not any("hush" in sh(world.quarantine, "cat-file", "blob", oid) for oid in blobs)


def test_an_agent_cannot_forge_the_marks_of_the_kernel(world: World) -> None:
    """The names belong to overlayfs: a sandbox that sets one marks nothing."""
    workspace = world.provision()
    world.agent(
        workspace,
        "mkdir d; echo x >d/f; python3 - <<'END'\n"
        "import os\n"
        "for name in ('opaque', 'redirect', 'whiteout', 'metacopy'):\n"
        "    for path in ('d', 'd/f', 'app.py'):\n"
        "        try: os.setxattr(path, f'user.overlay.{name}', b'y')\n"
        "        except OSError: pass\n"
        "END\n"
        "mknod w c 0 0 2>/dev/null; ls -d w 2>/dev/null; cat app.py >/dev/null",
        ok=False,
    )
    assert changes(world, workspace) == {"d/f": ("A", "100644")}


def test_reading_touches_nothing_that_was_not_changed(world: World) -> None:
    """A file that was only opened for writing or touched is read, and is no change."""
    workspace = world.provision()
    world.agent(workspace, "touch app.py README.md; chmod 600 app.py; git status >/dev/null")
    assert world.workspaces.save(workspace) == ""


def test_no_sandbox_can_write_the_shared_checkout(world: World) -> None:
    first = world.provision()
    assert first.lower is not None
    before = sorted((path, path.lstat().st_mtime_ns) for path in first.lower.rglob("*"))
    world.agent(first, "echo mine >app.py; rm -rf README.md .git/refs; git init -q; chmod -R 777 . ; mkdir x")
    second = world.workspaces.checkout("R-2", REPO, world.base, base_oid=world.base, purpose="lens")
    assert second.lower == first.lower
    out = world.agent(second, "git status --porcelain; head -n 1 app.py; ls")
    assert out.output.decode().split("\n")[0] == "def total(items):"
    assert sorted((path, path.lstat().st_mtime_ns) for path in first.lower.rglob("*")) == before


def test_a_checkout_that_was_never_finished_does_not_count(world: World) -> None:
    """A crash in the middle: the half lies beside its place, and the next one clears it."""
    half = world.workspaces.layout.checkouts(REPO) / f"{world.base}.new"
    (half / "tree" / ".git").mkdir(parents=True)
    (half / "tree" / "app.py").write_text("half")
    workspace = world.provision()
    assert not half.exists()
    assert world.agent(workspace, "git status --porcelain").output == b""


def test_side_by_side_sandboxes_of_one_workspace_see_each_other(world: World) -> None:
    workspace = world.provision()
    with world.sandboxes.open(workspace.spec()):
        world.agent(workspace, "echo one >n; rm app.py")
        with world.sandboxes.open(workspace.spec(writable=False)):
            out = world.agent(workspace, "cat n; ls app.py", ok=False)
    assert out.output.startswith(b"one\n") and b"No such file" in out.output
