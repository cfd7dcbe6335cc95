"""No secret leaves a process by its logs or its error reports."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import sentry_sdk
import structlog
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from integrations.redaction import MASK, Redactor
from integrations.telemetry import (
    configure_logging,
    configure_sentry,
    configure_telemetry,
    counter,
    exposition,
)

SECRET = 'kPz7"q\\Vm/2+Xw9é canary-4417'
CANARY = SECRET[-11:]
REDACTOR = Redactor([SECRET, "hunter22"])


@pytest.fixture
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("root_logger")
@pytest.mark.parametrize("json_logs", [True, False])
def test_logs_of_ours_and_of_libraries_are_redacted_traceback_included(json_logs: bool) -> None:
    out = io.StringIO()
    configure_logging(REDACTOR, process="test", json_logs=json_logs, stream=out)
    structlog.get_logger("ours").info("calling", url=f"https://x/?t={quote(SECRET, safe='')}", run="R-1")
    logging.getLogger("library").warning("sent %s", SECRET)
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError:
        structlog.get_logger("ours").exception("it broke \x1b[2J")
    told = out.getvalue()
    assert "R-1" in told and "ValueError" in told and "process" in told
    assert SECRET not in told and quote(SECRET, safe="") not in told and CANARY not in told
    assert "\x1b" not in told
    if json_logs:
        assert all(json.loads(line) for line in told.splitlines())


class Kept(Transport):
    """A Sentry transport that keeps what would have been sent."""

    def __init__(self) -> None:
        super().__init__({"dsn": "http://public@127.0.0.1/1"})
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def sentry() -> Iterator[Kept]:
    configure_sentry(REDACTOR, dsn="http://public@127.0.0.1/1", process="test")
    kept = Kept()
    sentry_sdk.get_client().transport = kept
    yield kept
    configure_sentry(REDACTOR, dsn="", process="test")


def test_an_error_report_carries_neither_secrets_nor_local_variables(sentry: Kept) -> None:
    local = "-".join(("a", "local", "value"))  # built, so that the source lines in the report do not hold it
    sentry_sdk.add_breadcrumb(message=f"curl -H {SECRET}")
    try:
        raise RuntimeError(f"token {SECRET} refused, {len(local)}")
    except RuntimeError:
        sentry_sdk.set_context("call", {"nested": {"GITHUB_TOKEN": "ab" * 3, "cmd": f"git push {SECRET}"}})
        sentry_sdk.capture_exception()
    [report] = sentry.sent
    assert "RuntimeError" in report and MASK in report
    assert CANARY not in report and "ababab" not in report and local not in report


def test_without_a_dsn_nothing_is_sent_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "http://public@127.0.0.1:1/1")
    configure_sentry(REDACTOR, dsn="", process="test")
    assert sentry_sdk.get_client().transport is None


@pytest.mark.usefixtures("root_logger")
def test_one_call_sets_up_a_process() -> None:
    out = io.StringIO()
    redactor = configure_telemetry(process="web", secrets=[SECRET], sentry_dsn="", json_logs=True, stream=out)
    structlog.get_logger().warning("hello", token="x")
    assert json.loads(out.getvalue())["token"] == MASK
    assert redactor.text(SECRET) == MASK


def test_metrics_are_told_in_the_text_format() -> None:
    counter("tests_total", "Tests run.", ["kind"]).labels("unit").inc()
    body, kind = exposition()
    assert b'sortie_tests_total{kind="unit"} 1.0' in body and kind.startswith("text/plain")


def test_error_reports_add_nothing_to_the_environment_of_a_child() -> None:
    """The sandbox relies on it: its probe fails when anything reaches the clean environment (SECURITY B1)."""
    script = (
        "import subprocess, sys\n"
        "from integrations.telemetry import configure_telemetry\n"
        "configure_telemetry(process='test', secrets=(), sentry_dsn='http://public@127.0.0.1:1/1', json_logs=False)\n"
        "print(subprocess.run(['/usr/bin/env'], env={'PATH': '/bin'}, capture_output=True, text=True).stdout)\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["PATH=/bin"]
