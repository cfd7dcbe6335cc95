"""`python -m bot.cli.envfile`: writes .env.example from the settings, so that it cannot drift from them."""

import sys

from bot.cli.credentials import secret_names

WHERE: tuple[tuple[str, str], ...] = (
    (
        "SORTIE_SLACK__BOT_TOKEN",
        "Slack: your app, OAuth & Permissions, Bot User OAuth Token (xoxb-). Posting.",
    ),
    ("SORTIE_SLACK__SIGNING_SECRET", "Slack: your app, Basic Information, Signing Secret. Hearing by HTTP."),
    (
        "SORTIE_SLACK__APP_TOKEN",
        "Slack: your app, App-Level Tokens, connections:write (xapp-). Hearing by Socket Mode, no public address needed.",
    ),
    ("SORTIE_GITHUB__APP_ID", "GitHub: your App, About, App ID. Pushing, pull requests, check runs."),
    ("SORTIE_GITHUB__INSTALLATION_ID", "GitHub: the number at the end of the App installation's address."),
    ("SORTIE_GITHUB__PRIVATE_KEY", "GitHub: your App, Private keys; the whole PEM text in quotes."),
    ("SORTIE_GITHUB__TOKEN", "GitHub: a token instead of the App; verdicts are then commit statuses."),
    ("SORTIE_GITHUB__WEBHOOK_SECRET", "GitHub: any long random text, also given to the webhook. Hearing CI."),
    ("SORTIE_GITHUB__PREVIOUS_WEBHOOK_SECRET", "GitHub: the old secret while you replace it."),
    (
        "SORTIE_GITHUB__CLIENT_SECRET",
        "GitHub: your App, Client secrets. People connect their own accounts; github.client_id in sortie.toml goes with it.",
    ),
    ("SORTIE_MODEL__API_KEY", "Anthropic: Console, API keys. Agents and reviewers."),
    ("SORTIE_DASHBOARD_TOKEN", "Any long random text; needed to show the pages to other machines."),
)
COMPOSE = ("POSTGRES_PASSWORD", "Any long random text; docker compose only.")
HEAD = "# Secrets of Sortie. Copy to .env, fill in what you use, never commit it. Everything else belongs in sortie.toml.\n"


def example() -> str:
    """The file's text. Raises LookupError when a secret of the settings is not described above."""
    missing = secret_names() - {name for name, _ in WHERE}
    if missing:
        raise LookupError(f"not described: {', '.join(sorted(missing))}")
    return HEAD + "".join(f"\n# {where}\n# {name}=\n" for name, where in (*WHERE, COMPOSE))


def main() -> None:
    sys.stdout.write(example())


if __name__ == "__main__":
    main()
