"""What a change may not carry, and what a person must look at first."""

import time

import pytest

from tasks.domain.checks import GateOutcome
from tasks.gates.config import GateLimits, RepoConfig
from tasks.gates.hygiene import ChangeSet, file_modes, secrets
from tasks.gates.secret_patterns import secret_in
from tasks.workspace.objects import Change
from tests.tasks.gates.conftest import REPO, Bench
from tests.tasks.workspace.repos import sh

PASSED, FAILED, HUMAN = GateOutcome.passed, GateOutcome.failed, GateOutcome.needs_human
TOKEN = "ghp_" + "a1B2" * 9


def test_an_ordinary_change_passes_all_of_them(bench: Bench) -> None:
    bench.change(
        {"a.py": "1\n"},
        {"a.py": "2\n", "run.sh": "#!/bin/sh\n", ".gitignore": "x\n", "b.rst": "Title\n=======\n"},
    )
    results = bench.hygiene()
    assert {name: r.outcome for name, r in results.items()} == dict.fromkeys(
        ("conflict-markers", "secrets", "protected-paths", "check-files", "file-modes", "size"), PASSED
    )
    assert all((r.base, r.head) == ("not run", "pass") for r in results.values())


def test_conflict_markers_in_added_lines_fail_with_their_place(bench: Bench) -> None:
    old = "one\n<<<<<<< kept\n"
    bench.change(
        {"a.txt": old},
        {"a.txt": old + "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> theirs\n", "b.txt": "a <<<<<<< b\n"},
    )
    result = bench.hygiene()["conflict-markers"]
    assert result.outcome is FAILED
    assert result.excerpt.split("\n") == ["a.txt:3", "a.txt:7"]
    assert result.detail == "2 conflict markers left in the change."


def test_a_secret_is_told_by_place_and_never_by_value(bench: Bench) -> None:
    bench.change(
        {"a.py": "1\n2\n3\n", "old.py": f"t = '{TOKEN}'\n"},
        {
            "a.py": f"1\n2\nkey = '{TOKEN}'\n3\n",
            "sp ace/ü.txt": f"\x1b[31m{TOKEN}\n",
            "old.py": f"# moved\nt = '{TOKEN}'\n",
        },
    )
    result = bench.hygiene()["secrets"]
    assert result.outcome is FAILED
    assert result.excerpt.split("\n") == [
        "a.py:3: looks like a secret (GitHub token)",
        "sp ace/ü.txt:1: looks like a secret (GitHub token)",
    ]
    assert TOKEN not in repr(result) and TOKEN[:10] not in repr(result)


def test_a_secret_hides_neither_in_a_binary_file_nor_behind_attributes_nor_in_a_name(bench: Bench) -> None:
    bench.change(
        {"a": "1\n", ".gitattributes": "*.bin -diff binary\n"},
        {"x.bin": b"\0\1\2" + TOKEN.encode() + b"\0", "y.dat": b"\xff\xfe\0" + TOKEN.encode(), TOKEN: "x\n"},
    )
    result = bench.hygiene()["secrets"]
    assert len(result.new_failures) == 3
    assert TOKEN not in result.excerpt and TOKEN not in repr(result.new_failures)


def test_a_line_that_poses_as_a_diff_header_moves_no_place(bench: Bench) -> None:
    trick = f"++ b/other.py\n@@ -1 +900 @@\ndiff --git a/x b/x\n-- a/x\nkey = '{TOKEN}'\n"
    bench.change({"a.py": "-- a/x\n"}, {"a.py": trick})
    assert bench.hygiene()["secrets"].new_failures == ("a.py:5: looks like a secret (GitHub token)",)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"x{TOKEN}", "GitHub token"),
        ("github_pat_" + "A1" * 20, "GitHub token"),
        ("sk-ant-api03-" + "Ab1_" * 10, "Anthropic key"),
        ("xoxb-123456789012-abcdefghij", "Slack token"),
        ("https://hooks.slack.com/services/T0/B0/abc", "Slack webhook"),
        ("AKIA" + "Q1W2" * 4, "AWS key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        ("postgres://app:s3cr3tpw@db.prod.internal/x", "Basic Auth Credentials"),
        ("glpat-" + "a1B2" * 5, "GitLab Token"),
        ("sk_live_" + "a1B2" * 6, "Stripe Access Key"),
    ],
)
def test_what_looks_like_a_secret(line: str, kind: str) -> None:
    assert secret_in(line) == kind


