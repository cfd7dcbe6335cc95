"""What is removed from a worker's disk: workspaces nobody works in, checkouts nobody lies on, leftovers of the dead."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations.errors import Retryable
from tasks.workspace import process
from tasks.workspace.process import Bounds
from tasks.workspace.storage import Layout, discard, lock_file, remove
from tasks.workspace.workspace import MARKER, epoch_of, marked

_LEFTOVER_S = 3600.0
_BASE_CHECK_S = 14 * 86_400.0
_DU_S = 300.0

Live = Callable[[], Mapping[str, int]]
"""Asks for the epoch of every lease that is held now, by run."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what nobody uses stays, in seconds, and how many bytes all workspaces and checkouts may take together."""

    workspaces_s: float = 3600.0
    checkouts_s: float = 7 * 86_400.0
    disk_bytes: int = 50 * 1024**3


@dataclass(frozen=True, slots=True)
class Evicted:
    """How many of each were removed, and what the rest takes."""

    workspaces: int
    checkouts: int
    leftovers: int
    bytes_left: int


@dataclass(slots=True)
class Evictor:
    """Remembers what the things measure that do not change any more. `now` gives seconds since 1970."""

    layout: Layout
    keep: Keep
    now: Callable[[], float] = time.time
    _bytes: dict[Path, int] = field(default_factory=dict, init=False)

    def evict(self, live: Live) -> Evicted:
        """One pass; one process of the machine at a time (Retryable otherwise). Raises OSError, and what `live` raises."""
        with lock_file(
            self.layout.home / "eviction.lock", busy="Another worker is clearing up.", timeout_s=0.0
        ):
            leftovers = self._leftovers()
            # Listed first, asked afterwards: what was made meanwhile is not in the list.
            places = sorted(self.layout.workspaces.glob("*/*"), key=_made_at)
            epochs = live()
            idle = [place for place in places if not is_live(place, epochs)]
            gone = self._old(idle, self.keep.workspaces_s)
            gone_checkouts = self._unused(self.keep.checkouts_s)
            self._measure([place for place in places if place not in idle], idle)
            for place in idle:
                if place not in gone and self._over_quota():
                    gone.append(self._removed(place))
            if self._over_quota():
                gone_checkouts += self._unused(_LEFTOVER_S)
            return Evicted(len(gone), gone_checkouts, leftovers, sum(self._bytes.values()))

    def _old(self, idle: Iterable[Path], age_s: float) -> list[Path]:
        return [self._removed(place) for place in idle if self.now() - _made_at(place) > age_s]

    def _removed(self, place: Path) -> Path:
        discard(place)
        self._bytes.pop(place, None)
        if not any(place.parent.iterdir()):
            place.parent.rmdir()
        return place

    def _unused(self, age_s: float) -> int:
        """Removes the checkouts that no workspace lies on and none has for `age_s`; how many."""
        count = 0
        for checkout in sorted(self._checkouts(), key=_made_at):
            if self.now() - _made_at(checkout) > age_s and self._evict_checkout(checkout):
                count += 1
        return count

    def _evict_checkout(self, checkout: Path) -> bool:
        try:
            with lock_file(checkout.with_suffix(".lock"), busy="in use", timeout_s=0.0):
                if str(checkout / "tree") in self._lowers():
                    return False
                # Renamed first, so that a crash leaves no half of it where it counts.
                old = checkout.with_suffix(".old")
                checkout.rename(old)
                remove(old)
                self._bytes.pop(checkout, None)
        except Retryable:
            return False
        return True

    def _lowers(self) -> set[str | None]:
        known = (marked(path.parent) for path in self.layout.workspaces.glob(f"*/*/{MARKER}"))
        return {each["lower"] for each in known if each}

    def _checkouts(self) -> list[Path]:
        found = (self.layout.home / "checkouts").glob("*/*/*/*")
        return [path for path in found if path.is_dir() and not path.suffix]

    def _measure(self, busy: list[Path], idle: list[Path]) -> None:
        """Busy workspaces each time, the others and the checkouts once."""
        there = [path for path in (*idle, *self._checkouts()) if path.exists()]
        unknown = [path for path in there if path not in self._bytes]
        measured = _disk_bytes([*busy, *unknown])
        still = set(there) | set(busy)
        self._bytes = {path: size for path, size in (self._bytes | measured).items() if path in still}

    def _over_quota(self) -> bool:
        return sum(self._bytes.values()) > self.keep.disk_bytes

    def _leftovers(self) -> int:
        """What the killed left half done, and results of checks on base commits that nobody has asked for in weeks."""
        home = self.layout.home
        half_done = [
            *(home / "checkouts").glob("*/*/*/*.old"),
            *(home / "quarantine").glob("*/*/*/reading-*"),
            *home.glob("*/*/*/*/objects/pack/tmp_*"),
            *home.glob("probe-*"),
        ]
        aged = [(path, _LEFTOVER_S) for path in half_done]
        aged += [(path, _BASE_CHECK_S) for path in (home / "base-checks").glob("*.json")]
        count = 0
        for path, age_s in aged:
            if self.now() - _made_at(path) > age_s:
                remove(path)
                count += 1
        return count


def is_live(place: Path, epochs: Mapping[str, int]) -> bool:
    """Whether the holder of the run's lease may be working at a place: an attempt's belongs to one epoch alone."""
    held = epochs.get(place.parent.name)
    made_under = epoch_of(place.name)
    return held is not None and made_under in (None, held)


def _made_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _disk_bytes(paths: list[Path]) -> dict[Path, int]:
    if not paths:
        return {}
    argv = ["/usr/bin/du", "-s", "-B1", "--null", "--", *map(str, paths)]
    ended = process.run(argv, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, bounds=Bounds(timeout_s=_DU_S))
    rows = (row.split(b"\t", 1) for row in ended.stdout.split(b"\0") if row)
    return {Path(name.decode()): int(size) for size, name in rows}
