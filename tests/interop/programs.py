"""Programs that are not ours, as child processes: started on a free port, awaited, ended with all they started."""

import json
import os
import platform
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from tests.support.eventually import until

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
LIGHTTPD = HERE / ".lighttpd/usr"
_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}


def node() -> str:
    """Node 24 of the lock file: emulate needs more than Debian's."""
    found = MODULES / f"node-linux-{_MACHINES[platform.machine()]}" / "bin/node"
    assert found.exists(), "not fetched yet: run `make interop`, or .ci/interop"
    return str(found)


def without_leftovers() -> dict[str, str]:
    """The environment for node: it would keep compiled programs in the folder of temporary files."""
    return {**os.environ, "NODE_DISABLE_COMPILE_CACHE": "1"}


def evaluated(code: str, given: Any = None) -> Any:
    """What a few lines of JavaScript print as JSON; `given` is their `input`."""
    text = f"const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n{code}"
    done = subprocess.run(
        [node(), "-e", text],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=HERE,
        timeout=120,
        env=without_leftovers(),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def version(package: str) -> str:
    """The installed version of an npm package."""
    return str(json.loads((MODULES / package / "package.json").read_text())["version"])


@contextmanager
def started(
    command: Sequence[str], *, url: str, log: Path, within_s: float = 60.0, env: dict[str, str] | None = None
) -> Iterator[None]:
    """Runs it in a process group of its own until the block ends. It has started when `url` answers anything."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(log.parent),
                "NO_COLOR": "1",
                "NODE_DISABLE_COMPILE_CACHE": "1",
                **(env or {}),
            },
        )

        def answers() -> bool:
            assert process.poll() is None, f"{command[0]} ended: {log.read_text()[-2000:]}"
            return _answers(url)

        try:
            until(answers, within_s=within_s, what=f"an answer of {command[0]} at {url}")
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=10):
            return True
    except HTTPError as answer:
        answer.close()
        return True
    except (URLError, OSError):
        return False
