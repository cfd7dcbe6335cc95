"""api.test, auth.test, users.*, team.info, bots.info."""

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.shapes import bot_json, user_json
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.web_api.conversations import paged


def api_test(call: Call) -> Json:
    args = {key: value for key, value in call.args.items() if key != "token"}
    if call.text("error"):
        raise SlackError(call.text("error"), extra={"args": args})
    return {"args": args}


def auth_test(call: Call) -> Json:
    config = call.sim.config
    return {
        "url": f"https://{config.team_domain}.slack.com/",
        "team": config.team_name,
        "user": call.sim.workspace.users[config.bot_user_id].name,
        "team_id": config.team_id,
        "user_id": config.bot_user_id,
        "bot_id": config.bot_id,
        "is_enterprise_install": False,
    }


def users_info(call: Call) -> Json:
    user = call.sim.workspace.users.get(call.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(user, call.sim.config)}


def users_list(call: Call) -> Json:
    page, cursor = paged(call, list(call.sim.workspace.users.values()), default=1000)
    return {
        "members": [user_json(user, call.sim.config) for user in page],
        "cache_ts": int(call.sim.now()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: Call) -> Json:
    email = call.need("email").lower()
    for user in call.sim.workspace.users.values():
        if user.email and user.email.lower() == email and not user.deleted:
            return {"user": user_json(user, call.sim.config)}
    raise SlackError("users_not_found")


def team_info(call: Call) -> Json:
    config = call.sim.config
    return {
        "team": {
            "id": config.team_id,
            "name": config.team_name,
            "domain": config.team_domain,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def bots_info(call: Call) -> Json:
    config = call.sim.config
    if call.text("bot") not in ("", config.bot_id):
        raise SlackError("bot_not_found")
    name = call.sim.workspace.users[config.bot_user_id].real_name
    return {"bot": {**bot_json(config, name), "user_id": config.bot_user_id}}
