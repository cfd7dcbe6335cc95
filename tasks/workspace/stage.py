"""What runs inside sandboxes around a workspace: filling it, and reading its files back. Fixed scripts, nothing else.

Beside each workspace lies a stage: a git directory of the harness whose index follows the workspace's files. The
agent's sandbox never sees it, so whatever the agent does to its own .git has no say in what its work is.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from integrations.errors import Retryable
from integrations.ports import SandboxProvider
from integrations.types.sandbox import Bind, Command, CommandResult, KilledBy, Limits, SandboxSpec
from tasks.workspace.ignoring import IGNORED
from tasks.workspace.importing import OUT_REF
from tasks.workspace.outcomes import BAD_TREE, TOO_LARGE, UNREADABLE, Refusal
from tasks.workspace.workspace import MIRROR, Place, Workspace

STAGE = "/stage"
WORKSPACE = "/workspace"
BUNDLE = "out.bundle"
START_PACK = "start.pack"

WORK_IN_PROGRESS = {
    "GIT_AUTHOR_NAME": "work in progress",
    "GIT_AUTHOR_EMAIL": "wip@sortie.invalid",
    "GIT_AUTHOR_DATE": "@0 +0000",
    "GIT_COMMITTER_NAME": "work in progress",
    "GIT_COMMITTER_EMAIL": "wip@sortie.invalid",
    "GIT_COMMITTER_DATE": "@0 +0000",
}
"""Who and when, always the same, so that the same files are the same commit."""

_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **WORK_IN_PROGRESS,
}

_FILL = """
set -eu
base=$1 start=$2 head=$3
stage() { git --git-dir="$STAGE/git" --work-tree="$WORKSPACE" "$@"; }
git --git-dir="$STAGE/git" --work-tree="$WORKSPACE" -c init.defaultBranch=head init -q --template=
git -c init.defaultBranch=head init -q --template= "$WORKSPACE"
for dir in "$STAGE/git" "$WORKSPACE/.git"; do
  mkdir -p "$dir/info" "$dir/objects/info"
  echo "$MIRROR" >"$dir/objects/info/alternates"
  printf '%s\\n' $IGNORED_NAMES >"$dir/info/exclude"
  echo '* -text -ident -filter -working-tree-encoding' >"$dir/info/attributes"
  git --git-dir="$dir" config gc.auto 0
  if [ -s "$STAGE/start.pack" ]; then git --git-dir="$dir" index-pack --stdin --fix-thin >/dev/null <"$STAGE/start.pack"; fi
done
rm -f "$STAGE/start.pack"
cd "$WORKSPACE"
stage config core.protectHFS true
stage read-tree -u --reset "$start"
git config user.name agent
git config user.email agent@sortie.invalid
git update-ref refs/heads/base "$base"
git update-ref refs/heads/head "$head"
cp "$STAGE/git"/index .git/index
if [ "$start" != "$head" ]; then git reset -q --mixed "$head"; fi
"""

_MOVE_ON = """
set -eu
base=$1 start=$2 head=$3
cd "$WORKSPACE"
if [ -s "$STAGE/start.pack" ]; then git index-pack --stdin --fix-thin >/dev/null <"$STAGE/start.pack"; fi
git read-tree -m -u "$base" "$start"
git update-ref refs/heads/head "$head"
if [ "$start" != "$head" ]; then git reset -q --mixed "$head"; fi
"""

_SAVE = """
set -eu
base=$1 last=$2
export GIT_DIR="$STAGE/git" GIT_WORK_TREE="$WORKSPACE"
cd "$WORKSPACE"
rm -f "$STAGE/out.bundle" "$STAGE/git"/index.lock
git update-index -q --refresh >/dev/null 2>&1 || true
git add -A -- .
tree=$(git write-tree)
if [ "$tree" = "$last" ]; then echo same; exit 0; fi
commit=$(git commit-tree "$tree" -p "$base" -m "Work in progress")
git update-ref OUT_REF "$commit"
git bundle create -q "$STAGE/out.bundle" "$base..OUT_REF"
echo new
""".replace("OUT_REF", OUT_REF)

_ODD_FILES = 'cd "$WORKSPACE" && find . -name .git -prune -o \\( -name .gitignore -o -name .gitattributes \\) ! -type f -print'


@dataclass(frozen=True, slots=True)
class Rooms:
    """The directories around one clone: the agent's files, the harness's stage, the mirror's objects."""

    place: Place
    mirror_objects: Path

    @property
    def bundle(self) -> Path:
        """Where a collected commit is."""
        return self.place.stage / BUNDLE

    def spec(self, limits: Limits, *, tree_writable: bool) -> SandboxSpec:
        """A sandbox for our own scripts: the only kind that sees the stage."""
        binds = (Bind(self.mirror_objects, MIRROR), Bind(self.place.stage, STAGE, writable=True))
        return SandboxSpec(
            workspace=self.place.tree,
            workspace_writable=tree_writable,
            binds=binds,
            env=_SCRIPT_ENV,
            limits=limits,
        )


