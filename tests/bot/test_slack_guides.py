"""The guides for Slack: what they name is there, and what can be typed and pressed is in them."""

import re
from pathlib import Path

import pytest

from bot import commands
from bot.slack.manifest import COMMAND, SHORTCUTS
from bot.slash import NAME as SLASH
from tasks.domain.commands import Where, typed_in
from tasks.domain.effects import REACTIONS
from tasks.domain.options import BadOption, options_of
from tasks.messages import chat
from tasks.settings import Settings
from tests.bot.cli.test_main import sortie
from tests.tasks.messages import catalogue
from tests.tasks.messages.rendering import actions_of, rendered
from tests.tasks.messages.runs import EVERY_STATE, LINKS, state

DOCS = Path(__file__).parents[2] / "docs"
GUIDE, ADMIN = ((DOCS / name).read_text() for name in ("slack-guide.md", "slack-admin.md"))
OFFERED = re.compile(r"q_opt_\d|repo_pick_\d")
"""Their labels are the agent's, or names of repositories."""


def test_every_button_there_is_is_in_the_guide() -> None:
    labels = set()
    for name in EVERY_STATE:
        run = state(name)
        drawn = [chat.card(run, now=catalogue.NOW, links=LINKS)]
        drawn += [chat.post(post, run, now=catalogue.NOW, links=LINKS) for post in chat.POSTS]
        for message in drawn:
            for action, element in actions_of(rendered(message)[1]).items():
                label = (element.get("text") or element.get("placeholder") or {}).get("text")
                labels |= {label} if label and not OFFERED.fullmatch(action) else set()
    assert len(labels) > 12
    assert {label for label in labels if f"**{label}**" not in GUIDE} == set()


def test_every_command_of_the_chat_is_in_the_guide_and_means_what_it_says() -> None:
    typed = re.findall(r"`@sortie ([^`]+)`", GUIDE)
    verbs = {command.verb for text in typed if (command := commands.parse(text))}
    verbs |= {"kill-switch"} if any(commands.switched(text) for text in typed) else set()
    verbs |= {"handoff"} if any(commands.handed_to(text) for text in typed) else set()
    verbs |= {"follow up"} if any(commands.followed_up(text) for text in typed) else set()
    assert verbs == {spec.verb for spec in typed_in(Where.chat)}
    assert commands.parse("stop using moment.js") is None


def test_every_option_in_the_guide_can_be_read() -> None:
    written = re.findall(r"`((?:repo|base|sla|plan)=[^`]+)`", GUIDE)
    assert {option.partition("=")[0] for option in written} == {"repo", "base", "sla", "plan"}
    for option in written:
        assert not isinstance(options_of(f"fix it {option}"), BadOption), option
    asked = re.findall(rf"`{SLASH} (fix [^`]+)`", GUIDE)
    assert asked and all(not isinstance(options_of(text, slash=True), BadOption) for text in asked)


def test_every_reaction_and_shortcut_is_in_the_guide() -> None:
    pictures = {
        "eyes": "👀",
        "raising_hand": "🙋",
        "twisted_rightwards_arrows": "🔀",
        "large_purple_circle": "🟣",
    }
    pictures |= {"octagonal_sign": "🛑", "warning": "⚠️", "lock": "🔒", "speech_balloon": "💬"}
    assert {*REACTIONS.values(), "eyes"} == set(pictures)
    assert all(f"| {picture} |" in GUIDE for picture in pictures.values())
    assert COMMAND == SLASH and all(f"**{name}**" in GUIDE for _, _, name, _ in SHORTCUTS)


@pytest.mark.parametrize("guide", [GUIDE, ADMIN])
def test_every_setting_that_is_named_exists(guide: str) -> None:
    named = re.findall(r"SORTIE_([A-Z]+)__([A-Z_]+)", guide) + re.findall(
        r"`(slack|limits)\.([a-z_]+)`", guide
    )
    assert named or guide is GUIDE
    for section, name in named:
        assert hasattr(getattr(Settings(_env_file=None), section.lower()), name.lower()), (section, name)


def test_every_command_line_of_the_admins_guide_runs(tmp_path: Path) -> None:
    lines = re.findall(r"^(sortie .*)$", ADMIN, re.MULTILINE)
    assert lines == [
        "sortie slack manifest > manifest.json",
        "sortie doctor",
        "sortie up",
        "sortie slack manifest --diff exported.json",
    ], "a new line in the guide needs to be run here"
    for command in ("doctor", "up", "worker"):
        assert sortie(command, "--help", cwd=tmp_path).returncode == 0
    printed = sortie("slack", "manifest", "--url", "https://sortie.example.com", cwd=tmp_path)
    (tmp_path / "exported.json").write_text(printed.stdout)
    told = sortie("slack", "manifest", "--diff", "exported.json", cwd=tmp_path)
    assert told.returncode == 1 and "socket_mode_enabled" in told.stdout
