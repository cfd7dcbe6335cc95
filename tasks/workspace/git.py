"""The one hardened way to call git: no configuration but ours, no hook, no prompt, no shell, bounded in time and output.

No caller hands it a directory that an agent can write: those are only ever touched by git inside a sandbox.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tasks.workspace import process
from tasks.workspace.process import Bounds, Ended

_ENV = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}

_FLAGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=true",
    "core.bigFileThreshold=32m",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "credential.helper=",
    "http.followRedirects=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "init.defaultBranch=main",
)


_USUAL = Bounds()


class GitFailed(Exception):
    """git said no. `stderr` is for logs and for telling causes apart, not for people."""

    def __init__(self, command: str, ended: Ended) -> None:
        self.command = command
        self.exit_code = ended.exit_code
        self.stderr = ended.stderr.decode("utf-8", "replace")
        self.stdout = ended.stdout.decode("utf-8", "replace")
        super().__init__(f"git {command} exited with {ended.exit_code}: {self.stderr.strip()[:2000]}")


class GitTimedOut(GitFailed):
    """git did not end in time and was killed with all its children."""


class GitTooMuch(GitFailed):
    """git wrote more than the caller takes."""


def git(
    git_dir: Path | None,
    *args: str,
    stdin: bytes | IO[bytes] = b"",
    env: Mapping[str, str] | None = None,
    bounds: Bounds = _USUAL,
) -> bytes:
    """Runs one git command on a repository the harness owns (None: on none) and returns its stdout.

    `args` start with the subcommand; nothing an agent wrote may stand where an option could. `env` may add a remote's
    credential and protocol, never replace the hardening. Raises GitFailed, GitTimedOut, GitTooMuch.
    """
    argv = ["git", *(word for flag in _FLAGS for word in ("-c", flag))]
    if git_dir is not None:
        argv.append(f"--git-dir={git_dir}")
    ended = process.run([*argv, *args], env=_environment(env or {}), stdin=stdin, bounds=bounds)
    if ended.timed_out:
        raise GitTimedOut(args[0], ended)
    if ended.too_much and not bounds.truncate:
        raise GitTooMuch(args[0], ended)
    if ended.exit_code != 0 and not ended.too_much:
        raise GitFailed(args[0], ended)
    return ended.stdout


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Ours wins, except for the protocol and the password program, which a remote may name, and how paths are read."""
    free = ("GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_LITERAL_PATHSPECS")
    allowed = {name: extra[name] for name in free if name in extra}
    return {**extra, **_ENV, **allowed}