@pytest.mark.parametrize(
    "line",
    [
        "",
        "def test_token(): assert login(token='abc')",
        "password = os.environ['PASSWORD']",
        "AKIAIOSFODNN7EXAMPLE",
        "postgres://app:app@localhost:5432/x",
        "url = 'https://user:pass@example.com/path'",
        "sha256:" + "0123456789abcdef" * 4,
        "import { x } from '@scope/pkg'",
        "key = hashlib.sha256(b'x').hexdigest()",
    ],
)
def test_what_does_not_look_like_one(line: str) -> None:
    assert secret_in(line) is None


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GitHub/workflows/ci.yml",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        "sub/.gitattributes",
        ".gitmodules",
        "AGENTS.md",
        "pkg/CLAUDE.md",
        ".sortie.toml",
        ".husky/pre-commit",
        ".claude/settings.json",
    ],
)
def test_a_protected_path_needs_a_person(bench: Bench, path: str) -> None:
    """C5."""
    bench.change({"a": "1\n"}, {path: "x\n"})
    result = bench.hygiene()["protected-paths"]
    assert (result.outcome, result.excerpt) == (HUMAN, path)


def test_a_repository_protects_more_by_its_own_patterns(bench: Bench) -> None:
    bench.change({"a": "1\n"}, {"db/migrations/1.sql": "x\n", "data.lock": "x\n", "src/x.py": "x\n"})
    config = RepoConfig(protected=("db/migrations/**", "*.lock", "/x.py"))
    result = bench.hygiene(config)["protected-paths"]
    assert result.excerpt.split("\n") == ["data.lock", "db/migrations/1.sql"]
    assert bench.hygiene()["protected-paths"].outcome is PASSED


@pytest.mark.parametrize(
    "path",
    [
        "pytest.py",
        "pytest/__init__.py",
        "_pytest/__init__.py",
        "pluggy.so",
        "mypy.cpython-311-x86_64-linux-gnu.so",
    ],
)
def test_a_file_that_runs_in_place_of_a_check_is_no_change(bench: Bench, path: str) -> None:
    """`python -m pytest` looks into the repository first."""
    bench.change({"a": "1\n"}, {path: "print('2 passed in 0.1s')\n"})
    result = bench.hygiene()["check-files"]
    assert (result.outcome, result.excerpt) == (FAILED, f"{path}: would run in place of the check itself")


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py",
        "tests/api/conftest.py",
        "pytest.ini",
        "pyproject.toml",
        "package.json",
        "web/jest.config.js",
        "Makefile",
        "argparse.py",
        "unittest/__init__.py",
        "sitecustomize.py",
        "node_modules/.bin/jest",
        "x.pth",
    ],
)
def test_what_steers_the_checks_needs_a_person(bench: Bench, path: str) -> None:
    """G3, A12."""
    bench.change({"a": "1\n"}, {path: "x\n"})
    result = bench.hygiene()["check-files"]
    assert (result.outcome, result.excerpt) == (HUMAN, path)
    assert result.detail == "1 file with a say in the checks changed: a person must look."


def test_names_that_only_look_like_it_are_ordinary(bench: Bench) -> None:
    names = ("src/pytest.py", "test/__init__.py", "tests/test_pytest.py", "pytest/readme.md", "app/types.py")
    bench.change({"a": "1\n", "calendar.py": "1\n"}, {**dict.fromkeys(names, "x\n"), "calendar.py": "2\n"})
    assert bench.hygiene()["check-files"].outcome is PASSED


def test_a_change_of_too_many_lines_is_not_searched_and_not_passed(bench: Bench) -> None:
    """Thirty million empty lines are a small pack; as objects they would not fit into the worker."""
    bench.change({"a": "1\n"}, {"lines": "\n" * 300_000})
    results = bench.hygiene()
    assert results["secrets"].outcome is FAILED and results["size"].outcome is FAILED
    assert results["secrets"].detail == "The change is too large to be searched for secrets."


