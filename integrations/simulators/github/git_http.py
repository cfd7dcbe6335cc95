"""git over HTTP: the real `git http-backend` behind GitHub's rules about who may push what."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from integrations.simulators.github.acts import refs
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.faults import Fault, cut
from integrations.simulators.github.model.access import Actor, Need, can_read, may
from integrations.simulators.github.model.git import clean_env
from integrations.simulators.github.model.state import Repo, Role
from integrations.simulators.github.sim import Sim

PUSH = Need("contents", "write", Role.WRITE)
FETCH = Need("contents", "read", Role.READ)
CHUNK = 64 * 1024
_HOOK = """#!/bin/sh
# Applies the simulator's rules, handed over as lines of ref, kind and reason.
zero=0000000000000000000000000000000000000000
refuse() { echo "error: $1" >&2; exit 1; }
printf '%s\\n' "$SIM_RULES" | while IFS='\t' read -r ref kind why; do
    [ "$ref" = "$1" ] || [ "$ref" = '*' ] || continue
    case "$kind" in
    deny) refuse "$why" ;;
    nodelete) [ "$3" != "$zero" ] || refuse "$why" ;;
    noforce)
        [ "$2" = "$zero" ] || [ "$3" = "$zero" ] || git merge-base --is-ancestor "$2" "$3" || refuse "$why" ;;
    workflows)
        [ "$3" != "$zero" ] || continue
        base=$2
        [ "$base" != "$zero" ] || base=$(git rev-parse -q --verify HEAD) || continue
        base=$(git merge-base "$base" "$3") || continue
        file=$(git diff --name-only "$base" "$3" -- .github/workflows/ | head -n 1)
        [ -z "$file" ] || refuse "$(echo "$why" | sed "s|{file}|$file|")" ;;
    esac
