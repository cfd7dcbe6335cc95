"""`python -m tasks.publisher_main`: publishes and reconciles until SIGTERM. Holds the credentials; runs no agent."""

import gc
import signal
import threading

from tasks import failpoints
from tasks.publish import Publisher
from tasks.reconcile import Reconciler
from tasks.settings import Settings
from tasks.wiring import base
from tasks.wiring.outside import card_profile, outside_ports, pace


def main() -> None:
    """Two SQL-polling loops; a write in flight is finished before leaving."""
    settings = Settings()
    failpoints.enable(settings.failpoints, "publisher")
    base.telemetry(settings, "publisher")
    closing = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: closing.set())
    store, doorbell = base.store(settings), base.waker(settings)
    ports = outside_ports(settings, card_profile(settings, store))
    reconciler = Reconciler(store, ports, doorbell, every_s=settings.limits.ci_poll_s)
    gc.freeze()  # What was built until here stays, and is not looked through for garbage again.
    threading.Thread(target=reconciler.run, args=(closing,), name="reconcile", daemon=True).start()
    Publisher(store, ports, doorbell, claim_s=settings.limits.lease_s, pace=pace(settings)).run(closing)


if __name__ == "__main__":
    main()
