"""The pages of the browser: what they show, that they are safe, that their buttons work."""

from __future__ import annotations

import re

import pytest
import requests

from integrations.simulators.github.web.markdown import render
from tests.integrations.simulators.github.conftest import TOKENS, Stage, commit, git, until

BODY = """<!-- sortie:begin -->
Answers **422** now. <script>alert(1)</script>

| gate | head |
|---|---|
| tests | pass |

<details><summary>Evidence</summary>

`1 passed`
</details>

[bad](javascript:alert(1)) ![img](http://evil.test/x.png)
"""


@pytest.fixture(scope="module")
def name(stage: Stage) -> str:
    made = stage.new_repo(ci={"jobs": [{"name": "tests", "command": "sh check.sh"}]}, description="A demo")
    stage.branch(made, "t", {"app.py": "def answer():\n    return 42  # <b>\n"})
    repo = stage.as_app(made)
    pull = repo.create_pull("main", "t", title="Fix <the> answer", body=BODY, draft=True)
    pull.create_review(
        body="Look", event="COMMENT", comments=[{"path": "app.py", "line": 2, "body": "Really `42`?"}]
    )
    until(lambda: repo.get_commit("t").get_check_runs()[0].status == "completed", "CI")
    return made


def page(stage: Stage, path: str, **more: str) -> requests.Response:
    return requests.get(stage.url + path, headers={"Accept": "text/html", **more}, timeout=10)


def test_the_conversation_shows_state_body_review_and_checks(stage: Stage, name: str) -> None:
    answer = page(stage, f"/{name}/pull/1")
    text = answer.text
    assert answer.status_code == 200
    assert "<title>Fix &lt;the&gt; answer #1 · GitHub simulator</title>" in text
    for piece in (
        "draft</span>",
        "Answers <strong>422</strong>",
        "<summary>Evidence",
        "Really <code>42</code>?",
    ):
        assert piece in text
    assert "sortie:begin" not in text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "javascript:" not in text.replace("[bad](javascript:alert(1))", "")
    assert '<img src="http://evil' not in text