def test_a_long_line_is_searched_to_its_end_and_in_time() -> None:
    began = time.process_time()
    for line in ("eyJ" * 100_000, "://a:" * 60_000, "-----BEGIN " + "A " * 100_000):
        assert secret_in(line) is None
    assert time.process_time() - began < 15
    for at in range(1_000, 4_000, 37):
        assert secret_in("x" * at + " " + TOKEN + "\n" + "y" * 5_000) == "GitHub token", at


def change(path: str, new_mode: str, old_mode: str = "000000") -> Change:
    return Change("A", old_mode, new_mode, "0" * 40, "1" * 40, path)


@pytest.mark.parametrize(
    ("entry", "link", "outcome"),
    [
        (change("nested", "160000"), None, FAILED),
        (change("l", "120000"), "/etc/passwd", FAILED),
        (change("d/l", "120000"), "../../x", FAILED),
        (change("d/l", "120000"), "..", HUMAN),
        (change("l", "120000"), "..", FAILED),
        (change("d/l", "120000"), "../a.py", HUMAN),
        (change("l", "120000", "120000"), "b", PASSED),
        (change("data.csv", "100755"), None, HUMAN),
        (change("script", "100755"), None, PASSED),
        (change("was", "100755", "100755"), None, PASSED),
        (change("plain", "100644"), None, PASSED),
    ],
)
def test_links_nested_repositories_and_exec_bits(
    entry: Change, link: str | None, outcome: GateOutcome
) -> None:
    """C4."""
    links = {entry.path: link} if link is not None else {}
    found = ChangeSet((entry,), (), 0, {}, links, frozenset({"script"}))
    assert file_modes(found).outcome is outcome


def test_modes_are_read_from_the_real_tree(bench: Bench) -> None:
    """C4."""
    bench.change({"a": "1\n"}, {"b": "2\n"})
    origin = bench.server.path(REPO)
    link = sh(origin, "hash-object", "-w", "--stdin", stdin=b"../outside")
    data = sh(origin, "hash-object", "-w", "--stdin", stdin=b"1,2\n")
    listing = f"120000 blob {link}\tlink\n100755 blob {data}\tdata.csv\n160000 commit {bench.base}\tnested\n"
    tree = sh(origin, "mktree", "--missing", stdin=listing.encode())
    bench.head = sh(origin, "commit-tree", tree, "-p", bench.base, "-m", "x")
    sh(origin, "update-ref", "refs/heads/change", bench.head)
    bench.mirror()
    result = bench.hygiene()["file-modes"]
    assert result.outcome is FAILED
    assert set(result.new_failures) == {
        "link: a link that leaves the repository",
        "nested: a repository inside the repository",
    }


def test_a_change_that_is_too_large_fails_by_each_of_its_limits(bench: Bench) -> None:
    bench.change({"a": "1\n"}, {**{f"f{n}": "x\n" for n in range(6)}, "big {n}.bin": b"\0" * 3000})
    assert bench.hygiene()["size"].outcome is PASSED
    result = bench.hygiene(RepoConfig(limits=GateLimits(files=5, lines=4, blob_kb=2)))["size"]
    assert result.outcome is FAILED
    assert result.excerpt.split("\n") == [
        "7 files changed; the limit is 5",
        "6 lines changed; the limit is 4",
        "big {n}.bin: 2 KiB; the limit is 2 KiB",
    ]


def test_a_change_too_large_to_read_is_not_called_free_of_secrets() -> None:
    assert secrets(ChangeSet((), None, 0, {}, {}, frozenset())).outcome is FAILED


def test_long_lists_are_cut_and_say_so(bench: Bench) -> None:
    bench.change({"a": "1\n"}, {"a": "<<<<<<< x\n" * 50})
    result = bench.hygiene()["conflict-markers"]
    assert result.excerpt.split("\n")[-1] == "… and 20 more"


def test_a_binary_needs_a_person(bench: Bench) -> None:
    """C4, C11."""
    bench.change({"a": "1\n"}, {"logo.png": b"\x89PNG\0\0"})
    result = bench.hygiene()["file-modes"]
    assert result.outcome is GateOutcome.needs_human
    assert result.excerpt == "logo.png: binary, so nobody can read what changed"
