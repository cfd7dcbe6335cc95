"""Where the content of files is had: only with the app's token; anybody else is sent to log in, as Slack does."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from integrations.simulators.slack.simulator import Simulator

router = APIRouter()


@router.get("/files-pri/{address}/{name:path}")
async def content(address: str, name: str, request: Request) -> Response:
    """https://docs.slack.dev/reference/objects/file-object: `url_private` with a bearer token that has `files:read`."""
    sim: Simulator = request.app.state.sim
    if request.headers.get("authorization") != f"Bearer {sim.config.bot_token}":
        return RedirectResponse(f"{sim.public_url}/?redir=%2Ffiles-pri%2F{address}", 302)
    file = sim.workspace.files.get(address.partition("-")[2])
    if file is None or file.name != name:
        return Response(status_code=404)
    return Response(file.content, media_type=file.mimetype)
