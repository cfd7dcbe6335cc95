"""What every process tells of itself: structured logs, error reports and counters, all of it through the redactor."""

import logging
import sys
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any, TextIO

import sentry_sdk
import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.stdlib import StdlibIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber
from structlog.typing import EventDict, Processor, WrappedLogger

from integrations.redaction import Redactor
from integrations.untrusted import visible

_DENYLIST = [
    *DEFAULT_DENYLIST,
    "private_key",
    "signing_secret",
    "webhook_secret",
    "bot_token",
    "installation_token",
    "extraheader",
]
_QUIET = (
    "httpx2",
    "httpcore2",
    "urllib3",
    "github.Requester",
    "asyncio",
    "celery",
    "kombu",
    "amqp",
    "slack_sdk",
)

METRICS = CollectorRegistry(auto_describe=True)
"""This process's own metrics; the default registry would mix in those of libraries and of other tests."""


def configure_telemetry(
    *, process: str, secrets: Iterable[str], sentry_dsn: str, json_logs: bool, stream: TextIO | None = None
) -> Redactor:
    """Logs to `stream` (stderr by default) and, with a DSN, reports to Sentry. Call it once, first thing in a process."""
    redactor = Redactor(secrets)
    configure_logging(redactor, process=process, json_logs=json_logs, stream=stream or sys.stderr)
    configure_sentry(redactor, dsn=sentry_dsn, process=process)
    return redactor


def configure_logging(redactor: Redactor, *, process: str, json_logs: bool, stream: TextIO) -> None:
    """structlog and the standard library's loggers end in one handler, whose every line is redacted."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if json_logs else structlog.dev.ConsoleRenderer(colors=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redacting(redactor),
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redacting(redactor: Redactor) -> Processor:
    """A processor that redacts every value, traceback included, and takes terminal codes out of them."""

    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: _shown(value) for key, value in redactor.value(dict(event)).items()}

    return process


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


def _named(process: str) -> Processor:
    def add(
        _logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.setdefault("process", process)
        return event

    return add


def configure_sentry(
    redactor: Redactor, *, dsn: str, process: str, integrations: Sequence[Integration] = ()
) -> None:
    """Without a DSN it is not even started: its integrations copy a scope for every piece of work of a thread pool. Nothing
    is guessed from the environment, and no local variable or request body is sent.

    https://docs.sentry.io/platforms/python/data-management/sensitive-data/
    """
    if not dsn:
        sentry_sdk.get_global_scope().set_client(None)
        return

    def scrub(event: Any, _hint: Any) -> Any:
        return redactor.value(event)

    sentry_sdk.init(
        dsn=dsn,
        environment="production",
        release="sortie",
        server_name=process,
        include_local_variables=False,
        max_request_body_size="never",
        auto_enabling_integrations=False,
        integrations=list(integrations),
        # It wraps subprocess.Popen and adds variables to every child's environment, the sandbox's clean one included.
        disabled_integrations=[StdlibIntegration()],
        event_scrubber=EventScrubber(denylist=_DENYLIST, recursive=True),
        before_send=scrub,
        before_send_transaction=scrub,
        before_breadcrumb=scrub,
        before_send_log=scrub,
    )


def counter(name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
    """A counter of this process; `name` without the `sortie_` in front."""
    return Counter(f"sortie_{name}", meaning, labels, registry=METRICS)


def gauge(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    """A gauge of this process."""
    return Gauge(f"sortie_{name}", meaning, labels, registry=METRICS)


def histogram(
    name: str, meaning: str, labels: Sequence[str] = (), *, buckets_s: Sequence[float]
) -> Histogram:
    """A histogram of durations in seconds."""
    return Histogram(f"sortie_{name}", meaning, labels, buckets=tuple(buckets_s), registry=METRICS)


def exposition() -> tuple[bytes, str]:
    """All metrics of this process in Prometheus' text format, and its content type."""
    return generate_latest(METRICS), CONTENT_TYPE_LATEST
