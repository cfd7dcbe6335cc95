"""Pages for a browser: home, repository, files, commits, pull requests, checks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from integrations.simulators.github import people
from integrations.simulators.github.acts import merging
from integrations.simulators.github.control import same_site
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.model.diffs import diff
from integrations.simulators.github.model.git import EMPTY_TREE
from integrations.simulators.github.model.state import CheckRun, Issue, Repo, User
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.views.checks import latest_statuses
from integrations.simulators.github.web.files import file_views
from integrations.simulators.github.web.markdown import render as render_markdown
from integrations.simulators.github.web.timeline import threads, timeline

HERE = Path(__file__).parent
MAX_FILE = 512 * 1024
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Page = Callable[[Request], Response]


class Pages:
    """Renders the pages of one simulator."""

    def __init__(self, sim: Sim) -> None:
        self._sim, self.world = sim, sim.world
        loader = FileSystemLoader(HERE / "templates")
        self._env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._env.filters.update(markdown=render_markdown, ago=ago, short=lambda sha: (sha or "")[:7])
        self._env.globals.update(user=lambda user_id: self.world.users[user_id], tone=tone)

    def render(self, request: Request, template: str, **values: Any) -> Response:
        """One template as a page."""
        chosen = self.viewer(request)
        body = self._env.get_template(template).render(
            me=chosen,
            everyone=[u for u in self.world.users.values() if u.type == "User"],
            path=request.url.path,
            refusal=_refusal(request),
            **values,
        )
        headers = {**HEADERS, "X-Page-Version": hashlib.sha256(body.encode()).hexdigest()[:16]}
        response = Response(body, 200, headers, media_type="text/html; charset=utf-8")
        response.delete_cookie("refusal")
        return response

    def viewer(self, request: Request) -> User | None:
        """Who the browser acts as: the cookie's user, else the first person there is."""
        login = request.cookies.get("as", "")
        known = self.world.find_user(login) if login else None
        return known or next((u for u in self.world.users.values() if u.type == "User"), None)

    def repo(self, request: Request) -> Repo:
        """The repository of the path. Raises ApiError 404."""
        params = request.path_params
        found = self.world.find_repo(f"{params['owner']}/{params['repo']}")
        if found is None:
            raise ApiError(404, "There is no such repository here.")
        return found

    def home(self, request: Request) -> Response:
        owner = request.path_params.get("owner")
        if "text/html" not in request.headers.get("accept", ""):
            if owner is not None:
                raise ApiError(404, "Not Found")
            url = f"{request.url.scheme}://{request.url.netloc}"
            return JSONResponse(
                {"current_user_url": f"{url}/user", "repository_url": f"{url}/repos/{{owner}}/{{repo}}"}
            )
        found = [r for r in self.world.repos.values() if owner in (None, self.world.users[r.owner_id].login)]
        if owner is not None and self.world.find_user(owner.removesuffix("[bot]")) is None and not found:
            raise ApiError(404, "There is nobody of that name here.")
        rows = [(self.world.full_name(r), r, self._open_pulls(r)) for r in found]
        return self.render(request, "home.html", rows=rows, owner=owner)

    def overview(self, request: Request) -> Response:
        return self._tree(request, self.repo(request), "", "")

    def tree(self, request: Request) -> Response:
        repo = self.repo(request)
        return self._tree(request, repo, *self._split(repo, request.path_params["path"]))

    def _split(self, repo: Repo, text: str) -> tuple[str, str]:
        """Branch (or sha) and path from "branch/with/slashes/path/to/file"."""
        parts, git = text.strip("/").split("/"), self.world.git(repo)
        for count in range(len(parts), 0, -1):
            ref = "/".join(parts[:count])
            if git.resolve(ref) is not None:
                return ref, "/".join(parts[count:])
        raise ApiError(404, "There is no such branch or commit.")

    def _tree(self, request: Request, repo: Repo, ref: str, path: str) -> Response:
        git, ref = self.world.git(repo), ref or repo.default_branch
        tip = git.resolve(ref)
        rows = git.tree(tip, path=f"{path}/" if path else None) if tip else []
        rows.sort(key=lambda e: (e.type != "tree", e.path))
        readme = next((e for e in rows if e.path.rpartition("/")[2].lower() == "readme.md"), None)
        pulls = [(i, p) for i, p in self.world.pulls(repo)]
        return self.render(
            request,
            "repo.html",
            repo=repo,
            name=self.world.full_name(repo),
            ref=ref,
            here=path,
            rows=rows,
            tip=git.commit(tip) if tip else None,
            pulls=pulls[::-1][:50],
            branches=[r.removeprefix("refs/heads/") for r in git.refs("refs/heads/")],
            readme=git.blob(readme.sha).decode(errors="replace") if readme else None,
        )

    def blob(self, request: Request) -> Response:
        repo = self.repo(request)
        ref, path = self._split(repo, request.path_params["path"])
        git = self.world.git(repo)
        entry = next((e for e in git.tree(git.resolve(ref) or ref, path=path) if e.type == "blob"), None)
        if entry is None:
            raise ApiError(404, "There is no such file.")
        raw = git.blob(entry.sha)
        text = None if b"\0" in raw[:8000] or len(raw) > MAX_FILE else raw.decode(errors="replace")
        if request.path_params["kind"] == "raw":
            return Response(raw, headers=HEADERS, media_type="text/plain; charset=utf-8")
        name = self.world.full_name(repo)
        return self.render(
            request, "blob.html", repo=repo, name=name, ref=ref, here=path, text=text, size=len(raw)
        )

    def commit(self, request: Request) -> Response:
        repo = self.repo(request)
        git = self.world.git(repo)
        sha = git.resolve(request.path_params["sha"])
        if sha is None:
            raise ApiError(404, "There is no such commit.")
        info = git.commit(sha)
        changed = diff(git, info.parents[0] if info.parents else EMPTY_TREE, sha)
        values = {"repo": repo, "name": self.world.full_name(repo), "info": info}
        runs = [r for r in repo.check_runs.values() if r.head_sha == sha]
        return self.render(request, "commit.html", **values, files=file_views(changed, []), runs=runs)

    def pull(self, request: Request) -> Response:
        repo = self.repo(request)
        issue, pull = self.world.pull(repo, request.path_params["number"])
        tab = request.path_params.get("tab", "conversation")
        if tab not in ("conversation", "checks", "files"):
            raise ApiError(404, "There is no such page.")
        git = self.world.git(repo)
        base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
        changed = diff(git, base, pull.head_sha)
        merging.mergeability(self._sim.hub, repo, issue)
        mergeable, state = merging.mergeability(self._sim.hub, repo, issue)
        runs = self._runs(repo, pull.head_sha)
        return self.render(
            request,
            f"pull_{tab}.html",
            repo=repo,
            name=self.world.full_name(repo),
            issue=issue,
            pull=pull,
            tab=tab,
            badge=badge(issue),
            mergeable=mergeable,
            state=state,
            rule=self._unmet(repo, issue),
            runs=runs,
            statuses=latest_statuses(repo, pull.head_sha),
            counts=(len(git.log(f"{base}..{pull.head_sha}", limit=250)), len(runs), len(changed)),
            additions=sum(f.additions for f in changed),
            deletions=sum(f.deletions for f in changed),
            items=timeline(self.world, repo, issue) if tab == "conversation" else [],
            files=file_views(changed, threads(self.world, pull)) if tab == "files" else [],
            verdicts=self._verdicts(repo, issue),
        )

    def _unmet(self, repo: Repo, issue: Issue) -> str | None:
        assert issue.pull is not None
        rule = repo.protections.get(issue.pull.base_ref)
        return merging.unmet(self._sim.hub, repo, issue, rule) if rule and issue.state == "open" else None

    def _verdicts(self, repo: Repo, issue: Issue) -> list[tuple[User, str]]:
        assert issue.pull is not None
        said = [r for r in issue.pull.reviews if r.state != "PENDING" and r.user_id != issue.user_id]
        last = {r.user_id: r.state for r in said}
        waiting = dict.fromkeys(issue.pull.requested, "REQUESTED")
        return [(self.world.users[u], s) for u, s in {**last, **waiting}.items()]

    def _runs(self, repo: Repo, sha: str) -> list[CheckRun]:
        newest = {(r.app_id, r.name): r for r in repo.check_runs.values() if r.head_sha == sha}
        return sorted(newest.values(), key=lambda r: r.id)

    def _open_pulls(self, repo: Repo) -> int:
        return sum(i.state == "open" for i, _ in self.world.pulls(repo))

    def check(self, request: Request) -> Response:
        repo, run_id = self.repo(request), request.path_params["run"]
        run = repo.check_runs.get(run_id) or self._sim.ci.status_logs.get(run_id)
        if run is None:
            raise ApiError(404, "There is no such check run.")
        app = self.world.apps[run.app_id]
        return self.render(request, "run.html", repo=repo, name=self.world.full_name(repo), run=run, app=app)

    def patch(self, request: Request) -> Response:
        repo = self.repo(request)
        _, pull = self.world.pull(repo, request.path_params["number"])
        git = self.world.git(repo)
        base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
        span = f"{base}..{pull.head_sha}"
        wanted = request.url.path.endswith(".diff")
        args = ("diff", "--no-ext-diff", span) if wanted else ("format-patch", "--stdout", span)
        return PlainTextResponse(git.run(*args).decode(errors="replace"), headers=HEADERS)

    def log(self, request: Request) -> Response:
        repo = self.world.repos.get(request.path_params["repo"])
        run = repo.check_runs.get(request.path_params["run"]) if repo else None
        if run is None or run.log is None:
            raise ApiError(404, "There is no such log.")
        return PlainTextResponse(run.log, headers=HEADERS)

    def act(self, request: Request, form: dict[str, Any]) -> Response:
        """A button of a pull request's page."""
        repo = self.repo(request)
        number = request.path_params["number"]
        back = str(form.pop("back", "")) or f"/{self.world.full_name(repo)}/pull/{number}"
        if not back.startswith("/") or back.startswith("//"):
            back = "/"
        if form.get("do") == "line_comment":
            line = str(form.get("line", ""))
            where = {"path": form.get("path"), "line": int(line) if line.isdigit() else None}
            comment = {**where, "side": form.get("side", "RIGHT"), "body": form.get("body", "")}
            form = {**form, "do": "review", "body": "", "comments": [comment]}
        try:
            people.act(self._sim, {**form, "repo": self.world.full_name(repo), "number": number})
        except ApiError as error:
            return self._refused(back, error)
        return RedirectResponse(back, 303)

    def _refused(self, back: str, error: ApiError) -> Response:
        details = [e if isinstance(e, str) else str(e.get("message", e)) for e in error.errors or ()]
        text = "; ".join(details) or error.message
        response = RedirectResponse(back, 303)
        value = base64.urlsafe_b64encode(text.encode()).decode()
        response.set_cookie("refusal", value, max_age=20, httponly=True, samesite="strict")
        return response


