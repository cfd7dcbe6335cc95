"""What a repository's own file does to a run before any work begins: it narrows, and is told when it is wrong."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.models.anthropic import AnthropicModel
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from tasks.domain.decisions import Failed, Provisioned, Refused
from tasks.domain.events import Event
from tasks.domain.grants import Rules
from tasks.steps.run.own_lenses import own_words
from tasks.steps.run.provision import config_at, provision
from tasks.workspace.workspaces import Workspaces
from tests.tasks.steps.story import REPO, Story
from tests.tasks.workspace.git_server import GitServer
from tests.tasks.workspace.repos import make_bare

OWN = b"Look at every migration.\n"
NAMED = b'protected = ["db/**"]\n[review]\nlenses = ["runs", "migrations"]\n'
Tell = Callable[..., tuple[Event, Story]]


@pytest.fixture
def provisioned(tmp_path: Path, sandboxes: BubblewrapProvider, toolchain: Path) -> Iterator[Tell]:
    home = Path(tempfile.mkdtemp(prefix="sortie-steps-", dir="/dev/shm"))
    home.chmod(0o755)

    def tell(**files: bytes) -> tuple[Event, Story]:
        server = GitServer(tmp_path / "host")
        server.start()
        named = {"a.py": b"x = 1\n", ".sortie.toml": files.pop("toml", b"")}
        if "lens" in files:
            named[".sortie/lenses/migrations.md"] = files["lens"]
        base = make_bare(server.path(REPO), named)
        workspaces = Workspaces(home, sandboxes)
        workspaces.sync_mirror(REPO, server.remote(REPO))
        server.stop()
        story = Story(home, server.path(REPO), base, workspaces, sandboxes, toolchain)
        model = AnthropicModel("none", base_url="http://127.0.0.1:9", idle_s=1)
        event = provision(story.run, ports=story.ports(model), log=story.log)
        model.close()
        return event, story

    yield tell
    subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
    shutil.rmtree(home)


def test_rules_and_own_lenses_come_from_the_base_and_the_operators_paths_are_protected_too(
    provisioned: Tell,
) -> None:
    event, story = provisioned(toml=NAMED, lens=OWN)
    assert isinstance(event, Provisioned) and event.rules == Rules(lenses=("runs", "migrations"))
    config = config_at(story.workspaces, REPO, story.base, also=("infra/**",))
    assert config.protected == ("infra/**", "db/**")
    words = own_words(story.workspaces, story.run, "migrations")
    assert words is not None and words.text == OWN.decode()
    assert own_words(story.workspaces, story.run, "runs") is None


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (NAMED, "review.lenses names migrations, but there is no .sortie/lenses/migrations.md."),
        (b'[review]\nlenses = ["a", "b", "c", "d", "e"]', "review.lenses may name at most 4 lenses"),
    ],
)
def test_a_lens_that_nobody_described_stops_the_run_with_a_sentence(
    provisioned: Tell, toml: bytes, sentence: str
) -> None:
    event, _ = provisioned(toml=toml)
    assert isinstance(event, Failed) and event.code == "CFG-020" and sentence in event.happened


def test_somebody_whom_the_repository_does_not_let_start_is_refused_before_any_work(
    provisioned: Tell,
) -> None:
    event, _ = provisioned(toml=b'[start]\nrole = "maintain"')
    assert isinstance(event, Refused) and event.code == "AUTH-003"
