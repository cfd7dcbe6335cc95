"""`python -m bot.doctor`: what is wrong on this machine, and how to mend it. Sandbox, database, broker, Slack."""

import json
import sys
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from kombu.exceptions import OperationalError as BrokerDown
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy.exc import SQLAlchemyError

from bot.cli import broker
from bot.cli.config import load_settings
from integrations.sandboxes.errors import SandboxUnavailable
from tasks.queue import celery_app
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.migrate import expected, revision
from tasks.wiring.places import choice, sandboxes
from tasks.workspace.proving import Choice


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `state` is ok, WARN or FAIL; `fix` the command or setting that mends it."""

    group: str
    state: str
    detail: str
    fix: str = ""


def main() -> None:
    settings = load_settings()
    found = [*_sandbox(settings), _database(settings), _broker(settings), _slack(settings)]
    failed = sum(f.state == "FAIL" for f in found)
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps({"ok": not failed, "checks": [asdict(f) for f in found]}) + "\n")
    else:
        for line in found:
            tail = f"  -> {line.fix}" if line.fix else ""
            sys.stdout.write(f"{line.group:<10} {line.state:<4} {line.detail}{tail}\n")
        sys.stdout.write(f"{failed} failed. Exit {min(1, failed)}.\n")
    raise SystemExit(min(1, failed))


def _sandbox(settings: Settings) -> list[Finding]:
    provider = sandboxes(settings)
    try:
        report = provider.probe()
    except SandboxUnavailable as broken:
        return [Finding("Sandbox", "FAIL", str(broken))]
    broken_items = [item for item in report.items if not item.ok]
    if broken_items:
        return [Finding("Sandbox", "FAIL", item.name, item.detail) for item in broken_items]
    if report.isolation != "full":
        detail = f"{report.backend}: isolation {report.isolation}"
        return [Finding("Sandbox", "WARN", detail, "SORTIE_SANDBOX__BACKEND=bubblewrap")]
    proven = Finding("Sandbox", "ok", f"{report.backend}: {len(report.items)} probes passed, isolation full")
    return [proven, _workspaces(choice(settings, provider))]


def _workspaces(found: Choice) -> Finding:
    """Clones are as safe and as isolated, but cost a checkout each."""
    if not found.problem:
        return Finding("Workspaces", "ok", found.sentence)
    state = "WARN" if found.holds else "FAIL"
    return Finding("Workspaces", state, found.sentence, "SORTIE_SANDBOX__WORKSPACES=clone")


def _database(settings: Settings) -> Finding:
    try:
        engine = open_engine(settings.database)
        found = revision(engine)
    except SQLAlchemyError as down:
        return Finding("Database", "FAIL", f"does not answer ({type(down).__name__})", "SORTIE_DATABASE_URL")
    if found != expected():
        detail = f"{engine.dialect.name} is at {found or 'no schema'}, needs {expected()}"
        return Finding("Database", "FAIL", detail, "sortie db upgrade")
    return Finding("Database", "ok", f"{engine.dialect.name} at {found}")


def _broker(settings: Settings) -> Finding:
    if not settings.broker_url:
        if broker.alive(settings.home):
            return Finding("Broker", "ok", "embedded Valkey answers")
        return Finding("Broker", "WARN", "embedded Valkey is not running", "sortie up")
    where = urlsplit(settings.broker_url).hostname or "socket"
    try:
        with celery_app(settings.broker_url).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
    except (BrokerDown, OSError) as down:
        return Finding(
            "Broker", "FAIL", f"{where} does not answer ({type(down).__name__})", "SORTIE_BROKER_URL"
        )
    return Finding("Broker", "ok", f"{where} answers")


def _slack(settings: Settings) -> Finding:
    """In which way Slack is heard; in Socket Mode, whether it gives an address to connect to."""
    slack = settings.slack
    if not slack.socket_mode:
        if slack.signing_secret.get_secret_value().strip():
            return Finding("Slack", "ok", f"HTTP events at {settings.public_url}/slack/events")
        tokens = "SORTIE_SLACK__APP_TOKEN or SORTIE_SLACK__SIGNING_SECRET"
        return Finding("Slack", "WARN", "is not heard: no app token and no signing secret", tokens)
    client = WebClient(base_url=slack.api_url, timeout=5)
    try:
        client.apps_connections_open(app_token=slack.app_token.get_secret_value().strip())
    except SlackApiError as refused:
        code = refused.response.get("error")
        return Finding("Slack", "FAIL", f"Socket Mode: Slack says {code}", "SORTIE_SLACK__APP_TOKEN")
    except (SlackClientError, OSError) as down:
        return Finding("Slack", "FAIL", f"Socket Mode: no answer ({type(down).__name__})", slack.api_url)
    return Finding("Slack", "ok", "Socket Mode: Slack gives an address; the web process connects")


if __name__ == "__main__":
    main()
