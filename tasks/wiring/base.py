"""What every process builds first: logs, error reports, the database, the doorbell."""

import os
import socket
from uuid import uuid4

from integrations.telemetry import configure_telemetry
from tasks.queue import Waker, celery_app
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.store import Store


def telemetry(settings: Settings, process: str) -> None:
    """Logs through the redactor, Sentry where a DSN is set."""
    configure_telemetry(
        process=process,
        secrets=secrets_of(settings),
        sentry_dsn=settings.sentry_dsn,
        json_logs=settings.log_format == "json",
    )


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret value this process knows: what the redactor must never let out."""
    values = (
        settings.slack.bot_token,
        settings.slack.signing_secret,
        settings.slack.app_token,
        settings.github.token,
        settings.github.private_key,
        settings.github.webhook_secret,
        settings.github.previous_webhook_secret,
        settings.github.client_secret,
        settings.model.api_key,
        settings.dashboard_token,
    )
    return tuple(v.get_secret_value() for v in values if v.get_secret_value())


def store(settings: Settings) -> Store:
    """The database of this process."""
    return Store(open_engine(settings.database))


def waker(settings: Settings) -> Waker:
    """The doorbell of this process."""
    return Waker(celery_app(settings.broker_url))


def process_name(kind: str) -> str:
    """A name no other process has, for leases and the list of workers."""
    return f"{kind}-{socket.gethostname()[:40]}-{os.getpid()}-{uuid4().hex[:6]}"