done
"""
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="GitHub"'}


@dataclass(frozen=True, slots=True)
class Ask:
    """What one git request wants of which repository."""

    repo: Repo
    actor: Actor
    service: str
    pushing: bool


def install_hook(path: Path) -> None:
    """Put the rule-asking update hook into a bare repository."""
    hook = path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)


class GitEndpoint:
    """Serves /{owner}/{repo}.git/…"""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim
        self._pushes: dict[int, asyncio.Lock] = {}

    async def serve(self, request: Request) -> Response:
        started, path = time.monotonic(), request.url.path
        fault = self._sim.faults.take(request.method, path)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        response, who = await self._respond(request, fault)
        self._sim.log.add(
            (request.method, path, request.url.query),
            body=b"",
            status=response.status_code,
            who=(who, request.headers.get("user-agent", "")),
            ms=(time.monotonic() - started) * 1000,
            fault=fault.kind if fault else None,
        )
        return response

    async def _respond(self, request: Request, fault: Fault | None) -> tuple[Response, str]:
        lost = fault is not None and fault.kind in ("status", "ratelimit", "reset")
        if fault is not None and lost and fault.when == "before":
            return (cut(request) if fault.kind == "reset" else fault.response()), "unknown"
        asked = await run_in_threadpool(self._ask, request)
        if isinstance(asked, Response):
            return asked, "unknown"
        response = await self._serve(request, asked, fault)
        if fault is not None and lost:
            if isinstance(response, StreamingResponse):
                await _whole(response)
            return (cut(request) if fault.kind == "reset" else fault.response()), asked.actor.name
        return response, asked.actor.name

    def _ask(self, request: Request) -> Ask | Response:
        """Authenticate and authorise, with the answers git shows to people."""
        world, params = self._sim.world, request.path_params
        service = request.query_params.get("service") or params["rest"].rpartition("/")[2]
        pushing = service == "git-receive-pack"
        with world.lock:
            try:
                actor = self._sim.tokens.actor(request.headers.get("authorization"))
            except ApiError:
                return PlainTextResponse("Invalid username or token.", 401, _CHALLENGE)
            repo = world.find_repo(f"{params['owner']}/{params['repo']}")
            visible = repo is not None and can_read(world, actor, repo)
            if actor.via == "anonymous" and (pushing or not visible):
                return PlainTextResponse("Authentication required.", 401, _CHALLENGE)
            if repo is None or not visible:
                return PlainTextResponse("Repository not found.", 404)
            if not may(world, actor, repo, need=PUSH if pushing else FETCH):
                name = world.full_name(repo)
                return PlainTextResponse(f"Permission to {name}.git denied to {actor.name}.", 403)
            if pushing and repo.archived:
                return PlainTextResponse("This repository was archived so it is read-only.", 403)
        if service not in ("git-upload-pack", "git-receive-pack"):
            return PlainTextResponse("Please upgrade your git client.", 403)
        return Ask(repo, actor, service, pushing and request.method == "POST")

    async def _serve(self, request: Request, asked: Ask, fault: Fault | None) -> Response:
        if not asked.pushing:
            return await self._backend(request, asked, rules="")
        lock = self._pushes.setdefault(asked.repo.id, asyncio.Lock())
        async with lock:
            decline = fault is not None and fault.kind == "decline_push"
            rules = await run_in_threadpool(self._rules, asked, decline)
            before = await run_in_threadpool(self._refs, asked.repo)
            response = await _whole(await self._backend(request, asked, rules=rules))
            await run_in_threadpool(self._pushed, asked, before)
            return response

    def _refs(self, repo: Repo) -> dict[str, str]:
        return self._sim.world.git(repo).refs()

    def _rules(self, asked: Ask, decline: bool) -> str:
        """Lines "ref<TAB>kind<TAB>reason" for the update hook."""
        if decline:
            return "*\tdeny\tGH013: Repository rule violations found for this push."
        with self._sim.world.lock:
            found = refs.rules(self._sim.hub, asked.repo, actor=asked.actor)
        return "\n".join(f"{r.ref}\t{r.kind}\t{r.spoken}" for r in found)

    def _pushed(self, asked: Ask, before: Mapping[str, str]) -> None:
        world, sender = self._sim.world, asked.actor.user
        with world.lock:
            moves = refs.difference(before, self._refs(asked.repo))
            if moves and sender is not None:
                refs.moved(self._sim.hub, asked.repo, moves, sender=sender)

    async def _backend(self, request: Request, asked: Ask, *, rules: str) -> Response:
        process = await asyncio.create_subprocess_exec(
            "git",
            *_per_request_config(asked.repo),
            "http-backend",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_cgi(request, asked, rules),
        )
        feeding = asyncio.ensure_future(_feed(process, request))
        head = await _cgi_head(process)
        status = int(head.pop("status", "200").split()[0])
        return StreamingResponse(_drain(process, feeding), status, head)


def _per_request_config(repo: Repo) -> list[str]:
    deny = "true" if repo.deny_non_fast_forward else "false"
    return ["-c", f"receive.denyNonFastForwards={deny}"]


def _cgi(request: Request, asked: Ask, rules: str) -> dict[str, str]:
    headers, path = request.headers, asked.repo.path
    env = {
        "GIT_PROJECT_ROOT": str(path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{path.name}/{request.path_params['rest']}",
        "REMOTE_USER": asked.actor.name,
        "REMOTE_ADDR": request.client.host if request.client else "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "SIM_RULES": rules,
    }
    if re.fullmatch(r"\d{1,15}", headers.get("content-length", "")):
        env["CONTENT_LENGTH"] = headers["content-length"]
    return clean_env(env)


async def _feed(process: asyncio.subprocess.Process, request: Request) -> None:
    assert process.stdin is not None
    try:
        async for chunk in request.stream():
            process.stdin.write(chunk)
            await process.stdin.drain()
        process.stdin.close()
    except (ClientDisconnect, ConnectionError):
        if process.returncode is None:
            process.kill()


async def _cgi_head(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    head: dict[str, str] = {}
    while (line := (await process.stdout.readline()).decode().strip()) != "":
        name, _, value = line.partition(":")
        head[name.lower()] = value.strip()
    return head if head else {"status": "500"}


async def _drain(process: asyncio.subprocess.Process, feeding: asyncio.Future[None]) -> AsyncIterator[bytes]:
    assert process.stdout is not None
    try:
        while chunk := await process.stdout.read(CHUNK):
            yield chunk
    finally:
        if process.returncode is None and not process.stdout.at_eof():
            process.kill()
        await process.wait()
        await feeding


async def _whole(response: Response) -> Response:
    """Read a streamed answer to its end: a push has happened only then."""
    assert isinstance(response, StreamingResponse)
    parts = [part async for part in response.body_iterator]
    content = b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in parts)
    kept = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    return Response(content, response.status_code, kept)
