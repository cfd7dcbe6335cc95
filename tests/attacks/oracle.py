"""The judge of all attacks: whatever happened, nothing secret is anywhere, and nothing was done outside a run's own place."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.canaries import Canary, canaries
from tests.scenarios.world import World

BEN = {"Authorization": "Bearer ghp_ben"}
_OURS = re.compile(r"refs/heads/sortie/R-\d+(-[a-z0-9]+)*")
_PINGS = re.compile(r"<!(?:channel|here|everyone)|<!subteam")


@dataclass(frozen=True, slots=True)
class Court:
    """Looks at everything a world let out. `logs` returns what its processes have logged so far."""

    world: World
    main: str
    logs: Callable[[], str]

    def judge(self) -> None:
        """Fails when a canary got out, or when anything but the runs' own branches, pull requests and threads was touched."""
        seen = dict(self.everything())
        found = [f"{canary.name} in {place}" for canary, place in leaks(canaries(self.world), seen)]
        assert not found, found
        self._only_our_branches()
        self._only_our_pull_requests()
        self._only_our_threads()

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """(place, bytes) of every way out there is."""
        world = self.world
        yield "Slack", _json(world.get(f"{world.slack}/_sim/requests"))
        yield "GitHub", _json(world.get(f"{world.github}/_sim/requests"))
        yield "prompts", _json([p["body"] for p in world.prompts()])
        yield "git", git(self.bare, "cat-file", "--batch-all-objects", "--batch")
        yield "pull requests", b"".join(_json(self.pull(p["number"])) for p in self.pulls())
        yield "pages", b"".join(self.page(run.id) for run in self.runs())
        yield "logs", self.logs().encode()

    @property
    def bare(self) -> Path:
        """The repository on the simulated code host."""
        return next((self.world.settings.home.parent / "github" / "repos").glob("*.git"))

    def refs(self) -> dict[str, str]:
        """ref → oid on the code host."""
        listed = git(self.bare, "for-each-ref", "--format=%(refname) %(objectname)").decode().split("\n")
        return {line.split()[0]: line.split()[1] for line in listed if line}

    def files(self, oid: str) -> list[str]:
        """The paths of a commit on the code host."""
        return git(self.bare, "ls-tree", "-rz", "--name-only", oid).decode().strip("\0").split("\0")

    def read(self, oid: str, path: str) -> str:
        return git(self.bare, "show", f"{oid}:{path}").decode()

    def pulls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.host("pulls?state=all&per_page=100")
        return found

    def pull(self, number: int) -> dict[str, Any]:
        """A pull request with its comments, reviews and the check runs of its head."""
        pull: dict[str, Any] = self.host(f"pulls/{number}")
        return {
            "pull": pull,
            "comments": self.host(f"issues/{number}/comments"),
            "reviews": self.host(f"pulls/{number}/reviews"),
            "inline": self.host(f"pulls/{number}/comments"),
            "checks": self.host(f"commits/{pull['head']['sha']}/check-runs")["check_runs"],
        }

    def host(self, path: str) -> Any:
        answer = self.world.http.get(f"{self.world.github}/repos/acme/api/{path}", headers=BEN)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def page(self, run_id: str) -> bytes:
        answer = self.world.http.get(f"{self.world.web}/t/{run_id}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def runs(self) -> list[Any]:
        """Every run there is."""
        with self.world.store.reading() as tx:
            found = [tx.load(f"R-{n}") for n in range(1001, 1040)]
        return [run for run in found if run is not None]

    def _only_our_branches(self) -> None:
        refs = self.refs()
        assert refs.pop("refs/heads/main") == self.main, "the default branch moved"
        strange = [
            ref for ref in refs if not (_OURS.fullmatch(ref) or re.fullmatch(r"refs/pull/\d+/\w+", ref))
        ]
        assert not strange, strange
        heads = {f"refs/heads/{run.branch}" for run in self.runs() if run.branch}
        assert {ref for ref in refs if ref.startswith("refs/heads/")} <= heads

    def _only_our_pull_requests(self) -> None:
        own = {run.pr.number: run for run in self.runs() if run.pr}
        for pull in self.pulls():
            run = own[pull["number"]]
            assert (pull["head"]["ref"], pull["base"]["ref"]) == (run.branch, "main")
            assert pull["merged_at"] is None
            if run.state != "ready":
                assert pull["draft"] is True, f"{run.id} is {run.state} and its pull request is no draft"

    def _only_our_threads(self) -> None:
        places = [run.request.chat.thread for run in self.runs() if run.request.chat]
        threads = {(place.channel, place.thread_ts) for place in places}
        for call in self.world.get(f"{self.world.slack}/_sim/requests")["requests"]:
            args = call["args"]
            if call["method"] == "chat.postMessage":
                assert (args["channel"], args.get("thread_ts")) in threads, call
                assert args.get("unfurl_links") in (False, "false") and args.get("unfurl_media") in (
                    False,
                    "false",
                )
            if call["method"].startswith("chat."):
                assert not _PINGS.search(json.dumps(args, ensure_ascii=False)), call


def leaks(secrets: tuple[Canary, ...], seen: dict[str, bytes]) -> Iterator[tuple[Canary, str]]:
    """(canary, place) wherever one is found in any shape."""
    for canary in secrets:
        shapes = tuple(canary.shapes())
        for place, content in seen.items():
            if any(shape in content for shape in shapes):
                yield canary, place


def git(bare: Path, *args: str) -> bytes:
    return subprocess.run(["git", "-C", str(bare), *args], capture_output=True, check=True).stdout


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
