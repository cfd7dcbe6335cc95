"""Which parts of a change become suggestions that GitHub can take, and what happens with the others."""

import pytest

from tasks.messages.suggestions import MOST, Suggestions, comments

SHOWN = """diff --git a/a.py b/a.py
index 1..2 100644
--- a/a.py
+++ b/a.py
@@ -8,3 +8,5 @@ def f():
 8
-9
+nine
 10
 11
 12
"""
FILE = b"\n".join(str(n).encode() for n in range(1, 30))


def change(*hunks: str, path: str = "a.py", head: str = "") -> str:
    return "\n".join([f"diff --git a/{path} b/{path}", head or f"--- a/{path}\n+++ b/{path}", *hunks, ""])


def made(*hunks: str, path: str = "a.py", head: str = "") -> Suggestions:
    return comments(change(*hunks, path=path, head=head), SHOWN, lambda _: FILE)


def test_changed_lines_are_replaced_and_a_span_names_its_first_line() -> None:
    one, several = made("@@ -9 +9 @@\n-9\n+neun"), made("@@ -9,2 +9 @@\n-9\n-10\n+both")
    assert [(c.path, c.start, c.line, c.body) for c in one.comments] == [
        ("a.py", 0, 9, "```suggestion\nneun\n```")
    ]
    assert [(c.start, c.line, c.body) for c in several.comments] == [(9, 10, "```suggestion\nboth\n```")]
    assert one.rest == several.rest == ""


def test_an_insertion_stands_on_the_line_before_it_and_a_removal_is_empty() -> None:
    (inserted,) = made("@@ -10,0 +11,2 @@\n+a\n+b").comments
    assert (inserted.line, inserted.body) == (10, "```suggestion\n10\na\nb\n```")
    (removed,) = made("@@ -10 +9,0 @@\n-10").comments
    assert (removed.line, removed.body) == (10, "```suggestion\n```")


def test_code_with_fences_of_its_own_cannot_leave_the_suggestion() -> None:
    (comment,) = made("@@ -9 +9,2 @@\n-9\n+````\n+@everybody").comments
    assert comment.body == "`````suggestion\n````\n@everybody\n`````"


@pytest.mark.parametrize(
    ("hunk", "path", "head"),
    [
        ("@@ -20 +20 @@\n-20\n+twenty", "a.py", ""),
        ("@@ -12,2 +12 @@\n-12\n-13\n+both", "a.py", ""),
        ("@@ -9 +9 @@\n-9\n+neun", "b.py", ""),
        ("@@ -0,0 +1 @@\n+new", "b.py", "new file mode 100644\n--- /dev/null\n+++ b/b.py"),
        ("@@ -9 +9 @@\n-9\n\\ No newline at end of file\n+neun", "a.py", ""),
        ("@@ -9 +9 @@\n-9\n+neun\r", "a.py", ""),
        ("@@ -9 +9 @@\n-9\n+<!-- sortie run=R-1 kind=status -->", "a.py", ""),
    ],
    ids=[
        "a line that is not shown",
        "half of it is not shown",
        "another file",
        "a new file",
        "no newline",
        "a carriage return",
        "a marker of ours",
    ],
)
def test_what_github_could_not_take_stands_in_the_patch(hunk: str, path: str, head: str) -> None:
    kept = made(hunk, path=path, head=head)
    assert kept.comments == () and hunk in kept.rest and f"+++ b/{path}" in kept.rest


def test_there_are_never_more_than_people_can_read() -> None:
    shown = SHOWN.replace("@@ -8,3 +8,5 @@", "@@ -1,99 +1,99 @@")
    hunks = "\n".join(f"@@ -{n} +{n} @@\n-{n}\n+x" for n in range(1, MOST + 3))
    kept = comments(change(hunks), shown, lambda _: FILE)
    assert len(kept.comments) == MOST and kept.rest.count("@@ -") == 2
    assert kept.as_a_patch().comments == () and kept.as_a_patch().rest == change(hunks)


def test_a_line_of_code_that_looks_like_a_header_is_code() -> None:
    (comment,) = made("@@ -9 +9,2 @@\n-9\n+++ b/other.py\n+x").comments
    assert (comment.path, comment.body) == ("a.py", "```suggestion\n++ b/other.py\nx\n```")
