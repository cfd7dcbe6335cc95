"""The route GitHub's webhooks call: signature over the raw bytes, then typed, then intake."""

import hashlib

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from bot.host_speech import host_press, host_speech
from bot.inbound import ApprovalWithdrawn, ChecksMoved, Delivery, Inbound, Landed, PullRequestChanged
from bot.intake import Intake
from bot.storable import storable
from bot.taken import Taken
from bot.wire import header_pairs, read_body
from integrations.github import inbound as github
from integrations.github.webhook import GitHubSignature, parse
from tasks.domain.undoing import Change, as_one, may_undo
from tasks.settings import GitHubSettings

log = structlog.get_logger(__name__)

BODY_CAP = 25 * 1024 * 1024
"""GitHub sends no more (https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap)."""
READ_TIMEOUT_S = 10.0
SOURCE = "github"
MOVES = frozenset({"closed", "reopened", "synchronize"})
ELSEWHERE = frozenset({"opened", "edited"})
"""What matters of another pull request that has the head of one of ours."""


def github_router(intake: Intake, settings: GitHubSettings) -> APIRouter:
    """POST /hooks/github. 202 stored, 200 nothing to do, 400 not a payload, 401 not believed (also without a secret)."""
    secret = settings.webhook_secret.get_secret_value()
    previous = settings.previous_webhook_secret.get_secret_value()
    signature = GitHubSignature(secret, previous) if secret.strip() else None
    router = APIRouter()

    @router.post("/hooks/github")
    async def github_webhook(request: Request) -> JSONResponse:
        raw = await read_body(request, cap=BODY_CAP, timeout_s=READ_TIMEOUT_S)
        headers = header_pairs(request)
        verdict = signature.check(headers, raw) if signature else None
        if not verdict:
            log.warning("github delivery refused", why=verdict.value if verdict is not None else "no secret")
            raise HTTPException(401)
        heard = await run_in_threadpool(parse, headers, raw)
        if isinstance(heard, github.Ignored) and heard.reason == "no JSON object":
            raise HTTPException(400)
        inbound = storable(arrival(heard, raw, settings))
        if isinstance(inbound, str):
            return JSONResponse({"ignored": inbound})
        return _answer(await intake.take(inbound))

    return router


def arrival(heard: github.Inbound, raw: bytes, settings: GitHubSettings) -> Inbound | str:
    """What was heard as an inbound value, or why it is none of ours.

    The delivery id is not signed, so a captured payload under a new id is known again by the hash of its body.
    """
    digest = hashlib.sha256(raw).hexdigest()
    match heard:
        case github.Ping():
            return "ping"
        case github.Ignored(reason):
            return reason
        case github.ButtonPressed():
            return host_press(heard, digest)
        case github.Wrote(installation=theirs) if theirs and settings.installation_id not in (None, theirs):
            return "another installation"
        case github.Wrote():
            return host_speech(heard, digest, settings.allowed_bots)
        case github.ChecksMoved(own=True):
            return "a check of ours"
    delivery = Delivery(SOURCE, heard.delivery_id or digest, f"body:{digest}")
    match heard:
        case github.ChecksMoved(repo=repo, head_oid=head_oid):
            return ChecksMoved(delivery, repo, head_oid)
        case github.ReviewDismissed(repo=repo, number=number):
            return ApprovalWithdrawn(delivery, repo, number)
        case github.PullRequestChanged(action=action) if action not in MOVES | ELSEWHERE:
            return f"pull_request {action[:60]}"
        case github.Pushed():
            return _landed(heard, delivery)
    return _changed(heard, delivery)


def _changed(heard: github.PullRequestChanged, delivery: Delivery) -> PullRequestChanged:
    change, elsewhere = (
        Change(f"#{heard.number}", f"{heard.title}\n\n{heard.body}"),
        heard.action in ELSEWHERE,
    )
    landed = heard.merged and heard.to_default and not elsewhere
    return PullRequestChanged(
        delivery,
        heard.repo,
        heard.number,
        heard.state,
        heard.merged,
        heard.head_oid,
        heard.sender.login,
        elsewhere,
        heard.merge_oid if heard.merged else "",
        change if landed and may_undo(change) else None,
    )


def _landed(heard: github.Pushed, delivery: Delivery) -> Landed | str:
    """Of a push, only what may take something back is worth storing."""
    made = as_one(tuple(Change(c.oid, c.message, c.paths) for c in heard.commits)) if heard.to_default else ()
    changes = tuple(change for change in made if may_undo(change))
    return Landed(delivery, heard.repo, changes) if changes else "a push that takes nothing back"


def _answer(taken: Taken) -> JSONResponse:
    match taken.outcome:
        case "fact" | "new":
            return JSONResponse({"runs": list(taken.run_ids)}, 202)
        case "seen":
            return JSONResponse({"duplicate": True})
    return JSONResponse({"ignored": taken.reason})
