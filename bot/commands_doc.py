"""`python -m bot.commands_doc` writes docs/commands.md from the table of commands."""

from pathlib import Path

from bot.commands import documented

PAGE = Path(__file__).parents[1] / "docs/commands.md"


def main() -> None:
    """Writes the page; a test holds it to the table."""
    PAGE.write_text(documented(), encoding="utf-8")


if __name__ == "__main__":
    main()
