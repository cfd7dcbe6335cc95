"""Bundles that no honest stage writes: what a broken-into sandbox could hand over is refused."""

import os
import subprocess
from pathlib import Path

import pytest

from tasks.workspace.git import git
from tasks.workspace.importing import ImportLimits, import_bundle, open_written
from tasks.workspace.outcomes import Refusal
from tests.tasks.workspace.repos import ENV, make_bare, sh

LIMITS = ImportLimits()
OUT = "refs/sortie/out"


class Evil:
    """A repository of the attacker's beside a quarantine that holds the base."""

    def __init__(self, root: Path) -> None:
        self.repo = root / "evil"
        self.base = make_bare(self.repo, {"a": "1\n"})
        self.quarantine = root / "quarantine"
        self.quarantine.mkdir()
        sh(self.quarantine, "init", "-q", "--bare")
        (self.quarantine / "objects" / "info" / "alternates").write_text(f"{self.repo / 'objects'}\n")
        base_only = root / "base"
        subprocess.run(["git", "clone", "-q", "--bare", str(self.repo), str(base_only)], env=ENV, check=True)
        (self.quarantine / "objects" / "info" / "alternates").write_text(f"{base_only / 'objects'}\n")

    def blob(self, data: bytes) -> str:
        return sh(self.repo, "hash-object", "-w", "--stdin", stdin=data)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A tree of (mode, name, oid), written without any of git's checks."""
        raw = b"".join(
            mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
        )
        return sh(self.repo, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", stdin=raw)

    def commit(self, tree: str, *parents: str) -> str:
        words = [word for parent in parents for word in ("-p", parent)]
        return sh(self.repo, "commit-tree", tree, *words, "-m", "x")

    def bundle(
        self, *commits: str, refs: tuple[str, ...] = (OUT,), needs: tuple[str, ...] | None = None
    ) -> bytes:
        """A v2 bundle of these commits, by hand."""
        needed = (self.base,) if needs is None else needs
        asked = "\n".join([*commits, *(f"^{oid}" for oid in needed)]).encode() + b"\n"
        argv = ["git", "-C", str(self.repo), "pack-objects", "--revs", "--thin", "--stdout", "-q"]
        pack = subprocess.run(argv, input=asked, env=ENV, capture_output=True, check=True).stdout
        lines = [
            *(f"-{oid} base" for oid in needed),
            *(f"{oid} {ref}" for oid, ref in zip(commits, refs, strict=True)),
        ]
        return b"# v2 git bundle\n" + "\n".join(lines).encode() + b"\n\n" + pack

    def take(self, bundle: bytes, limits: ImportLimits = LIMITS) -> str:
        path = self.repo / "handed.bundle"
        path.write_bytes(bundle)
        with open_written(path, max_bytes=1 << 30) as file:
            return import_bundle(self.quarantine, file, base_oid=self.base, limits=limits)


@pytest.fixture
def evil(tmp_path: Path) -> Evil:
    return Evil(tmp_path)


def refused(evil: Evil, bundle: bytes, limits: ImportLimits = LIMITS) -> str:
    with pytest.raises(Refusal) as caught:
        evil.take(bundle, limits)
    assert sh(evil.quarantine, "for-each-ref") == ""
    return caught.value.code


def test_an_honest_bundle_is_taken(evil: Evil) -> None:
    """The control of every refusal below."""
    oid = evil.commit(evil.tree(("100644", b"a", evil.blob(b"2\n"))), evil.base)
    assert evil.take(evil.bundle(oid)) == oid
    assert sh(evil.quarantine, "cat-file", "-t", oid) == "commit"
    assert sh(evil.quarantine, "for-each-ref") == "", "the caller decides which ref it gets"


@pytest.mark.parametrize(
    "name",
    [
        b".git",
        b".GIT",
        b".Git",
        b"git~1",
        b"GIT~1",
        b"..",
        b".",
        b".g\xe2\x80\x8cit",
        b"a/b",
        b".git\\x",
    ],
)
def test_tree_entries_that_reach_for_git_or_upwards_are_refused(evil: Evil, name: bytes) -> None:
    """C3."""
    nested = evil.tree(("100644", b"config", evil.blob(b"[core]\n")))
    for mode, oid in (("40000", nested), ("100644", evil.blob(b"x"))):
        commit = evil.commit(evil.tree((mode, name, oid)), evil.base)
        assert refused(evil, evil.bundle(commit)) == "GIT-010", (mode, name)


def test_a_bad_entry_deep_down_is_refused(evil: Evil) -> None:
    """C3."""
    deep = evil.tree(("40000", b".git", evil.tree(("100644", b"config", evil.blob(b"x")))))
    for _ in range(5):
        deep = evil.tree(("40000", b"d", deep))
    assert refused(evil, evil.bundle(evil.commit(deep, evil.base))) == "GIT-010"


@pytest.mark.parametrize("url", ["-u./x", "--upload-pack=sh", "ext::sh -c x", "./x\\n"])
def test_submodules_that_hide_commands_are_refused(evil: Evil, url: str) -> None:
    """C3. `ext::` is no bad object for git; it cannot be pushed past the gates (gitlink, protected path)."""
    modules = evil.blob(f'[submodule "x"]\n\tpath = x\n\turl = {url}\n'.encode())
    commit = evil.commit(evil.tree(("100644", b".gitmodules", modules)), evil.base)
    if not url.startswith("ext::"):
        assert refused(evil, evil.bundle(commit)) == "GIT-010"
    else:
        assert evil.take(evil.bundle(commit)) == commit


def test_a_linked_gitmodules_is_refused(evil: Evil) -> None:
    """C3."""
    commit = evil.commit(evil.tree(("120000", b".gitmodules", evil.blob(b"elsewhere"))), evil.base)
    assert refused(evil, evil.bundle(commit)) == "GIT-010"


def test_work_that_does_not_descend_from_its_base_is_refused(evil: Evil) -> None:
    """C6: orphan, rewritten base, two parents, a parent further up."""
    tree = evil.tree(("100644", b"a", evil.blob(b"2\n")))
    orphan = evil.commit(tree)
    assert refused(evil, evil.bundle(orphan)) == "GIT-010"
    assert refused(evil, evil.bundle(evil.commit(tree, orphan))) == "GIT-010"
    assert refused(evil, evil.bundle(evil.commit(tree, evil.base, orphan))) == "GIT-010"
    above = evil.commit(tree, evil.base)
    assert refused(evil, evil.bundle(evil.commit(evil.tree(), above))) == "GIT-010"
    assert refused(evil, evil.bundle(evil.commit(tree, evil.base), needs=(evil.base, above))) == "GIT-010"


def test_other_refs_than_the_one_asked_for_are_refused(evil: Evil) -> None:
    """C6: another name, a second ref, tags, notes, replace refs, none."""
    one = evil.commit(evil.tree(("100644", b"a", evil.blob(b"2\n"))), evil.base)
    two = evil.commit(evil.tree(("100644", b"a", evil.blob(b"3\n"))), evil.base)
    for other in (
        "refs/heads/main",
        f"refs/replace/{evil.base}",
        "refs/notes/commits",
        "refs/tags/v1",
        "HEAD",
    ):
        assert refused(evil, evil.bundle(one, refs=(other,))) == "GIT-010"
        assert refused(evil, evil.bundle(one, two, refs=(OUT, other))) == "GIT-010"
    assert refused(evil, evil.bundle(one, two, refs=(OUT, OUT))) == "GIT-010"
    assert refused(evil, evil.bundle(one, refs=(f"{OUT} x",))) == "GIT-010"
    honest = evil.bundle(one)
    assert refused(evil, honest.replace(f"{one} {OUT}\n".encode(), b"")) == "GIT-010"


def test_a_ref_that_names_a_tree_or_nothing_is_refused(evil: Evil) -> None:
    """C6."""
    one = evil.commit(evil.tree(("100644", b"a", evil.blob(b"2\n"))), evil.base)
    honest = evil.bundle(one)
    for other in (
        sh(evil.repo, "rev-parse", f"{one}^{{tree}}"),
        "0" * 40,
        "f" * 40,
        one[:39] + "g",
        one.upper(),
    ):
        assert refused(evil, honest.replace(one.encode(), other.encode(), 1)) == "GIT-010"


def test_missing_and_broken_objects_are_refused(evil: Evil) -> None:
    absent = evil.commit(evil.tree(("100644", b"a", "e" * 40)), evil.base)
    raw = (
        f"tree {'d' * 40}\nparent {evil.base}\nauthor x <x> 0 +0000\ncommitter x <x> 0 +0000\n\nx\n".encode()
    )
    rootless = sh(evil.repo, "hash-object", "-t", "commit", "--literally", "-w", "--stdin", stdin=raw)
    one = evil.commit(evil.tree(("100644", b"a", evil.blob(b"2\n"))), evil.base)
    honest = evil.bundle(one)
    for bad in (
        honest[:-5],
        honest[:-25] + b"\0" * 25,
        honest + b"more",
        honest.split(b"PACK")[0],
        b"junk\n\n",
    ):
        assert refused(evil, bad) == "GIT-010"
    assert refused(evil, honest.replace(b"# v2", b"# v3", 1)) == "GIT-010"
    for oid in (absent, rootless):
        pack = pack_of(evil, oid)
        header = f"# v2 git bundle\n-{evil.base} b\n{oid} {OUT}\n\n".encode()
        assert refused(evil, header + pack) == "GIT-010"


def pack_of(evil: Evil, oid: str) -> bytes:
    """A pack of one commit, and its tree where there is one, whatever they point at."""
    text = sh(evil.repo, "cat-file", "commit", oid)
    tree = text.split("\n")[0].removeprefix("tree ")
    known = subprocess.run(
        ["git", "-C", str(evil.repo), "cat-file", "-e", tree], env=ENV, check=False, capture_output=True
    )
    names = f"{oid}\n{tree}\n" if known.returncode == 0 else f"{oid}\n"
    argv = ["git", "-C", str(evil.repo), "pack-objects", "--stdout", "-q"]
    return subprocess.run(argv, input=names.encode(), env=ENV, capture_output=True, check=True).stdout


def test_a_pack_larger_than_allowed_stops_while_it_is_read(evil: Evil) -> None:
    """C11."""
    commit = evil.commit(evil.tree(("100644", b"a", evil.blob(os.urandom(2_000_000)))), evil.base)
    assert refused(evil, evil.bundle(commit), ImportLimits(pack_mb=1)) == "GIT-011"


def test_a_bomb_that_packs_small_is_refused_by_what_it_holds(evil: Evil) -> None:
    """C11."""
    commit = evil.commit(evil.tree(("100644", b"a", evil.blob(b"\0" * 40_000_000))), evil.base)
    bundle = evil.bundle(commit)
    assert len(bundle) < 200_000
    assert refused(evil, bundle, ImportLimits(content_mb=30)) == "GIT-011"


def test_what_a_sandbox_wrote_is_opened_only_when_it_is_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    (tmp_path / "link").symlink_to("secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name in ("link", "pipe", "directory", "absent"):
        with pytest.raises(Refusal) as caught:
            open_written(tmp_path / name, max_bytes=100)
        assert caught.value.code == "GIT-012", name
    with pytest.raises(Refusal) as large:
        open_written(tmp_path / "secret", max_bytes=5)
    assert large.value.code == "GIT-011"


def test_replace_refs_do_not_change_what_the_harness_sees(evil: Evil) -> None:
    """C6."""
    one = evil.commit(evil.tree(("100644", b"a", evil.blob(b"2\n"))), evil.base)
    sh(evil.repo, "replace", evil.base, one)
    parents = git(evil.repo, "cat-file", "commit", evil.base).decode()
    assert "parent" not in parents