def test_pages_may_load_nothing_from_elsewhere(stage: Stage, name: str) -> None:
    for path in ("/", f"/{name}", f"/{name}/pull/1", f"/{name}/pull/1/files", f"/{name}/pull/1/checks"):
        answer = page(stage, path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        loaded = re.findall(r'(?:src|action|link[^>]* href)="([^"]*)"', answer.text)
        assert loaded
        assert [p for p in loaded if not p.startswith("/")] == []
        assert "DEMO" in answer.text
        assert 'name="viewport"' in answer.text


def test_the_files_tab_shows_the_diff_with_the_comment_at_its_line(stage: Stage, name: str) -> None:
    text = page(stage, f"/{name}/pull/1/files").text
    added = text.index("return 42  # &lt;b&gt;")
    removed = text.index("return 41")
    assert removed < added < text.index("Really <code>42</code>?") < text.index("Comment on a line")


def test_the_checks_tab_and_the_run_page_show_the_log(stage: Stage, name: str) -> None:
    assert "1 passed" in page(stage, f"/{name}/pull/1/checks").text
    run = stage.as_app(name).get_commit("t").get_check_runs()[0]
    assert "1 passed" in page(stage, run.html_url.removeprefix(stage.url)).text


def test_the_repository_page_lists_files_and_pull_requests(stage: Stage, name: str) -> None:
    text = page(stage, f"/{name}").text
    for piece in ("app.py", "A demo", "Fix &lt;the&gt; answer", "#1"):
        assert piece in text
    assert "def answer" in page(stage, f"/{name}/blob/main/app.py").text
    assert page(stage, f"/{name}/raw/main/app.py").text.startswith("def answer")
    sha = stage.as_app(name).get_branch("t").commit.sha
    assert sha in page(stage, f"/{name}/commit/{sha}").text
    assert name in page(stage, "/").text


def test_a_branch_with_slashes_can_be_browsed(stage: Stage) -> None:
    made = stage.new_repo()
    stage.branch(made, "sortie/R-1/x", {"deep/file.txt": "hello\n"})
    assert "file.txt" in page(stage, f"/{made}/tree/sortie/R-1/x/deep").text
    assert "hello" in page(stage, f"/{made}/blob/sortie/R-1/x/deep/file.txt").text


@pytest.mark.parametrize(
    "path", ["/acme/none", "/nobody", "/{name}/pull/99", "/{name}/blob/main/none", "/{name}/commit/zz"]
)
def test_what_is_not_there_is_a_page_that_says_so(stage: Stage, name: str, path: str) -> None:
    answer = page(stage, path.format(name=name))
    assert answer.status_code == 404
    assert "All repositories" in answer.text


def press(stage: Stage, name: str, number: int, **form: str) -> requests.Response:
    session = requests.Session()
    with session:
        return session.post(f"{stage.url}/{name}/pull/{number}/act", data=form, timeout=10)


def test_buttons_act_as_the_chosen_person(stage: Stage) -> None:
    made = stage.new_repo()
    stage.branch(made, "t", {"x": "1\n"})
    pull = stage.as_app(made).create_pull("main", "t", title="T", body="", draft=True)
    answer = press(stage, made, 1, **{"as": "marco", "do": "comment", "body": "Nice & tidy"})
    assert "Nice &amp; tidy" in answer.text
    press(stage, made, 1, **{"as": "marco", "do": "ready"})
    press(stage, made, 1, **{"as": "priya", "do": "approve", "body": ""})
    comment = {"as": "priya", "do": "line_comment", "path": "x", "line": "1", "side": "RIGHT", "body": "here"}
    press(stage, made, 1, **comment)
    assert [(r.user.login, r.state) for r in pull.get_reviews()] == [
        ("priya", "APPROVED"),
        ("priya", "COMMENTED"),
    ]
    assert [c.body for c in pull.get_review_comments()] == ["here"]
    merged = press(stage, made, 1, **{"as": "marco", "do": "merge", "body": ""})
    assert "merged this as" in merged.text
    assert pull.update()
    assert (pull.merged, pull.merged_by.login) == (True, "marco")


def test_a_refused_button_says_why_once(stage: Stage) -> None:
    made = stage.new_repo()
    stage.branch(made, "t", {"x": "1\n"}, who="marco")
    stage.as_person("marco", made).create_pull("main", "t", title="T", body="")
    with requests.Session() as session:
        form = {"as": "marco", "do": "approve", "body": ""}
        answer = session.post(f"{stage.url}/{made}/pull/1/act", data=form, timeout=10)
        assert "Can not approve your own pull request" in answer.text
        assert "Can not approve" not in session.get(answer.url, timeout=10).text


def test_another_site_cannot_press_buttons(stage: Stage, name: str) -> None:
    headers = {"Origin": "http://evil.test"}
    form = {"as": "ada", "do": "close"}
    answer = requests.post(f"{stage.url}/{name}/pull/1/act", data=form, headers=headers, timeout=10)
    assert answer.status_code == 403
    control = requests.post(f"{stage.url}/_sim/act", json={}, headers=headers, timeout=10)
    assert control.status_code == 403
    assert stage.as_app(name).get_pull(1).state == "open"


def test_a_force_push_is_shown_as_one(stage: Stage) -> None:
    made = stage.new_repo()
    work = stage.clone(made, TOKENS["priya"])
    commit(work, {"x": "1\n"}, "First try")
    assert git(work, "push", "origin", "HEAD:refs/heads/t").returncode == 0
    stage.as_app(made).create_pull("main", "t", title="T", body="")
    assert git(work, "commit", "--amend", "-m", "Second try").returncode == 0
    assert git(work, "push", "--force", "origin", "HEAD:refs/heads/t").returncode == 0
    text = page(stage, f"/{made}/pull/1").text
    assert "force-pushed" in text
    assert text.index("First try") < text.index("Second try")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!-- hidden --> shown", "shown"),
        ("<img src=x onerror=alert(1)>", "&lt;img"),
        ("a <a href='javascript:x'>b</a>", "&lt;a"),
        ("`<details>`", "<code>&lt;details&gt;</code>"),
        ("<details open>\n\nx\n\n</details>", "<details open>"),
        ("<!-- never closed", ""),
    ],
)
def test_markdown_lets_only_harmless_html_pass(text: str, expected: str) -> None:
    html = render(text)
    assert expected in html
    assert "hidden" not in html
    assert "<img" not in html
    assert "<a href='javascript" not in html
