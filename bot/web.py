"""`python -m bot.web`: the web process. It loads no step, no agent and no vendor client but Slack's."""

import gc
import ipaddress

import structlog
import uvicorn
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.app import create_app
from bot.bell import Bell
from bot.cli.config import USAGE, complain, load_settings
from bot.cli.credentials import secret_values
from integrations.telemetry import configure_telemetry
from tasks import failpoints
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.migrate import expected, revision
from tasks.store.store import Store

log = structlog.get_logger(__name__)


def exposed_without_token(settings: Settings) -> bool:
    """Whether the dashboard would be open to other machines: then the process must not start."""
    return not _is_loopback(settings.bind) and not settings.dashboard_token.get_secret_value().strip()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def schema_mismatch(engine: Engine) -> str | None:
    """One sentence where the database is of another version; None when it fits or cannot be asked now."""
    try:
        found = revision(engine)
    except SQLAlchemyError:
        return None
    if found == expected():
        return None
    return (
        f"The database is at {found or 'no schema'}, this version needs {expected()}. Run: sortie db upgrade"
    )


def main() -> None:
    settings = load_settings()
    failpoints.enable(settings.failpoints, "web")
    if exposed_without_token(settings):
        complain(
            "CFG-002",
            f"Binding to {settings.bind} shows the pages to others: set SORTIE_DASHBOARD_TOKEN first.",
        )
        raise SystemExit(USAGE)
    configure_telemetry(
        process="web",
        secrets=secret_values(settings),
        sentry_dsn=settings.sentry_dsn,
        json_logs=settings.log_format == "json",
    )
    store = Store(open_engine(settings.database))
    if mismatch := schema_mismatch(store.engine):
        complain("CFG-005", mismatch)
        raise SystemExit(USAGE)
    app = create_app(settings, store=store, waker=Bell(settings.broker_url))
    gc.freeze()  # What was built until here stays: looking through it for garbage would keep a burst of arrivals waiting.
    uvicorn.run(
        app,
        host=settings.bind,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
