"""`python -m bench.bare_agents URL KEY ROOT COUNT…`: bare SDK loops as threads of one process, their tools plain subprocesses.

For each line on stdin with a number it runs so many at once and prints one JSON object on a line.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic

from bench import bare, errand, machine
from integrations.models.anthropic import body
from integrations.types.model import ModelRequest
from tasks.agent import specs


def asked() -> dict[str, Any]:
    """The first call's parameters."""
    first = {"role": "user", "content": [{"type": "text", "text": errand.WANTED}]}
    return body(ModelRequest("claude-opus-5-5", errand.ROLE, (first,), specs.WORKER))


def agent(sdk: anthropic.Anthropic, folder: Path) -> None:
    """One errand from its files to its end."""
    folder.mkdir()
    for name, text in errand.FILES.items():
        (folder / name).write_text(text)

    def tool(_name: str, given: dict[str, Any]) -> str:
        argv = ("/bin/bash", "-c", given["command"])
        done = subprocess.run(argv, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL)
        return f"exit code: {done.returncode}\n{(done.stdout + done.stderr).decode()}"

    turns = bare.loop(sdk, asked(), tool)
    if turns != errand.TURNS or not errand.done(folder):
        raise RuntimeError(f"the errand in {folder} ended after {turns} turns")


def together(sdk: anthropic.Anthropic, root: Path, count: int) -> dict[str, float]:
    """Wall and CPU seconds of so many agents at once."""
    root.mkdir()
    used, began_s = machine.cpu_s((os.getpid(),)), time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda n: agent(sdk, root / str(n)), range(count)))
    return {"wall_s": time.perf_counter() - began_s, "cpu_s": machine.cpu_s((os.getpid(),)) - used}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("root", type=Path)
    chosen = parser.parse_args()
    with bare.client(chosen.url, chosen.key) as sdk:
        sys.stdout.write(json.dumps({"url": ""}) + "\n")
        sys.stdout.flush()
        for number, line in enumerate(sys.stdin):
            found = together(sdk, chosen.root / str(number), int(line))
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
