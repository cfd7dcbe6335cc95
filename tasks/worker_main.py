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
from tasks.upkeep import start_upkeep
from tasks.wiring import base, places, work
from tasks.worker import consumer, register
from tasks.workspace.proving import Choice

log = structlog.get_logger(__name__)
REPROBE_S = 15.0


def main() -> None:
    """Runs until SIGTERM; the turn in flight is given up, the run resumes from its last stored turn elsewhere."""
    arguments = argparse.ArgumentParser(prog="sortie worker")
    arguments.add_argument("--queues", default=",".join(QUEUES))
    arguments.add_argument("--concurrency", type=int, default=0)
    chosen = arguments.parse_args()
    settings = Settings()
    failpoints.enable(settings.failpoints, "worker")
    base.telemetry(settings, "worker")
    store, name = base.store(settings), base.process_name("worker")
    provider = places.sandboxes(settings)
    closing = threading.Event()
    chosen_kind = probe_until_ready(store, name, provider, closing, lambda: places.choice(settings, provider))
    app = celery_app(settings.broker_url)
    seen = presence(store, name, str(provider.isolation), chosen_kind.sentence)
    limits = settings.limits
    keeper = LeaseKeeper(store, ttl_s=limits.lease_s, heartbeat_s=limits.heartbeat_s, on_beat=seen)
    driving = Driving(
        store=store,
        doorbell=base.waker(settings),
        keeper=keeper,
        policy=settings.policy(),
        steps=work.STEPS,
        ports=work.step_ports(settings, provider, chosen_kind.kind),
        queues=frozenset(chosen.queues.split(",")),
        holder=name,
        lease_s=limits.lease_s,
        retry_base_s=limits.retry_base_s,
    )
    register(app, driving)
    start_upkeep(store, places.evictor(settings), every_s=settings.disk.upkeep_every_s, over=closing)
    signals.worker_shutting_down.connect(lambda **_: keeper.leave(), weak=False)
    hands = chosen.concurrency or limits.agents + 4
    consumer(app, name=name, queues=driving.queues, concurrency=hands).start()


def probe_until_ready(
    store: Store,
    name: str,
    provider: SandboxProvider,
    closing: threading.Event,
    choose: Callable[[], Choice],
) -> Choice:
    """Proves the sandbox, and takes no work until it holds: a failing probe is shown, not worked around.

    Then, what workspaces will be: where overlays were not asked for by name, clones will do.
    """
    while True:
        report = provider.probe()
        failed = [f"{item.name}: {item.detail}" for item in report.items if not item.ok]
        choice = choose() if report.ok else None
        ready = choice is not None and choice.holds
        detail = choice.sentence if choice else "; ".join(failed)
        with store.writing() as tx:
            tx.worker_seen(WorkerRow(name, "worker", str(report.isolation), ready, detail, tx.now))
        if ready and choice:
            isolation = str(report.isolation)
            log.info(
                "sandbox_proven", backend=report.backend, isolation=isolation, workspaces=choice.sentence
            )
            return choice
        log.error("sandbox_not_proven", backend=report.backend, failed=failed or [detail])
        closing.wait(REPROBE_S)


def presence(store: Store, name: str, isolation: str, detail: str) -> Callable[[], None]:
    """What the lease keeper calls with each heartbeat: this worker lives and takes work."""

    def seen() -> None:
        with store.writing() as tx:
            tx.worker_seen(WorkerRow(name, "worker", isolation, True, detail, tx.now))

    return seen


if __name__ == "__main__":
    main()
