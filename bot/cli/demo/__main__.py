"""`sortie demo`: its options."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.config import USAGE, complain
from bot.cli.demo.home import NoPlace, temporary_home
from bot.cli.demo.show import Log, Once, show
from bot.cli.demo.target import OWN, SCRIPTS
from bot.cli.demo.world import Plan, World
from bot.cli.lines import Lines

REQUEST = "/v1/refunds 500s when currency is null, should be a 422"
PORT = 8080

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="One request, then leave: 0 when it is ready.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: a document on stdout.")] = False,
    target: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="A folder or git repository to work on.")
    ] = OWN,
    script: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="What the scripted model plays.")
    ] = SCRIPTS / "happy.json",
    request: Annotated[str, typer.Option(help="What is asked for.")] = REQUEST,
    toolchain: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Packages for the target's tests.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="The real model; needs ANTHROPIC_API_KEY.")] = False,
    port: Annotated[int | None, typer.Option(help="Pages here, simulators on the next ports.")] = None,
    timeout: Annotated[float, typer.Option(help="With --once: seconds to wait.")] = 900.0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the demo's folder behind.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every process's log.")] = False,
) -> None:
    """The whole product on this machine: no account, no network, nothing kept.

    Exit codes of --once: 0 ready, 1 failed, 2 usage, 3 needs a person, 4 not in time.
    """
    if live and not os.environ.get("ANTHROPIC_API_KEY"):
        complain("CFG-010", "--live needs ANTHROPIC_API_KEY.")
        raise typer.Exit(USAGE)
    if as_json and not once:
        complain("CFG-012", "--json goes with --once.")
        raise typer.Exit(USAGE)
    first = port if port is not None or once else PORT
    plan = Plan(target.resolve(), script.resolve(), live, first, toolchain.resolve() if toolchain else None)
    out = sys.stderr if as_json else sys.stdout
    try:
        with temporary_home(keep=keep) as home, home.log.open("w") as file:
            log = Log(file, Lines(sys.stderr) if verbose else None)
            world = World(plan, home, log.write)
            code = show(world, log, out=out, once=Once(request, as_json, timeout) if once else None)
            if keep:
                sys.stderr.write(f"kept: {home.root}\n")
    except NoPlace as nowhere:
        complain("CFG-007", str(nowhere))
        raise typer.Exit(USAGE) from None
    raise typer.Exit(code)


if __name__ == "__main__":
    app(prog_name="sortie demo")
