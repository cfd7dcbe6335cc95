"""Our git transport against `git http-backend` behind lighttpd."""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.errors import Conflict, Denied, NotFound, Retryable, Unknown
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from tasks.workspace import remotes
from tasks.workspace.workspaces import Workspaces
from tests.interop.acting import Note
from tests.interop.programs import LIGHTTPD, started
from tests.interop.relay import Relay, relaying
from tests.interop.table import Row, words
from tests.support.ports import free_port
from tests.tasks.workspace.repos import add_commit, make_bare, sh

SERVED = "git http-backend behind lighttpd 1.4.69"
REPO, BRANCH, TOKEN = "acme/api", "sortie/R-1-fix", "interop-token-77"
BIG = 24 * 1024 * 1024
CONFIG = """
server.modules = ("mod_access", "mod_alias", "mod_setenv", "mod_auth", "mod_authn_file", "mod_cgi")
server.document-root = "{home}"
server.bind = "127.0.0.1"
server.port = {port}
server.upload-dirs = ("{home}")
auth.backend = "plain"
auth.backend.plain.userfile = "{home}/users"
auth.require = ("" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
setenv.set-environment = ("GIT_PROJECT_ROOT" => "{home}/repos", "GIT_HTTP_EXPORT_ALL" => "1")
$HTTP["url"] =~ "^/acme/closed.git" {{ url.access-deny = ("") }}
alias.url = ("/" => "{core}/git-http-backend/")
cgi.assign = ("" => "")
"""


@dataclass(frozen=True, slots=True)
class Remote:
    """A GitRemote with a token."""

    url: str
    token: str = TOKEN

    @property
    def env(self) -> dict[str, str]:
        pair = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }


@dataclass(frozen=True, slots=True)
class Host:
    """`url` is lighttpd itself, `relay` a way to it that can lose answers; `ours` a repository to push from."""

    home: Path
    url: str
    relay: Relay
    workspaces: Workspaces
    ours: Path
    base: str

    @property
    def remote(self) -> Remote:
        return Remote(f"{self.url}/{REPO}.git")

    @property
    def origin(self) -> Path:
        return self.home / "repos" / f"{REPO}.git"

    def commit(self, **files: str | bytes) -> str:
        return add_commit(self.ours, files)

    def push(self, oid: str, *, expected: str | None = None, remote: Remote | None = None) -> None:
        remotes.push(self.ours, remote or self.remote, oid=oid, branch=BRANCH, expected_old=expected)


@pytest.fixture
def host() -> Iterator[Host]:
    home = Path(tempfile.mkdtemp(prefix="sortie-interop-"))
    home.chmod(0o755)
    base = make_bare(home / "repos" / f"{REPO}.git", {"app.py": "x = 1\n"})
    shutil.copytree(home / "repos" / f"{REPO}.git", home / "ours.git")
    (home / "users").write_text(f"x-access-token:{TOKEN}\n")
    core = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    port = free_port()
    (home / "lighttpd.conf").write_text(CONFIG.format(home=home, port=port, core=core))
    program = [str(LIGHTTPD / "sbin/lighttpd"), "-D", "-f", str(home / "lighttpd.conf")]
    url = f"http://127.0.0.1:{port}"
    try:
        with (
            started([*program, "-m", str(LIGHTTPD / "lib/lighttpd")], url=url, log=home / "log"),
            relaying(url) as relay,
        ):
            workspaces = Workspaces(home / "sortie", BubblewrapProvider())
            yield Host(home, url, relay, workspaces, home / "ours.git", base)
    finally:
        shutil.rmtree(home)


@pytest.fixture(autouse=True)
def noted(request: pytest.FixtureRequest, note: Note) -> Iterator[None]:
    yield
    note(Row(SERVED, words(request.node.name)))


def test_a_mirror_is_made_and_follows_what_others_push(host: Host) -> None:
    assert host.workspaces.sync_mirror(REPO, host.remote).oid == host.base
    oid = add_commit(host.origin, {"app.py": "x = 2\n"})
    synced = host.workspaces.sync_mirror(REPO, host.remote, ref="main")
    assert (synced.oid, synced.default_branch) == (oid, "main")
    assert host.workspaces.read(REPO, oid, "app.py") == b"x = 2\n"


def test_a_branch_is_made_and_moved_from_where_it_was_left(host: Host) -> None:
    first = host.commit(n="1")
    assert host.workspaces.remote_head(REPO, BRANCH, host.remote) is None
    for _ in range(2):
        host.push(first)
    second = host.commit(n="2")
    host.push(second, expected=first)
    assert host.workspaces.remote_head(REPO, BRANCH, host.remote) == second


def test_a_branch_that_somebody_moved_is_a_conflict(host: Host) -> None:
    first = host.commit(n="1")
    host.push(first)
    sh(host.origin, "update-ref", f"refs/heads/{BRANCH}", host.base)
    with pytest.raises(Conflict):
        host.push(host.commit(n="2"), expected=first)
    assert sh(host.origin, "rev-parse", f"refs/heads/{BRANCH}") == host.base


def test_a_big_pack_is_pushed_and_fetched(host: Host) -> None:
    oid = host.commit(big=os.urandom(BIG))
    host.push(oid)
    assert host.workspaces.sync_mirror(REPO, host.remote, ref=BRANCH).oid == oid
    blob = sh(host.origin, "rev-parse", f"{oid}:big")
    assert host.workspaces.blob_sizes(REPO, (blob,)) == {blob: BIG}


def test_a_push_whose_answer_is_lost_is_unknown_and_can_be_looked_up(host: Host) -> None:
    oid, shaky = host.commit(n="1"), Remote(f"{host.relay.url}/{REPO}.git")
    host.relay.lost = "/git-receive-pack"
    with pytest.raises(Unknown):
        host.push(oid, remote=shaky)
    assert host.workspaces.remote_head(REPO, BRANCH, shaky) == oid
    host.relay.lost = ""
    host.push(oid, remote=shaky)


def test_a_push_that_a_hook_declines_is_denied(host: Host) -> None:
    hook = host.origin / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected >&2; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Denied):
        host.push(host.commit(n="1"))


def test_a_wrong_token_is_denied(host: Host) -> None:
    wrong = Remote(host.remote.url, token="another")
    with pytest.raises(Denied):
        host.workspaces.sync_mirror(REPO, wrong)
    with pytest.raises(Denied):
        host.push(host.commit(n="1"), remote=wrong)


def test_a_forbidden_repository_is_denied(host: Host) -> None:
    closed = Remote(f"{host.url}/acme/closed.git")
    with pytest.raises(Denied):
        host.workspaces.sync_mirror("acme/closed", closed)
    with pytest.raises(Denied):
        host.push(host.commit(n="1"), remote=closed)


def test_a_repository_that_is_not_there_is_not_found(host: Host) -> None:
    with pytest.raises(NotFound):
        host.workspaces.sync_mirror("acme/nothing", Remote(f"{host.url}/acme/nothing.git"))


def test_a_server_that_is_away_is_tried_again(host: Host) -> None:
    away = Remote(f"http://127.0.0.1:{free_port()}/{REPO}.git")
    with pytest.raises(Retryable):
        host.workspaces.sync_mirror(REPO, away)
    with pytest.raises(Retryable):
        host.push(host.commit(n="1"), remote=away)
