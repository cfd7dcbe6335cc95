"""`python -m tasks.worker_main`: takes runs from the queues, once its sandbox has been proven."""

import argparse
import threading
from collections.abc import Callable

import structlog
from celery import signals

from integrations.ports import SandboxProvider
from tasks import failpoints
from tasks.drive import Driving
from tasks.keeper import LeaseKeeper
from tasks.queue import QUEUES, celery_app
from tasks.settings import Settings
from tasks.store.store import Store, WorkerRow
from tasks.wiring import base, work
from tasks.worker import consumer, register

log = structlog.get_logger(__name__)
REPROBE_S = 15.0


def main() -> None:
    """Runs until SIGTERM; the turn in flight is given up, the run resumes from its last stored turn elsewhere."""
    arguments = argparse.ArgumentParser(prog="sortie worker")
    arguments.add_argument("--queues", default=",".join(QUEUES))
    arguments.add_argument("--concurrency", type=int, default=0)
    chosen = arguments.parse_args()
    settings = Settings()
    failpoints.enable(settings.failpoints)
    base.telemetry(settings, "worker")
    store, name = base.store(settings), base.process_name("worker")
    provider = work.sandboxes(settings)
    closing = threading.Event()
    probe_until_ready(store, name, provider, closing)
    app = celery_app(settings.broker_url)
    seen = presence(store, name, str(provider.isolation))
    limits = settings.limits
    keeper = LeaseKeeper(store, ttl_s=limits.lease_s, heartbeat_s=limits.heartbeat_s, on_beat=seen)
    driving = Driving(
        store=store,
        doorbell=base.waker(settings),
        keeper=keeper,
        policy=settings.policy(),
        steps=work.STEPS,
        ports=work.step_ports(settings, provider),
        queues=frozenset(chosen.queues.split(",")),
        holder=name,
        lease_s=limits.lease_s,
        retry_base_s=limits.retry_base_s,
    )
    register(app, driving)
    signals.worker_shutting_down.connect(lambda **_: keeper.leave(), weak=False)
    hands = chosen.concurrency or limits.agents + 4
    consumer(app, name=name, queues=driving.queues, concurrency=hands).start()


def probe_until_ready(store: Store, name: str, provider: SandboxProvider, closing: threading.Event) -> None:
    """Proves the sandbox, and takes no work until it holds: a failing probe is shown, not worked around."""
    while not closing.is_set():
        report = provider.probe()
        failed = [f"{item.name}: {item.detail}" for item in report.items if not item.ok]
        with store.writing() as tx:
            tx.worker_seen(
                WorkerRow(name, "worker", str(report.isolation), report.ok, "; ".join(failed), tx.now)
            )
        if report.ok:
            log.info("sandbox_proven", backend=report.backend, isolation=str(report.isolation))
            return
        log.error("sandbox_not_proven", backend=report.backend, failed=failed)
        closing.wait(REPROBE_S)


def presence(store: Store, name: str, isolation: str) -> Callable[[], None]:
    """What the lease keeper calls with each heartbeat: this worker lives and takes work."""

    def seen() -> None:
        with store.writing() as tx:
            tx.worker_seen(WorkerRow(name, "worker", isolation, True, "", tx.now))

    return seen


if __name__ == "__main__":
    main()
