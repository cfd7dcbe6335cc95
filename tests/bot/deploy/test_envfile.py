"""`.env.example` is what the settings say it is."""

from pathlib import Path

from bot.cli.envfile import WHERE, example
from tests.bot.deploy.test_compose import known

ROOT = Path(__file__).parents[3]


def test_the_example_is_what_the_command_writes() -> None:
    assert (ROOT / ".env.example").read_text() == example(), "run: python -m bot.cli.envfile > .env.example"


def test_every_name_in_it_is_a_setting_and_there_are_at_most_twelve() -> None:
    names = {name for name, _ in WHERE}
    assert names <= known()
    assert len(names) <= 12