def _refusal(request: Request) -> str:
    """Why the last button did nothing; said once."""
    try:
        return base64.urlsafe_b64decode(request.cookies.get("refusal", "")).decode()
    except ValueError:
        return ""


def badge(issue: Issue) -> str:
    """draft, open, merged or closed."""
    if issue.pull is not None and issue.pull.merged_at is not None:
        return "merged"
    if issue.state == "closed":
        return "closed"
    return "draft" if issue.pull is not None and issue.pull.draft else "open"


def tone(run_or_state: CheckRun | str) -> str:
    """good, bad, busy or mute: how a check's state is coloured."""
    if isinstance(run_or_state, CheckRun):
        word = run_or_state.conclusion if run_or_state.status == "completed" else run_or_state.status
    else:
        word = run_or_state
    tones = {"success": "good", "neutral": "mute", "skipped": "mute", "stale": "mute", "cancelled": "mute"}
    busy = ("queued", "in_progress", "pending", "waiting", "requested")
    return tones.get(word or "", "busy" if word in busy else "bad")


def ago(at: datetime | None) -> str:
    """A time as people say it: "just now", "5 min ago", "20 Nov 2026, 10:00"."""
    if at is None:
        return ""
    gone = (datetime.now(UTC) - at).total_seconds()
    if gone < 60:
        return "just now"
    if gone < 3600:
        return f"{int(gone // 60)} min ago"
    if gone < 86400:
        return f"{int(gone // 3600)} h ago"
    return at.strftime("%d %b %Y, %H:%M")


