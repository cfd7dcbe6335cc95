"""`sortie …`: what can be started. Nothing heavy is imported here; every command becomes its own module's process."""

import json
import os
import sys
from importlib.metadata import version as installed
from typing import Annotated

import typer

app = typer.Typer(
    name="sortie",
    help="Ask for a code change where you work; get back a pull request that was gated, reviewed and reported.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(database, name="db")
slack = typer.Typer(help="The Slack app.", no_args_is_help=True)
app.add_typer(slack, name="slack")

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def become(module: str, *args: str) -> None:
    """Replaces this process, so that signals and the exit code are the module's own."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *args])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sortie {installed('sortie')}")
        raise typer.Exit


@app.callback()
def root(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Options of every command."""


@app.command()
def version(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Show the version."""
    number = installed("sortie")
    typer.echo(json.dumps({"version": number}) if as_json else f"sortie {number}")


@app.command()
def up() -> None:
    """Run everything in one supervised tree: broker, web, worker, publisher, beat."""
    become("bot.cli.up")


@app.command(context_settings=PASS_ON, add_help_option=False)
def demo(context: typer.Context) -> None:
    """Show the whole product with no account and no network. `sortie demo --help` has the options."""
    become("bot.cli.demo", *context.args)


@app.command()
def web() -> None:
    """Hear Slack, GitHub and browsers (uvicorn)."""
    become("bot.cli.start", "web")


@app.command()
def worker() -> None:
    """Drive runs: triage, agents, gates, reviews."""
    become("bot.cli.start", "worker")


@app.command()
def publisher() -> None:
    """Write to Slack and GitHub, and mirror repositories."""
    become("bot.cli.start", "publisher")


@app.command()
def beat() -> None:
    """Find what is due or was forgotten, every few seconds. One is enough."""
    become("bot.cli.start", "beat")


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Check this machine: sandbox, database, broker. Exit 1 when something is wrong."""
    become("bot.doctor", *(["--json"] if as_json else []))


@app.command(context_settings=PASS_ON, add_help_option=False)
def verify(context: typer.Context) -> None:
    """Run a receipt's commands again on the pushed commit: `sortie verify R-1042`. Exit 0 when nothing differs."""
    become("bot.verify", *context.args)


@app.command("kill-switch", context_settings=PASS_ON, add_help_option=False)
def kill_switch(context: typer.Context) -> None:
    """Stop every landing at once: on, off, status. Exit 3 while it is on."""
    become("bot.kill_switch", *context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def lenses(context: typer.Context) -> None:
    """Show how far each lens can be trusted: what it raised, what held, what escaped it."""
    become("bot.lens_records", *context.args)


@slack.command("manifest", context_settings=PASS_ON, add_help_option=False)
def slack_manifest(context: typer.Context) -> None:
    """Print the app's manifest, or compare it with an exported one: `sortie slack manifest --help` has the options."""
    become("bot.slack_manifest", *context.args)


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's schema; safe to repeat."""
    become("bot.migrate")


def main() -> None:
    """The `sortie` entry point."""
    app()


if __name__ == "__main__":
    main()
