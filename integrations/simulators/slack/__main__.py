"""`python -m integrations.simulators.slack`: one JSON line `{"url": …}` when listening, then serve."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import serve


def _config(args: argparse.Namespace) -> SlackSimConfig:
    config = SlackSimConfig(
        events_url=args.events_url, actions_url=args.actions_url, rate_limits=args.rate_limits
    )
    for name in ("signing_secret", "bot_token", "app_token"):
        if getattr(args, name) is not None:
            config = replace(config, **{name: getattr(args, name)})
    if args.seed is not None:
        config = config.with_seed(json.loads(args.seed.read_text(encoding="utf-8")))
    return config


def main() -> None:
    parser = argparse.ArgumentParser(prog="slack simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--events-url")
    parser.add_argument(
        "--actions-url", help="interactivity, options and commands; the events URL by default"
    )
    parser.add_argument("--signing-secret")
    parser.add_argument("--bot-token")
    parser.add_argument("--app-token", help="an xapp- token; also turns Socket Mode on")
    parser.add_argument("--rate-limits", action="store_true", help="model Slack's rate limits")
    parser.add_argument("--seed", type=Path, help="JSON file with team, users and channels")

    def announce(url: str) -> None:
        sys.stdout.write(json.dumps({"url": url}) + "\n")
        sys.stdout.flush()

    args = parser.parse_args()
    serve(_config(args), port=args.port, host=args.host, ready=announce)


if __name__ == "__main__":
    main()
