"""Trees are owned, measured and removed without leaving them."""

import os
from pathlib import Path

import pytest

from integrations.sandboxes import trees


def test_a_tree_is_measured_without_following_links_and_names_count_once(place: Path) -> None:
    (place / "a").mkdir()
    (place / "a" / "big").write_bytes(b"x" * (1 << 20))
    os.link(place / "a" / "big", place / "again")
    os.symlink("/usr", place / "usr")
    size = trees.measure(place)
    assert size.entries == 4
    assert 1 << 20 <= size.used_bytes < 2 << 20
    assert not size.too_deep


def test_measuring_stops_once_it_knows_enough(place: Path) -> None:
    for number in range(100):
        (place / str(number)).touch()
    assert trees.measure(place, stop_entries=10).entries == 11


def test_a_closed_directory_is_measured_and_stays_closed(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir()
    (closed / "file").touch()
    closed.chmod(0)
    assert trees.measure(place).entries == 2
    assert closed.stat().st_mode & 0o777 == 0


def test_a_tree_deeper_than_any_real_one_is_reported_and_removed(place: Path) -> None:
    here = os.open(place, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    open_before = len(os.listdir("/proc/self/fd"))
    assert trees.measure(place).too_deep
    assert len(os.listdir("/proc/self/fd")) == open_before
    trees.remove(place / "d")
    assert list(place.iterdir()) == []


def test_removing_leaves_what_a_link_points_at(place: Path) -> None:
    (place / "outside").mkdir()
    (place / "outside" / "file").touch()
    (place / "tree").mkdir()
    os.symlink(place / "outside", place / "tree" / "link")
    os.symlink(place / "outside", place / "bare")
    trees.remove(place / "tree")
    trees.remove(place / "bare")
    trees.remove(place / "never-was")
    assert [path.name for path in place.iterdir()] == ["outside"]
    assert (place / "outside" / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_adopting_reaches_every_level_and_follows_nothing(place: Path) -> None:
    (place / "tree" / "a" / "b").mkdir(parents=True)
    (place / "tree" / "a" / "b" / "file").touch()
    (place / "outside").touch()
    os.symlink(place / "outside", place / "tree" / "link")
    trees.adopt(place / "tree", (12345, 12346))
    below = [place / "tree", *(place / "tree").rglob("*")]
    assert len(below) == 5
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in below} == {(12345, 12346)}
    assert (place / "outside").stat().st_uid == 0
