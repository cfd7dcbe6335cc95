"""The response_url endpoint: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""

import json

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from integrations.simulators.slack.blocks.validate import block_problems
from integrations.simulators.slack.responding import respond
from integrations.simulators.slack.simulator import Simulator

router = APIRouter()


@router.post("/{path}/{team}/{number}/{token}")
async def use_response_url(path: str, team: str, number: str, token: str, request: Request) -> Response:
    """Five posts within 30 minutes; Slack answers plain `ok`, or 404 for a used-up or unknown link."""
    sim: Simulator = request.app.state.sim
    target = sim.workspace.response_targets.get(token)
    if path not in ("actions", "commands") or target is None:
        return PlainTextResponse("no_service", 404)
    if target.uses_left <= 0 or sim.now() > target.expires_at:
        return PlainTextResponse("used_url" if target.uses_left <= 0 else "expired_url", 404)
    try:
        body = json.loads(await request.body())
    except ValueError:
        return PlainTextResponse("invalid_payload", 400)
    blocks = body.get("blocks")
    entry = sim.journal.open(method="response_url", args=body, at=sim.now())
    if blocks and block_problems(blocks):
        entry.status, entry.ok, entry.error = 400, False, "invalid_blocks"
        return PlainTextResponse("invalid_blocks", 400)
    if not (body.get("text") or blocks or body.get("delete_original")):
        entry.status, entry.ok, entry.error = 400, False, "no_text"
        return PlainTextResponse("no_text", 400)
    target.uses_left -= 1
    respond(sim, target, body)
    entry.status, entry.ok, entry.committed = 200, True, True
    return PlainTextResponse("ok")
