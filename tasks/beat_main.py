"""`python -m tasks.beat_main`: the sweep, who is at risk to be late, and once a week the digests. Several may run at once."""

import signal
import threading

from tasks import failpoints
from tasks.at_risk import AtRisk
from tasks.digest import Digests
from tasks.settings import Settings
from tasks.sweep import Sweep
from tasks.wiring import base


def main() -> None:
    """Rings for what is due, and counts the week, until SIGTERM."""
    settings = Settings()
    failpoints.enable(settings.failpoints, "beat")
    base.telemetry(settings, "beat")
    closing = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: closing.set())
    store = base.store(settings)
    threading.Thread(target=Digests(store).run, args=(closing,), name="digests", daemon=True).start()
    threading.Thread(target=AtRisk(store).run, args=(closing,), name="at-risk", daemon=True).start()
    Sweep(store, base.waker(settings)).run(closing)


if __name__ == "__main__":
    main()
