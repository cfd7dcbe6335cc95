"""reactions.*: https://docs.slack.dev/reference/methods?family=reactions"""

import re

from integrations.simulators.slack import posting
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.shapes import message_json, reactions_json
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.workspace import Message

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def add(call: Call) -> Json:
    message, name = _target(call)
    if not posting.react(call.sim, message, name, user=call.sim.config.bot_user_id):
        raise SlackError("already_reacted")
    return {}


def remove(call: Call) -> Json:
    message, name = _target(call)
    if not posting.react(call.sim, message, name, user=call.sim.config.bot_user_id, add=False):
        raise SlackError("no_reaction")
    return {}


def get(call: Call) -> Json:
    conversation = call.conversation()
    message = call.message(conversation, call.need("timestamp"))
    body = message_json(message, call.sim.config)
    if message.reactions:
        body["reactions"] = reactions_json(message)
    return {"type": "message", "channel": conversation.id, "message": body}


def _target(call: Call) -> tuple[Message, str]:
    name = call.need("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    conversation = call.conversation(member=True)
    return call.message(conversation, call.need("timestamp")), name
