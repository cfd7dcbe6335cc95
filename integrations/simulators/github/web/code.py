"""Pages about code: files, one file, one commit."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.model.diffs import diff
from integrations.simulators.github.model.git import EMPTY_TREE
from integrations.simulators.github.model.state import Repo
from integrations.simulators.github.web.files import file_views
from integrations.simulators.github.web.frame import HEADERS, Frame

MAX_FILE = 512 * 1024


class Code:
    """Browses repositories."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def overview(self, request: Request) -> Response:
        return self._tree(request, self._frame.repo(request), "", "")

    def tree(self, request: Request) -> Response:
        repo = self._frame.repo(request)
        return self._tree(request, repo, *self._split(repo, request.path_params["path"]))

    def _split(self, repo: Repo, text: str) -> tuple[str, str]:
        """Branch (or sha) and path from "branch/with/slashes/path/to/file"."""
        parts, git = text.strip("/").split("/"), self._frame.world.git(repo)
        for count in range(len(parts), 0, -1):
            ref = "/".join(parts[:count])
            if git.resolve(ref) is not None:
                return ref, "/".join(parts[count:])
        raise ApiError(404, "There is no such branch or commit.")

    def _tree(self, request: Request, repo: Repo, ref: str, path: str) -> Response:
        git, ref = self._frame.world.git(repo), ref or repo.default_branch
        tip = git.resolve(ref)
        rows = git.tree(tip, path=f"{path}/" if path else None) if tip else []
        rows.sort(key=lambda e: (e.type != "tree", e.path))
        readme = next((e for e in rows if e.path.rpartition("/")[2].lower() == "readme.md"), None)
        pulls = [(i, p) for i, p in self._frame.world.pulls(repo)]
        return self._frame.render(
            request,
            "repo.html",
            repo=repo,
            name=self._frame.world.full_name(repo),
            ref=ref,
            here=path,
            rows=rows,
            tip=git.commit(tip) if tip else None,
            pulls=pulls[::-1][:50],
            branches=[r.removeprefix("refs/heads/") for r in git.refs("refs/heads/")],
            readme=git.blob(readme.sha).decode(errors="replace") if readme else None,
        )

    def blob(self, request: Request) -> Response:
        repo = self._frame.repo(request)
        ref, path = self._split(repo, request.path_params["path"])
        git = self._frame.world.git(repo)
        entry = next((e for e in git.tree(git.resolve(ref) or ref, path=path) if e.type == "blob"), None)
        if entry is None:
            raise ApiError(404, "There is no such file.")
        raw = git.blob(entry.sha)
        text = None if b"\0" in raw[:8000] or len(raw) > MAX_FILE else raw.decode(errors="replace")
        if request.path_params["kind"] == "raw":
            return Response(raw, headers=HEADERS, media_type="text/plain; charset=utf-8")
        name = self._frame.world.full_name(repo)
        return self._frame.render(
            request, "blob.html", repo=repo, name=name, ref=ref, here=path, text=text, size=len(raw)
        )

    def commit(self, request: Request) -> Response:
        repo = self._frame.repo(request)
        git = self._frame.world.git(repo)
        sha = git.resolve(request.path_params["sha"])
        if sha is None:
            raise ApiError(404, "There is no such commit.")
        info = git.commit(sha)
        changed = diff(git, info.parents[0] if info.parents else EMPTY_TREE, sha)
        values = {"repo": repo, "name": self._frame.world.full_name(repo), "info": info}
        runs = [r for r in repo.check_runs.values() if r.head_sha == sha]
        return self._frame.render(request, "commit.html", **values, files=file_views(changed, []), runs=runs)
