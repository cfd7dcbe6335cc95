"""Pages for a browser: home, repository, files, commits, pull requests, checks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

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
from integrations.simulators.github.model.state import CheckRun, Issue, Repo, User
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.views.checks import latest_statuses
from integrations.simulators.github.web.code import Code
from integrations.simulators.github.web.files import file_views
from integrations.simulators.github.web.frame import HEADERS, HERE, Frame
from integrations.simulators.github.web.timeline import threads, timeline
from integrations.simulators.github.web.words import badge

Page = Callable[[Request], Response]


class Pages(Frame):
    """Home, pull requests and checks."""

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

    def pull(self, request: Request) -> Response:
        repo = self.repo(request)
        issue, pull = self.world.pull(repo, request.path_params["number"])
        tab = request.path_params.get("tab", "conversation")
        if tab not in ("conversation", "checks", "files"):
            raise ApiError(404, "There is no such page.")
        git = self.world.git(repo)
        base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
        changed = diff(git, base, pull.head_sha)
        merging.mergeability(self.sim.hub, repo, issue)
        mergeable, state = merging.mergeability(self.sim.hub, repo, issue)
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
        return merging.unmet(self.sim.hub, repo, issue, rule) if rule and issue.state == "open" else None

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
        run = repo.check_runs.get(run_id) or self.sim.ci.status_logs.get(run_id)
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
            people.act(self.sim, {**form, "repo": self.world.full_name(repo), "number": number})
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


def routes(sim: Sim) -> list[Route | Mount]:
    """Routes of the pages. They come last: a repository's owner may have any name that is left."""
    pages = Pages(sim)
    code = Code(pages)

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
        (one, code.overview),
        (one + "/tree/{path:path}", code.tree),
        (one + "/commit/{sha}", code.commit),
        (one + "/runs/{run:int}", pages.check),
        (one + "/pull/{number:int}.diff", pages.patch),
        (one + "/pull/{number:int}.patch", pages.patch),
        (one + "/pull/{number:int}", pages.pull),
        (one + "/pull/{number:int}/{tab}", pages.pull),
        (one + "/{kind}/{path:path}", code.blob),
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