def routes(sim: Sim) -> list[Route | Mount]:
    """Routes of the pages. They come last: a repository's owner may have any name that is left."""
    pages = Pages(sim)

    def get(page: Page) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            return await run_in_threadpool(_shown, pages, page, request)

        return serve

    async def act(request: Request) -> Response:
        if not same_site(request):
            return PlainTextResponse("Refused: this request came from another site.", 403)
        form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
        response = await run_in_threadpool(_shown, pages, lambda r: pages.act(r, form), request)
        if form.get("as"):
            response.set_cookie("as", form["as"], samesite="strict", httponly=True)
        return response

    one = "/{owner}/{repo}"
    table: list[tuple[str, Page]] = [
        ("/_static/logs/{repo:int}/{run:int}.txt", pages.log),
        ("/", pages.home),
        ("/{owner}", pages.home),
        (one, pages.overview),
        (one + "/tree/{path:path}", pages.tree),
        (one + "/commit/{sha}", pages.commit),
        (one + "/runs/{run:int}", pages.check),
        (one + "/pull/{number:int}.diff", pages.patch),
        (one + "/pull/{number:int}.patch", pages.patch),
        (one + "/pull/{number:int}", pages.pull),
        (one + "/pull/{number:int}/{tab}", pages.pull),
        (one + "/{kind}/{path:path}", pages.blob),
    ]
    shown = [Route(path, get(page)) for path, page in table]
    avatar = Route("/_static/avatar.svg", _avatar)
    static = Mount("/_static", StaticFiles(directory=HERE / "static"))
    posted = Route(one + "/pull/{number:int}/act", act, methods=["POST"])
    return [shown[0], avatar, static, posted, *shown[1:]]


def _shown(pages: Pages, page: Page, request: Request) -> Response:
    """A page, or a page that says what is wrong."""
    try:
        with pages.world.lock:
            return page(request)
    except ApiError as error:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(error.body(), error.status)
        response = pages.render(request, "error.html", status=error.status, message=error.message)
        response.status_code = error.status
        return response


async def _avatar(request: Request) -> Response:
    """A coloured disc that depends on nothing but the user's id."""
    number = request.query_params.get("u", "0")
    hue = int(hashlib.sha256(number.encode()).hexdigest()[:4], 16) % 360
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="12"'
        f' fill="hsl({hue} 45% 45%)"/><circle cx="20" cy="16" r="7" fill="#fff"/>'
        '<path d="M7 36a13 13 0 0 1 26 0z" fill="#fff"/></svg>'
    )
    return Response(svg, headers={"Cache-Control": "max-age=86400"}, media_type="image/svg+xml")
