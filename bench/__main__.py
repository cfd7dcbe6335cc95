"""`python -m bench NAME…|all`: prints each benchmark's tables and, as the last line, its JSON object."""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module

from bench import machine
from bench.report import Report

Benchmark = Callable[..., Report]
"""What every benchmark's module calls `run`: the whole measurement at its full size; one of WITH_OPTIONS takes what follows its name."""

NAMES = ("turn_overhead", "ack", "agents_per_box", "workspace", "gates", "outbox")
WITH_OPTIONS = ("escape",)
"""Not among `all`: they take half an hour, and packages from the package index."""


def load(name: str) -> Benchmark:
    """The benchmark of this name; only its own module is imported, so that nothing else of ours is in its memory."""
    run: Benchmark = import_module(f"bench.{name}").run
    return run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    every = (*NAMES, *WITH_OPTIONS)
    parser.add_argument("names", nargs="+", choices=(*every, "all"), metavar="NAME", help=", ".join(every))
    given, options = parser.parse_known_args(argv)
    wanted = given.names
    if options and not set(wanted) <= set(WITH_OPTIONS):
        parser.error(f"only {', '.join(WITH_OPTIONS)} takes options: {' '.join(options)}")
    for name in NAMES if "all" in wanted else wanted:
        before = machine.described()
        report = load(name)(*([options] if name in WITH_OPTIONS else []))
        print(before, f"before; afterwards {machine.load()}\n", sep=" ")
        print(report.text(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
