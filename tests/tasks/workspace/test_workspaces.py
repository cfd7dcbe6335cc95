"""Workspaces as runs use them: mirrored, filled, saved, submitted, pushed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.errors import Conflict, Denied, NotFound, Retryable, Unknown
from integrations.types.sandbox import Command
from tasks.workspace.outcomes import EmptyDiff
from tasks.workspace.workspace import Tenure
from tasks.workspace.workspaces import Workspaces
from tests.tasks.workspace.conftest import REPO, World, both
from tests.tasks.workspace.git_server import TOKEN, GitServer
from tests.tasks.workspace.repos import add_commit, make_bare, sh

AT = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)


@both
def test_a_workspace_holds_the_base_with_its_refs_and_modes(world: World) -> None:
    workspace = world.provision()
    out = world.agent(
        workspace, "git status --porcelain; git rev-parse base head HEAD; ls -l run.sh; cat app.py"
    )
    lines = out.output.decode().split("\n")
    assert lines[:3] == [world.base] * 3
    assert lines[3].startswith("-rwxr-xr-x")
    assert "def total" in out.output.decode()
    assert world.workspaces.workspace(Tenure("R-1", 1, 1)) == workspace
    assert world.workspaces.workspace(Tenure("R-1", 2, 1)) is None


@both
def test_an_agent_can_commit_rebase_and_look_at_history_in_its_clone(world: World) -> None:
    workspace = world.provision()
    out = world.agent(
        workspace, "echo x >>README.md; git commit -qam one; git log --format=%s base..HEAD; git remote"
    )
    assert out.output.decode().split() == ["one"]


@both
def test_the_mirror_cannot_be_written_from_a_workspace(world: World) -> None:
    out = world.agent(world.provision(), "echo x >/mirror/objects/x; rm -rf /mirror/objects", ok=False)
    assert out.exit_code != 0
    assert (world.workspaces.layout.mirror(REPO) / "objects").is_dir()
    assert not (world.workspaces.layout.mirror(REPO) / "objects" / "x").exists()


@both
def test_a_workspace_does_not_see_the_saved_work_of_another_run(world: World) -> None:
    """B4."""
    first = world.provision()
    world.agent(first, "echo private >other.txt")
    oid = world.workspaces.save(first)
    second = world.workspaces.provision(Tenure("R-2", 1, 1), REPO, world.base)
    out = world.agent(second, f"git cat-file -e {oid} && echo seen; ls -d /stage {world.home}", ok=False)
    assert b"seen" not in out.output
    assert out.output.count(b"No such file") == 2


@both
def test_saving_keeps_changed_new_and_deleted_files_but_no_ignored_ones(world: World) -> None:
    workspace = world.provision()
    world.agent(
        workspace,
        "echo '# more' >>README.md; mkdir -p a/b; echo new >a/b/c.txt; rm run.sh; echo x >debug.log;"
        " mkdir __pycache__; echo x >__pycache__/x.pyc; ln -s app.py link",
    )
    oid = world.workspaces.save(workspace)
    changes = {c.path: (c.status, c.new_mode) for c in world.workspaces.changed(REPO, world.base, oid)}
    assert changes == {
        "README.md": ("M", "100644"),
        "a/b/c.txt": ("A", "100644"),
        "run.sh": ("D", "000000"),
        "link": ("A", "120000"),
    }
    assert sh(world.quarantine, "rev-parse", "refs/sortie/wip/R-1/1-1") == oid


@both
def test_saving_twice_without_a_change_saves_once(world: World) -> None:
    workspace = world.provision()
    assert world.workspaces.save(workspace) == ""
    world.agent(workspace, "echo 1 >>app.py")
    first = world.workspaces.save(workspace)
    assert first
    assert world.workspaces.save(workspace) == ""
    world.agent(workspace, "git add -A; git commit -qm mine")
    assert world.workspaces.save(workspace) == "", "a commit of the agent's changes no file"
    world.agent(workspace, "git reset -q --hard base")
    reset = world.workspaces.save(workspace)
    assert reset not in ("", first)
    assert world.workspaces.changed(REPO, world.base, reset) == ()


@both
def test_a_lost_workspace_is_rebuilt_from_what_was_saved(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo '# more' >>README.md; echo new >new.txt; rm run.sh")
    oid = world.workspaces.save(workspace)
    world.workspaces.discard(workspace)
    assert world.workspaces.workspace(Tenure("R-1", 1, 1)) is None
    again = world.workspaces.provision(Tenure("R-1", 1, 1), REPO, world.base, start_oid=oid)
    status = world.agent(again, "git status --porcelain; git rev-parse HEAD").output.decode().split("\n")
    assert set(status[:3]) == {" M README.md", " D run.sh", "?? new.txt"}
    assert status[3] == world.base
    assert world.workspaces.save(again) == ""


@both
def test_a_submission_is_one_commit_by_the_harness_on_the_parent_it_names(world: World) -> None:
    workspace = world.provision()
    world.agent(
        workspace,
        "echo '# more' >>README.md; git config user.name Mallory; git commit -qam 'evil [skip ci]'; echo n >n",
    )
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="Say more\n\nRun: R-1\n", at=AT)
    text = sh(world.quarantine, "cat-file", "commit", done.oid)
    assert f"parent {world.base}\n" in text
    assert text.count("parent ") == 1
    assert "author Sortie <" in text and "Mallory" not in text and "skip ci" not in text
    assert f"> {int(AT.timestamp())} +0000" in text
    assert text.endswith("Say more\n\nRun: R-1")
    assert (done.files, done.added, done.removed, done.paths) == (2, 2, 0, ("README.md", "n"))
    assert "+# more" in done.diff
    assert sh(world.quarantine, "rev-parse", "refs/sortie/sub/R-1/1") == done.oid


@both
def test_submitting_the_same_again_gives_the_commit_that_exists(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo n >n")
    first = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    later = datetime(2026, 11, 21, tzinfo=UTC)
    assert world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=later) == first
    other = world.workspaces.submit(workspace, parent_oid=world.base, message="Two\n", at=later)
    assert other.oid != first.oid
    assert sh(world.quarantine, "rev-parse", "refs/sortie/sub/R-1/2") == other.oid


@both
def test_a_second_round_follows_the_first_and_counts_against_the_base(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    first = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    with pytest.raises(EmptyDiff):
        world.workspaces.submit(workspace, parent_oid=first.oid, message="Two\n", at=AT)
    world.agent(workspace, "echo two >>n")
    second = world.workspaces.submit(workspace, parent_oid=first.oid, message="Two\n", at=AT)
    assert second.parent_oid == first.oid
    assert second.added == 2
    world.agent(workspace, "rm n")
    with pytest.raises(EmptyDiff):
        world.workspaces.submit(workspace, parent_oid=second.oid, message="Three\n", at=AT)


@both
def test_an_untouched_workspace_is_an_empty_diff(world: World) -> None:
    with pytest.raises(EmptyDiff):
        world.workspaces.submit(world.provision(), parent_oid=world.base, message="Nothing\n", at=AT)


@both
def test_checkouts_of_a_dead_worker_are_cleared_and_the_attempts_workspace_stays(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo mine >n")
    left = world.workspaces.checkout("R-1", REPO, world.base, base_oid=world.base, purpose="lens-security")
    assert world.workspaces.discard_checkouts("R-1") == 1
    assert not left.place.root.exists()
    kept = world.workspaces.workspace(Tenure("R-1", 1, 1))
    assert kept is not None and world.agent(kept, "cat n").output == b"mine\n"


@both
def test_a_lens_gets_its_own_checkout_of_the_submission(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo lens >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    lens = world.workspaces.checkout("R-1", REPO, done.oid, base_oid=world.base, purpose="lens-security")
    out = world.agent(
        lens, "cat n; git rev-parse base head HEAD; git status --porcelain; git diff --stat base head"
    )
    lines = out.output.decode().split("\n")
    assert lines[:4] == ["lens", world.base, done.oid, done.oid]
    assert "1 file changed" in out.output.decode()
    assert lens.place != workspace.place
    world.workspaces.discard(lens)
    assert not lens.place.root.exists()


@both
def test_files_are_read_from_commits_and_links_are_nothing(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "ln -s /etc/passwd AGENTS.md; mkdir d; echo deep >d/f")
    oid = world.workspaces.save(workspace)
    assert world.workspaces.read(REPO, oid, "README.md") == b"# api\n"
    assert world.workspaces.read(REPO, oid, "README.md", limit=3) == b"# a"
    assert world.workspaces.read(REPO, oid, "d/f") == b"deep\n"
    for path in (
        "AGENTS.md",
        "missing",
        "d",
        "",
        "../x",
        "/etc/passwd",
        "-x",
        ":(glob)*",
        "d/../README.md",
        "a\0b",
    ):
        assert world.workspaces.read(REPO, oid, path) is None, path
    assert world.workspaces.files(REPO, world.base) == (".gitignore", "README.md", "app.py", "run.sh")


def test_a_mirror_follows_the_branch_tag_or_commit_that_is_asked_for(world: World) -> None:
    side = add_commit(world.origin, {"s": "1"}, branch="release/1.2")
    sh(world.origin, "tag", "-a", "v1", "-m", "v1", side)
    sync = world.workspaces.sync_mirror
    assert sync(REPO, world.remote).oid == world.base
    assert sync(REPO, world.remote).default_branch == "main"
    assert (sync(REPO, world.remote, ref="release/1.2").ref, sync(REPO, world.remote, ref="v1").oid) == (
        "release/1.2",
        side,
    )
    assert sync(REPO, world.remote, ref=side).oid == side
    head = add_commit(world.origin, {"m": "2"})
    assert sync(REPO, world.remote).oid == head


def test_a_rewritten_base_branch_keeps_the_base_of_running_work(world: World) -> None:
    sh(world.origin, "update-ref", "-d", "refs/heads/main")
    rewritten = add_commit(world.origin, {"other": "history"})
    assert world.workspaces.sync_mirror(REPO, world.remote).oid == rewritten
    assert world.agent(world.provision(), "git rev-parse HEAD").output.decode().strip() == world.base


@pytest.mark.parametrize("ref", ["nope", "--upload-pack=sh", "a..b", "refs/../x", "a b", "x\ny", "0" * 40])
def test_a_base_that_is_not_there_is_not_found(world: World, ref: str) -> None:
    with pytest.raises(NotFound) as caught:
        world.workspaces.sync_mirror(REPO, world.remote, ref=ref)
    assert caught.value.code == "REPO-004"


def test_a_missing_empty_forbidden_or_failing_repository_is_told_apart(
    world: World, server: GitServer
) -> None:
    sync = world.workspaces.sync_mirror
    with pytest.raises(NotFound) as missing:
        sync("acme/nothing", server.remote("acme/nothing"))
    assert missing.value.code == "REPO-002"
    make_bare(server.path("acme/empty"), {"x": "y"})
    sh(server.path("acme/empty"), "update-ref", "-d", "refs/heads/main")
    with pytest.raises(NotFound) as empty:
        sync("acme/empty", server.remote("acme/empty"))
    assert empty.value.code == "REPO-006"
    with pytest.raises(Denied):
        sync(REPO, server.remote(REPO, token="wrong"))
    server.fail_next.append(503)
    with pytest.raises(Retryable):
        sync(REPO, world.remote)
    server.fail_next.append(302)
    with pytest.raises(NotFound):
        sync(REPO, world.remote)


@pytest.mark.parametrize(
    "repo", ["../x/y", "a/..", "a/../b", "/etc/passwd", "a", "a/b/c", "-a/b", "a/b.git", "a\n/b", "a/"]
)
def test_a_repository_name_that_plays_tricks_with_paths_is_refused(world: World, repo: str) -> None:
    with pytest.raises(ValueError, match="owner/name"):
        world.workspaces.sync_mirror(repo, world.remote)


def test_the_exact_submission_is_pushed_as_a_new_branch_and_again_is_harmless(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    branch = "sortie/R-1-one"
    assert world.workspaces.remote_head(REPO, branch, world.remote) is None
    for _ in range(2):
        world.workspaces.push(REPO, oid=done.oid, branch=branch, expected_old=None, remote=world.remote)
    assert world.workspaces.remote_head(REPO, branch, world.remote) == done.oid
    world.agent(workspace, "echo two >n")
    second = world.workspaces.submit(workspace, parent_oid=done.oid, message="Two\n", at=AT)
    world.workspaces.push(REPO, oid=second.oid, branch=branch, expected_old=done.oid, remote=world.remote)
    assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == second.oid
    assert sh(world.origin, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main",
        f"refs/heads/{branch}",
    ]


def test_a_branch_that_somebody_else_moved_is_a_conflict_and_stays(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    branch = "sortie/R-1-one"
    world.workspaces.push(REPO, oid=done.oid, branch=branch, expected_old=None, remote=world.remote)
    theirs = add_commit(world.origin, {"theirs": "1"}, branch=branch)
    world.agent(workspace, "echo two >n")
    second = world.workspaces.submit(workspace, parent_oid=done.oid, message="Two\n", at=AT)
    with pytest.raises(Conflict) as caught:
        world.workspaces.push(REPO, oid=second.oid, branch=branch, expected_old=done.oid, remote=world.remote)
    assert caught.value.code == "GIT-004"
    with pytest.raises(Conflict):
        world.workspaces.push(REPO, oid=second.oid, branch=branch, expected_old=None, remote=world.remote)
    assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == theirs


def test_a_branch_of_ours_is_deleted_only_where_it_was_left_and_nothing_else_ever(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    branch = "sortie/R-1-one"
    world.workspaces.push(REPO, oid=done.oid, branch=branch, expected_old=None, remote=world.remote)
    with pytest.raises(Conflict):
        world.workspaces.delete(REPO, branch=branch, expected_old=world.base, remote=world.remote)
    assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == done.oid
    with pytest.raises(ValueError, match="may push"):
        world.workspaces.delete(REPO, branch="main", expected_old=world.base, remote=world.remote)
    world.workspaces.delete(REPO, branch=branch, expected_old=done.oid, remote=world.remote)
    assert sh(world.origin, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_a_push_that_would_not_be_a_fast_forward_is_refused_before_it_is_sent(world: World) -> None:
    """C9."""
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    first = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    branch = "sortie/R-1-one"
    world.workspaces.push(REPO, oid=first.oid, branch=branch, expected_old=None, remote=world.remote)
    world.agent(workspace, "echo two >n")
    sideways = world.workspaces.submit(workspace, parent_oid=world.base, message="Two\n", at=AT)
    with pytest.raises(Conflict):
        world.workspaces.push(
            REPO, oid=sideways.oid, branch=branch, expected_old=first.oid, remote=world.remote
        )
    assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == first.oid


def test_a_rebase_replaces_exactly_what_was_there_by_one_commit_on_the_base(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    first = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    branch = "sortie/R-1-one"
    world.workspaces.push(REPO, oid=first.oid, branch=branch, expected_old=None, remote=world.remote)
    world.agent(workspace, "echo two >n")
    second = world.workspaces.submit(workspace, parent_oid=first.oid, message="Two\n", at=AT)
    beside = world.workspaces.submit(workspace, parent_oid=world.base, message="Both\n", at=AT)

    def rewrite(oid: str, onto: str, expected: str) -> None:
        world.workspaces.rewrite(
            REPO, oid=oid, onto=onto, branch=branch, expected_old=expected, remote=world.remote
        )

    for oid, onto, expected in (
        (second.oid, world.base, first.oid),  # not made on the base
        (beside.oid, first.oid, first.oid),  # nor on what it says
        (beside.oid, world.base, second.oid),  # the branch is somewhere else
        (beside.oid, world.base, ""),
    ):
        with pytest.raises(Conflict):
            rewrite(oid, onto, expected)
        assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == first.oid
    with pytest.raises(ValueError, match="may push to"):
        world.workspaces.rewrite(
            REPO, oid=beside.oid, onto=world.base, branch="main", expected_old=world.base, remote=world.remote
        )
    rewrite(beside.oid, world.base, first.oid)
    assert sh(world.origin, "rev-parse", f"refs/heads/{branch}") == beside.oid


def test_only_a_rebase_can_drop_commits_of_a_branch() -> None:
    """Who could: one function that forces, two that call it, and of those one looks first whether it goes forward."""
    tasks = Path(__file__).parents[3] / "tasks"
    sources = {path.relative_to(tasks).as_posix(): path.read_text() for path in tasks.rglob("*.py")}
    forcing = {name: text.count("--force") for name, text in sources.items() if "--force" in text}
    assert forcing == {"workspace/remotes.py": 2}, "the lease of a push, and the fetch into a mirror"
    assert [name for name, text in sources.items() if ".rewrite(" in text] == [
        name for name in sources if name in ("effects/branches.py", "workspace/workspaces.py")
    ]


@pytest.mark.parametrize(
    "branch",
    [
        "main",
        "refs/heads/main",
        "sortie/../main",
        "sortie/",
        "sortie/x:main",
        "+sortie/x",
        "--delete",
        "sortie/a b",
        *["sortie/x.lock", "sortie/x..y", "sortie/x\n", "sortie//x", "sortie/x/../../main", "sortie/x."],
    ],
)
def test_only_our_own_branches_can_be_pushed(world: World, branch: str) -> None:
    """C9."""
    with pytest.raises(ValueError, match="may push to"):
        world.workspaces.push(REPO, oid=world.base, branch=branch, expected_old=None, remote=world.remote)
    assert sh(world.origin, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_push_the_host_declines_is_denied_and_one_without_an_answer_is_unknown(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    hook = world.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected branch >&2; exit 1\n")
    hook.chmod(0o755)

    def push() -> None:
        world.workspaces.push(REPO, oid=done.oid, branch="sortie/R-1", expected_old=None, remote=world.remote)

    with pytest.raises(Denied):
        push()
    hook.unlink()
    world.server.fail_next.append(503)
    with pytest.raises(Retryable):
        push()
    world.server.drop_receive_answer = True
    with pytest.raises(Unknown):
        push()
    world.server.drop_receive_answer = False
    assert world.workspaces.remote_head(REPO, "sortie/R-1", world.remote) == done.oid
    push()


def test_the_credential_is_in_no_argument_no_url_and_no_file(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo one >n")
    done = world.workspaces.submit(workspace, parent_oid=world.base, message="One\n", at=AT)
    world.workspaces.push(REPO, oid=done.oid, branch="sortie/R-1", expected_old=None, remote=world.remote)
    written = b"".join(p.read_bytes() for p in world.home.rglob("*") if p.is_file() and not p.is_symlink())
    assert TOKEN.encode() not in written
    assert not any(TOKEN in path for path in world.server.paths)
    with world.sandboxes.open(workspace.spec()) as sandbox:
        out = sandbox.run(Command(("/bin/sh", "-c", "env; cat .git/config /proc/*/environ")))
    assert TOKEN.encode() not in out.output


def test_two_workers_may_make_the_same_mirror_at_once(world: World, server: GitServer) -> None:
    """Each has its own Workspaces, as two processes would."""
    both = [Workspaces(world.home / "two", world.sandboxes) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda w: w.sync_mirror(REPO, world.remote).oid, both))
    assert found == [world.base] * 2
