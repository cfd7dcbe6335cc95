"""`python -m integrations.simulators.model`: serves the simulator and prints `{"url": …}` once it listens."""

import argparse
import json
import socket
import sys
from pathlib import Path

import uvicorn

from integrations.simulators.model.app import create_app
from integrations.simulators.model.loading import ScriptError, load_script
from integrations.simulators.model.simulator import ModelSimConfig

KEPT_S = 75
"""An idle connection is kept so long; uvicorn's own 5 s end between two turns of a slow agent, and may cut its next request off."""


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code: 2 when the script cannot be played (each defect on stderr)."""
    options = _parser().parse_args(argv)
    try:
        script = load_script(options.script)
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.check:
        sys.stdout.write(json.dumps({"script": script.name, "roles": [r.name for r in script.roles]}) + "\n")
        return 0
    config = ModelSimConfig(script, options.script.parent, options.api_key, options.latency)
    listener = _listen(options.host, options.port)
    port = listener.getsockname()[1]
    settings = uvicorn.Config(
        create_app(config),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEPT_S,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(settings)
    sys.stdout.write(json.dumps({"url": f"http://{options.host}:{port}"}) + "\n")
    sys.stdout.flush()
    server.run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle off only where it sees it; else an answer costs 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m integrations.simulators.model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 asks the system for a free one (default)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--script", type=Path, required=True, help="the script to play (docs/model-scripts.md)"
    )
    parser.add_argument("--api-key", default="sk-ant-simulator", help="the only key that is let in")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer begins")
    parser.add_argument("--check", action="store_true", help="check the script and exit")
    return parser


if __name__ == "__main__":
    sys.exit(main())
