"""A worker's own logs go on when Celery begins to consume."""

import subprocess
import sys

PROGRAM = """
import structlog
from integrations.telemetry import configure_telemetry
from tasks.queue import celery_app
from tasks.worker import consumer

configure_telemetry(process="worker", secrets=(), sentry_dsn="", json_logs=True)
consumer(celery_app("memory://"), name="w", queues=frozenset({"control"}), concurrency=1)
structlog.get_logger("tasks.drive").info("lease_lost", run="R-1001")
"""


def test_what_a_worker_tells_is_logged_after_celery_has_begun() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"event": "lease_lost"' in done.stderr
