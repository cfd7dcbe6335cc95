"""The servers we are run against: emulate (GitHub, Slack), aimock (the Anthropic API), Prism (GitHub's published API)."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.interop.programs import MODULES, node, started
from tests.support.ports import free_port

_ASKED = re.compile(
    r"/app(/.*)?|/repos/\{owner\}/\{repo\}(/(actions/jobs|check-runs|check-suites|collaborators|commits|issues|installation|labels|pulls|statuses)(/.*)?)?"
)


@contextmanager
def emulate(service: str, seed: dict[str, Any], folder: Path, *, advertised: str = "") -> Iterator[str]:
    """One service of `emulate`; its URL. `advertised` is the address that its payloads carry."""
    port, plan = free_port(), folder / f"{service}.json"
    plan.write_text(json.dumps(seed))
    url = f"http://127.0.0.1:{port}"
    command = [node(), str(MODULES / "emulate/dist/index.js"), "start", "--service", service]
    command += ["--port", str(port), "--seed", str(plan), "--base-url", advertised or url]
    with started(command, url=url, log=folder / f"emulate-{service}.log"):
        yield url


@contextmanager
def aimock(fixtures: Path, folder: Path) -> Iterator[str]:
    """aimock with these fixtures; what none of them matches is answered 503."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [node(), str(MODULES / "@copilotkit/aimock/dist/cli.js"), "-p", str(port), "-f", str(fixtures)]
    command += ["--strict", "--validate-on-load"]
    with started(command, url=f"{url}/__aimock/journal", log=folder / "aimock.log"):
        yield url


@contextmanager
def prism(upstream: str, folder: Path) -> Iterator[str]:
    """A proxy before `upstream` that holds requests and answers against GitHub's published description of its API."""
    described = folder / "published.json"
    whole = json.loads((MODULES / "@octokit/openapi/generated/api.github.com.json").read_text())
    whole["paths"] = {path: item for path, item in whole["paths"].items() if _ASKED.fullmatch(path)}
    described.write_text(json.dumps(whole))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [node(), str(MODULES / "@stoplight/prism-cli/dist/index.js"), "proxy", str(described), upstream]
    command += ["-h", "127.0.0.1", "-p", str(port), "-v", "error"]
    with started(command, url=f"{url}/never", log=folder / "prism.log", within_s=120):
        yield url
