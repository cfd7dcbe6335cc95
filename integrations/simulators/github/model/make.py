"""Makes bare repositories: empty, from a directory tree, from another repository."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from integrations.simulators.github.model.git import GitRepo, Person, clean_env

_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
[http]
\tgetanyfile = false
\treceivepack = true
[receive]
\thideRefs = refs/pull
\tfsckObjects = true
[uploadpack]
\tallowAnySHA1InWant = true
[gc]
\tauto = 0
"""


def create(path: Path, *, branch: str) -> GitRepo:
    """An empty bare repository with the settings a server has."""
    path.mkdir(parents=True, exist_ok=True)
    repo = GitRepo(path)
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "hooks", "info"):
        (path / folder).mkdir(parents=True)
    (path / "HEAD").write_text(f"ref: refs/heads/{branch}\n")
    (path / "config").write_text(_CONFIG)
    return repo


def import_directory(repo: GitRepo, source: Path, *, branch: str, person: Person) -> None:
    """Put a directory tree into an empty repository as one commit on `branch`. Ours to leave inside it, should we be killed."""
    with tempfile.TemporaryDirectory(prefix="import-", dir=repo.path) as folder:
        env = {"GIT_INDEX_FILE": f"{folder}/index", "GIT_WORK_TREE": str(source)}
        repo.run("add", "--all", "--force", ".", env=env, cwd=source)
        tree = repo.run("write-tree", env=env).decode().strip()
    sha = repo.commit_tree(tree, [], message="Initial commit", author=person, committer=person)
    repo.update_ref(f"refs/heads/{branch}", sha)


def import_git(repo: GitRepo, source: Path) -> str | None:
    """Copy branches and tags of an existing repository; its current branch, if it has one."""
    repo.run("fetch", "--quiet", str(source), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    inside = ["git", "-C", str(source), "symbolic-ref", "--short", "-q", "HEAD"]
    done = subprocess.run(inside, env=clean_env(), capture_output=True, check=False)
    return done.stdout.decode().strip() or None