FILL_LIMITS = Limits(wall_s=600.0, disk_mb=8192, file_mb=2048, new_files=1_000_000)
SAVE_LIMITS = Limits(disk_mb=2048, file_mb=512)


_SCRIPT_ENV = {**_ENV, "IGNORED_NAMES": IGNORED, "STAGE": STAGE, "WORKSPACE": WORKSPACE, "MIRROR": MIRROR}


def fill(sandboxes: SandboxProvider, rooms: Rooms, *, base: str, start: str, head: str) -> None:
    """Checks `start` out into an empty tree, in a sandbox; HEAD is `head` there. Raises Retryable, Refusal.

    Where start is not head, its differences stand in the files uncommitted, as they stood when they were saved.
    """
    argv = ("/bin/sh", "-c", _FILL, "fill", base, start, head)
    _filled(_run(sandboxes, rooms.spec(FILL_LIMITS, tree_writable=True), argv))


def move_on(sandboxes: SandboxProvider, workspace: Workspace, head: str) -> None:
    """Moves a fresh overlay from its base to its start, in a sandbox; HEAD is `head` there. Raises Retryable, Refusal."""
    binds = (Bind(workspace.place.stage, STAGE),)
    spec = workspace.spec(limits=FILL_LIMITS, env=_SCRIPT_ENV, binds=binds)
    argv = ("/bin/sh", "-c", _MOVE_ON, "move-on", workspace.base_oid, workspace.start_oid, head)
    _filled(_run(sandboxes, spec, argv))


def _filled(result: CommandResult) -> None:
    if result.exit_code != 0:
        said = _said(result)
        if "invalid path" in said:
            raise Refusal(BAD_TREE, "The repository holds file names that cannot be checked out safely.")
        how = (
            said[-300:].strip() or f"exit code {result.exit_code}, stopped by {result.killed_by or 'nobody'}"
        )
        raise Retryable(f"The workspace could not be filled: {how}", code="SBX-011")


def collect(sandboxes: SandboxProvider, rooms: Rooms, *, base: str, last_tree: str, timeout_s: float) -> bool:
    """Writes the workspace's files as one commit on `base` into the stage's bundle; False when they equal `last_tree`.

    No process of the agent may be left in the workspace; it is read-only here. Raises Refusal, Retryable.
    """
    spec = rooms.spec(replace(SAVE_LIMITS, wall_s=timeout_s), tree_writable=False)
    result = _run(sandboxes, spec, ("/bin/sh", "-c", _SAVE, "save", base, last_tree))
    if result.exit_code == 0:
        return result.output.strip() != b"same"
    raise _refusal(sandboxes, rooms, result)


def _refusal(sandboxes: SandboxProvider, rooms: Rooms, result: CommandResult) -> Refusal:
    said = _said(result)
    if result.killed_by is KilledBy.TIMEOUT:
        spec = rooms.spec(replace(SAVE_LIMITS, wall_s=20.0), tree_writable=False)
        odd = (
            _run(sandboxes, spec, ("/bin/sh", "-c", _ODD_FILES))
            .output.decode("utf-8", "replace")
            .split("\n")[0]
        )
        if odd:
            name = odd.removeprefix("./")
            return Refusal(UNREADABLE, f"{name} is not a regular file, so the work cannot be read.")
        return Refusal(TOO_LARGE, "The workspace takes too long to read: it holds too much.")
    if result.killed_by is not None or "File too large" in said or "No space left" in said:
        return Refusal(TOO_LARGE, "The workspace holds more than can be taken.")
    if "invalid path" in said:
        name = said.split("invalid path", 1)[1].strip().split("\n")[0][:200]
        return Refusal(BAD_TREE, f"A file name is not allowed in a repository: {name}")
    return Refusal(UNREADABLE, f"The work could not be read: {said.strip()[-300:]}")


def _run(sandboxes: SandboxProvider, spec: SandboxSpec, argv: tuple[str, ...]) -> CommandResult:
    sandbox = sandboxes.open(spec)
    try:
        return sandbox.run(Command(argv, merge_stderr=False))
    finally:
        sandbox.close()


def _said(result: CommandResult) -> str:
    return result.stderr.decode("utf-8", "replace")
