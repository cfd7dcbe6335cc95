"""`python -m bot.cli.start KIND`: becomes one of our processes, with the broker found and only its own credentials."""

import os
import sys
from collections.abc import Mapping
from types import MappingProxyType

from bot.cli import broker
from bot.cli.config import USAGE, complain, load_settings
from bot.cli.credentials import environment_for

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "web": "bot.web",
        "worker": "tasks.worker_main",
        "publisher": "tasks.publisher_main",
        "beat": "tasks.beat_main",
    }
)


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind not in MODULES:
        complain("CFG-003", f"There is no process {kind!r}; there are {', '.join(MODULES)}.")
        raise SystemExit(USAGE)
    settings = load_settings()
    env = environment_for(kind, os.environ)
    if not settings.broker_url:
        if not broker.alive(settings.home):
            complain("CFG-004", "No broker: set SORTIE_BROKER_URL, or run `sortie up`, which brings its own.")
            raise SystemExit(USAGE)
        env["SORTIE_BROKER_URL"] = broker.url_of(settings.home)
    os.execve(sys.executable, [sys.executable, "-m", MODULES[kind]], env)


if __name__ == "__main__":
    main()
