"""`python -m integrations.simulators.github`: one simulator in the foreground."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m integrations.simulators.github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 asks the system for a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--root", type=Path, required=True, help="directory of the bare repositories")
    parser.add_argument("--webhook-url")
    parser.add_argument("--webhook-secret", default="")
    parser.add_argument("--token", help="a token of the user --login")
    parser.add_argument("--login", default="sortie-bot")
    parser.add_argument("--app-id", type=int, help="register a GitHub App")
    parser.add_argument("--app-key", type=Path, help="its RSA key in PEM; made when the file is missing")
    parser.add_argument("--app-slug", default="sortie")
    parser.add_argument("--client-id", default="", help="an application that may ask people who they are")
    parser.add_argument("--client-secret", default="")
    parser.add_argument("--callback-url", default="")
    parser.add_argument("--seed", type=Path, help="users, orgs, repos and installations as JSON")
    parser.add_argument("--public-url", default="", help="address used in webhook payloads")
    return parser.parse_args(argv)


def configuration(args: argparse.Namespace) -> GitHubSimConfig:
    """Settings from the command line; writes a new App key when there is none."""
    key = None
    if args.app_id is not None:
        path: Path = args.app_key or args.root / "app.pem"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(new_key())
        key = path.read_text()
    return GitHubSimConfig(
        root=args.root.resolve(),
        webhook_url=args.webhook_url,
        webhook_secret=args.webhook_secret,
        token=args.token,
        login=args.login,
        app_id=args.app_id,
        app_key_pem=key,
        app_slug=args.app_slug,
        client_id=args.client_id,
        client_secret=args.client_secret,
        callback_url=args.callback_url,
        seed=json.loads(args.seed.read_text()) if args.seed else {},
        public_url=args.public_url,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints {"url": …} on one line when listening."""
    args = arguments(argv)
    simulator = GitHubSimulator(configuration(args), args.port, args.host)

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        with simulator:
            sys.stdout.write(json.dumps({"url": simulator.url}) + "\n")
            sys.stdout.flush()
            simulator.wait()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
