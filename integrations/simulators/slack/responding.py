"""What a response_url stands for, and what a post to it does."""

import secrets

from integrations.simulators.slack import posting
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.posting import Content
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Ephemeral, Message, ResponseTarget

LIFE_S = 1800.0


def response_url(sim: Simulator, user: str, found: Message | Ephemeral) -> str:
    target = ResponseTarget(
        channel=found.channel,
        user=user,
        ts=found.ts,
        thread_ts=found.thread_ts,
        ephemeral=isinstance(found, Ephemeral),
        expires_at=sim.now() + LIFE_S,
    )
    return register(sim, target, path="actions")


def register(sim: Simulator, target: ResponseTarget, *, path: str) -> str:
    token = secrets.token_urlsafe(18)
    sim.workspace.response_targets[token] = target
    return f"{sim.public_url}/{path}/{sim.config.team_id}/{sim.workspace.serial()}/{token}"


def respond(sim: Simulator, target: ResponseTarget, body: Json) -> None:
    """Do what a response_url post (or an immediate answer) asks: post, replace or delete."""
    workspace = sim.workspace
    conversation = workspace.conversations[target.channel]
    message = workspace.find(target.channel, target.ts) if target.ts else None
    ephemeral = workspace.find_ephemeral(target.channel, target.ts) if target.ts else None
    content = Content(text=body.get("text"), blocks=body.get("blocks"))
    if body.get("delete_original"):
        if message is not None:
            posting.delete(sim, message)
        elif ephemeral is not None:
            workspace.ephemerals.remove(ephemeral)
            workspace.touch()
    elif body.get("replace_original") and message is not None:
        posting.edit(sim, message, content, by=sim.config.bot_user_id)
    elif body.get("replace_original") and ephemeral is not None:
        ephemeral.text = content.text or ephemeral.text
        ephemeral.blocks = posting.with_block_ids(sim, content.blocks or [])
        workspace.touch()
    elif body.get("response_type") == "in_channel":
        thread_ts = body.get("thread_ts") or target.thread_ts
        posting.post(
            sim, conversation, sim.config.bot_user_id, content, options=posting.Options(thread_ts=thread_ts)
        )
    else:
        blocks = posting.with_block_ids(sim, content.blocks or [])
        ts = workspace.new_ts(conversation)
        thread_ts = body.get("thread_ts") or target.thread_ts
        workspace.ephemerals.append(
            Ephemeral(target.channel, ts, target.user, content.text or "", thread_ts, blocks)
        )
        workspace.touch()
