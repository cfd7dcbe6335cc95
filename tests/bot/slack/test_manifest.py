"""The manifest asks for exactly what the code uses, and Slack's own schema takes it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from bot.slack.manifest import COMMAND, EVENTS, METHODS, Json, differences, manifest, scopes
from integrations.slack.inbound import Ignored
from integrations.slack.webhook import parse_event
from tests.bot.cli.test_main import sortie

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((Path(__file__).parent / "published" / "manifest.schema.2.0.0.json").read_text())
FAMILIES = "agents|apps|auth|blocks|bots|chat|conversations|emoji|files|reactions|team|usergroups|users|views"
NAMED = re.compile(rf'"((?:{FAMILIES})\.[a-z][A-Za-z.]+)"')
CALLED = re.compile(rf"[a-z_]\.((?:{FAMILIES})_[a-zA-Z_]+)\(")
WITHOUT_BOT_TOKEN = {"apps.connections.open"}
HOSTS = {"files.slack.com"}
PUBLISHED = (
    "agent_session_stopped", "app_context_changed", "app_home_opened", "app_mention", "app_rate_limited",
    "app_requested", "app_uninstalled", "assistant_thread_context_changed", "assistant_thread_started", "channel_archive",
    "channel_created", "channel_deleted", "channel_left", "channel_rename", "channel_shared",
    "dnd_updated", "emoji_changed", "file_created", "file_deleted", "file_shared",
    "function_executed", "group_archive", "group_left", "im_created", "link_shared",
    "member_joined_channel", "member_left_channel", "message", "message_metadata_posted", "pin_added",
    "reaction_added", "reaction_removed", "shared_channel_invite_received", "star_added", "team_join",
    "tokens_revoked", "user_change", "workflow_step_execute",
)  # fmt: skip
"""Most of https://docs.slack.dev/reference/events; a message's channel type is the word after the dot of a subscription."""
WHOLE = {
    "type": "message", "user": "U2", "text": "hi", "ts": "1.2", "channel": "C1", "thread_ts": "1.1", "reaction": "eyes", "tab": "home",
    "item": {"type": "message", "channel": "C1", "ts": "1.2"},
}  # fmt: skip


def sources(*tops: str) -> str:
    """Everything of ours there but the manifest itself."""
    files = [f for top in tops for f in (ROOT / top).rglob("*.py") if f.name != "manifest.py"]
    return "\n".join(f.read_text() for f in files)


@pytest.mark.parametrize("url", ["", "https://sortie.example.com/"])
def test_slacks_published_schema_takes_the_manifest(url: str) -> None:
    """https://github.com/slackapi/manifest-schema at c50cfa8, MIT."""
    jsonschema.validate(manifest(url), SCHEMA)
    broken = manifest(url)
    broken["features"]["bot_user"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_every_method_that_is_called_is_in_the_manifest_and_none_more() -> None:
    named = set(NAMED.findall(sources("integrations/slack")))
    called = CALLED.findall(sources("bot", "integrations/slack"))
    named |= {name.replace("_", ".") for name in called}
    assert named - WITHOUT_BOT_TOKEN - HOSTS == set(METHODS)


def test_every_event_that_is_heard_is_in_the_manifest_and_none_more() -> None:
    heard = {name for name in PUBLISHED if not _ignored(name)}
    assert heard == {name.partition(".")[0] for name in EVENTS}


def test_the_scopes_follow_from_methods_and_events() -> None:
    assert scopes() == manifest()["oauth_config"]["scopes"]["bot"]
    assert {
        "chat:write",
        "commands",
        "app_mentions:read",
        "reactions:write",
        "users:read",
        "files:read",
    } <= set(scopes())
    assert not {"chat:write.public", "users:read.email", "channels:join", "admin"} & set(scopes())


def test_socket_mode_needs_no_address_and_http_names_it_everywhere() -> None:
    socket, http = manifest(), manifest("https://sortie.example.com/")
    assert socket["settings"]["socket_mode_enabled"] and "http" not in json.dumps(socket)
    assert not http["settings"]["socket_mode_enabled"]
    assert json.dumps(http).count("https://sortie.example.com/slack/events") == 4


def test_what_an_exported_manifest_lacks_or_has_more_is_named() -> None:
    theirs = json.loads(json.dumps(manifest()))
    assert differences(manifest(), theirs) == []
    theirs["display_information"]["name"] = "Our own name"
    theirs["oauth_config"]["scopes"]["bot"].remove("reactions:write")
    theirs["oauth_config"]["scopes"]["bot"].append("channels:join")
    theirs["settings"]["socket_mode_enabled"] = False
    theirs["settings"]["event_subscriptions"]["bot_events"].remove("agent_session_stopped")
    del theirs["features"]["slash_commands"]
    told = [d.sentence() for d in differences(manifest(), theirs)]
    assert told == [
        f"missing    features.slash_commands: {COMMAND}",
        "missing    oauth_config.scopes.bot: reactions:write",
        "more       oauth_config.scopes.bot: channels:join",
        "missing    settings.event_subscriptions.bot_events: agent_session_stopped",
        "different  settings.socket_mode_enabled: False, wanted True",
    ]


def test_the_command_prints_it_and_compares_it(tmp_path: Path) -> None:
    printed = sortie("slack", "manifest", cwd=tmp_path)
    assert printed.returncode == 0 and json.loads(printed.stdout) == manifest()
    (tmp_path / "exported.json").write_text(printed.stdout)
    same = sortie("slack", "manifest", "--diff", "exported.json", cwd=tmp_path)
    assert (same.returncode, same.stdout) == (0, "Nothing differs.\n")
    (tmp_path / "exported.json").write_text(json.dumps({"ok": True, "manifest": _without_commands()}))
    other = sortie("slack", "manifest", "--diff", "exported.json", "--json", cwd=tmp_path)
    assert other.returncode == 1 and not json.loads(other.stdout)["same"]
    (tmp_path / "exported.json").write_text("not: json")
    assert sortie("slack", "manifest", "--diff", "exported.json", cwd=tmp_path).returncode == 2


def _without_commands() -> Json:
    made = manifest()
    del made["features"]["slash_commands"]
    return made


def _ignored(name: str) -> bool:
    event = {**WHOLE, "type": name}
    found = parse_event(
        {"type": "event_callback", "event_id": "E1", "team_id": "T1", "event": event}, bot_user_id="U0"
    )
    return isinstance(found, Ignored) and found.reason == f"event {name}"
