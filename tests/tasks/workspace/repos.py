"""Building small real repositories for tests, with plain git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_AUTHOR_DATE": "@1700000000 +0000",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
    "GIT_COMMITTER_DATE": "@1700000000 +0000",
}


def sh(git_dir: Path, *args: str, stdin: bytes = b"") -> str:
    """One git command on a repository of the test's own; its stdout, stripped."""
    argv = ["git", "-C", str(git_dir), *args]
    done = subprocess.run(argv, input=stdin, env=ENV, capture_output=True)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def make_bare(path: Path, files: Mapping[str, str | bytes], *, message: str = "First") -> str:
    """A bare repository at `path` with one commit of `files` on main; its oid."""
    path.mkdir(parents=True)
    sh(path, "init", "-q", "--bare", "-b", "main")
    sh(path, "config", "http.receivepack", "true")
    return add_commit(path, files, message=message)


def add_commit(
    path: Path, files: Mapping[str, str | bytes | None], *, message: str = "More", branch: str = "main"
) -> str:
    """Commits `files` (None deletes, "link:…" as bytes is still a file) on top of a branch; the new oid."""
    index = path / "test-index"
    env = {**ENV, "GIT_INDEX_FILE": str(index)}

    def run(*args: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", "-C", str(path), *args], input=stdin, env=env, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    index.unlink(missing_ok=True)
    known = subprocess.run(
        ["git", "-C", str(path), "rev-parse", "--verify", "-q", f"refs/heads/{branch}"],
        env=ENV,
        capture_output=True,
    )
    parent = known.stdout.decode().strip()
    if parent:
        run("read-tree", parent)
    for name, content in files.items():
        if content is None:
            run("update-index", "--index-info", stdin=f"0 {'0' * 40}\t{name}\n".encode())
            continue
        data = content.encode() if isinstance(content, str) else content
        mode = "100755" if data.startswith(b"#!") else "100644"
        blob = run("hash-object", "-w", "--stdin", stdin=data)
        run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{name}")
    tree = run("write-tree")
    oid = run("commit-tree", tree, *(["-p", parent] if parent else []), "-m", message)
    run("update-ref", f"refs/heads/{branch}", oid)
    index.unlink()
    return oid
