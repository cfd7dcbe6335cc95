"""A temporary home that the sandbox's own user can reach, and that holds its secrets out of everybody's sight."""

import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote


class NoPlace(Exception):
    """No directory for temporary files can be reached by other users; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """`root` is open to other users' processes (they run the target's code there); `private` is ours alone."""

    root: Path

    @property
    def private(self) -> Path:
        return self.root / "private"

    @property
    def sortie(self) -> Path:
        return self.root / "sortie"

    @property
    def toolchain(self) -> Path:
        """Beside the root: bubblewrap makes the missing parents of a bind readable by nobody but root."""
        return self.root.with_name(f"{self.root.name}-toolchain")

    @property
    def commands(self) -> Path:
        """`sortie …` about this demo, for its person alone."""
        return self.private / "sortie"

    def make_commands(self, env: Mapping[str, str]) -> None:
        """Writes it: a shell script that takes nothing of the caller's settings. `env` must hold no secret."""
        given = [f"{name}={quote(value)}" for name, value in sorted(env.items())]
        run = f'exec env -i PATH="$PATH" HOME="$HOME" {" ".join(given)} {quote(sys.executable)} -m bot.cli.main "$@"'
        self.commands.write_text(f"#!/bin/sh\ncd {quote(str(self.private))} && {run}\n")
        self.commands.chmod(0o700)

    @property
    def log(self) -> Path:
        return self.private / "demo.log"


@contextmanager
def temporary_home(*, keep: bool) -> Iterator[Home]:
    """Makes a home and, unless it is to be kept, removes it at the end. Raises NoPlace."""
    root = Path(tempfile.mkdtemp(prefix="sortie-demo-", dir=_reachable_directory()))
    root.chmod(0o755)
    home = Home(root)
    home.private.mkdir(mode=0o700)
    home.sortie.mkdir()
    try:
        yield home
    finally:
        if not keep:
            for made in (home.root, home.toolchain):
                shutil.rmtree(made, ignore_errors=True)


def reachable(path: Path) -> bool:
    """Whether any user may walk to this directory."""
    resolved = path.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (resolved, *resolved.parents))


def _reachable_directory() -> Path:
    candidates = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
    for place in candidates:
        if place.is_dir() and reachable(place):
            return place
    raise NoPlace(
        "No temporary directory can be reached by other users: set TMPDIR to one with mode 755 or wider."
    )
