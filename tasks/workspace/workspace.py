"""One workspace: where its files lie and how a sandbox is put around them. Isolated clones, or layers on a shared checkout."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from integrations.types.sandbox import Bind, Limits, Overlay, SandboxSpec
from tasks.workspace.names import plain_word

TOOLCHAIN = "/toolchain"
MIRROR = "/mirror/objects"
MARKER = "workspace.json"
"""Written last: a place without it was never finished."""


class Kind(StrEnum):
    """How a workspace is made. An overlay costs the same for any size of repository; a clone needs nothing of the kernel."""

    overlay = "overlay"
    clone = "clone"


@dataclass(frozen=True, slots=True)
class Tenure:
    """One holder's work on one attempt. A later holder has a higher epoch, and nothing of this one's files."""

    run_id: str
    attempt: int
    epoch: int

    @property
    def name(self) -> str:
        """Of the place: "1-7"."""
        return f"{self.attempt}-{self.epoch}"


@dataclass(frozen=True, slots=True)
class Place:
    """The directories of one workspace below `root`."""

    root: Path

    @property
    def tree(self) -> Path:
        """A clone's files; for an overlay the empty directory it is mounted at, in sandboxes alone."""
        return self.root / "tree"

    @property
    def stage(self) -> Path:
        """The harness's side of a clone, and the way objects come into either."""
        return self.root / "stage"

    @property
    def upper(self) -> Path:
        return self.root / "upper"

    @property
    def work(self) -> Path:
        return self.root / "work"


@dataclass(frozen=True, slots=True)
class Workspace:
    """One isolated copy of a repository at `place`; `key` is "R-1042/1-7" for an attempt's, "R-1042/gate-…" for a checkout's.

    Inside, the branches `base` and `head` name the base and the commit that was checked out. `start_oid` is what its files
    were at first; `lower` is the shared checkout of the base below it, None for a clone.
    """

    place: Place
    repo: str
    base_oid: str
    start_oid: str
    mirror_objects: Path = field(repr=False)
    lower: Path | None = None

    @property
    def key(self) -> str:
        root = self.place.root
        return f"{root.parent.name}/{root.name}"

    @property
    def kind(self) -> Kind:
        return Kind.clone if self.lower is None else Kind.overlay

    @property
    def overlay(self) -> Overlay | None:
        """Its layers, None for a clone."""
        return Overlay(self.lower, self.place.upper, self.place.work) if self.lower else None

    def spec(
        self,
        *,
        writable: bool = True,
        limits: Limits | None = None,
        toolchain: tuple[Path, ...] = (),
        env: Mapping[str, str] | None = None,
        binds: tuple[Bind, ...] = (),
    ) -> SandboxSpec:
        """A sandbox around this workspace: read-only mirror objects, and each toolchain layer at /toolchain[-n].

        A layer is a directory as `pip install --target` makes it: importable, with programs in bin/.
        """
        layers = [TOOLCHAIN if n == 0 else f"{TOOLCHAIN}-{n}" for n in range(len(toolchain))]
        shown = tuple(Bind(source, target) for source, target in zip(toolchain, layers, strict=True))
        python = {"PYTHONPATH": ":".join(layers)} if layers else {}
        return SandboxSpec(
            workspace=self.place.tree,
            workspace_writable=writable,
            binds=(Bind(self.mirror_objects, MIRROR), *shown, *binds),
            env={"PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_NOSYSTEM": "1", **python, **(env or {})},
            path=":".join([*(f"{layer}/bin" for layer in layers), "/usr/bin", "/bin"]),
            limits=limits or Limits(),
            overlay=self.overlay,
        )

    def finish(self) -> Self:
        """Marks it as made."""
        known = {"repo": self.repo, "base_oid": self.base_oid, "start_oid": self.start_oid}
        lower = str(self.lower) if self.lower else None
        (self.place.root / MARKER).write_text(json.dumps({**known, "lower": lower}))
        return self


def marked(place: Path) -> Mapping[str, str | None] | None:
    """What the marker of a finished workspace says; None for any other directory."""
    try:
        known = json.loads((place / MARKER).read_text())
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def checkout_name(purpose: str, token: str) -> str:
    """Of the place of a checkout for a gate or a lens, never that of an attempt's. Raises ValueError for an odd purpose."""
    if purpose[:1].isdigit():
        raise ValueError(f"{purpose!r} reads like an attempt")
    return f"{plain_word(purpose)}-{token}"


def epoch_of(name: str) -> int | None:
    """The epoch under which an attempt's place was made; None for any other place."""
    attempt, _, epoch = name.partition("-")
    return int(epoch) if attempt.isdecimal() and epoch.isdecimal() else None
