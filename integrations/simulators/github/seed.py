"""Fills a simulator: users, organisations, Apps, installations, repositories."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.simulators.github.acts import events
from integrations.simulators.github.acts.merging import person
from integrations.simulators.github.config import (
    DEFAULT_APP_EVENTS,
    DEFAULT_APP_PERMISSIONS,
    CIConfig,
    GitHubSimConfig,
)
from integrations.simulators.github.git_http import install_hook
from integrations.simulators.github.model import make
from integrations.simulators.github.model.state import (
    App,
    Hook,
    Installation,
    Label,
    Protection,
    Repo,
    Role,
    User,
)
from integrations.simulators.github.model.world import ACTIONS_APP_ID, World
from integrations.simulators.github.sim import Sim

ACTIONS_BOT_ID = 41898282
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}\Z")
_FLAGS = ("allow_auto_merge", "delete_branch_on_merge", "deny_non_fast_forward")


def populate(sim: Sim) -> None:
    """Everything the configuration and its seed ask for. Raises ValueError for a bad seed."""
    world, config = sim.world, sim.config
    _actions_app(world)
    seed = config.seed
    for raw in seed.get("users", ()):
        add_user(sim, raw)
    for raw in seed.get("orgs", ()):
        add_org(sim, raw)
    if config.token:
        sim.tokens.add_personal(config.token, world.add_user(config.login).id)
    if config.app_id is not None:
        _own_app(sim, config)
    for raw in seed.get("repos", ()):
        add_repo(sim, raw)
    for raw in seed.get("installations", ()):
        add_installation(sim, raw)


def add_user(sim: Sim, raw: Mapping[str, Any]) -> User:
    """A user from {"login", "id"?, "type"?, "name"?, "email"?, "token"?, "site_admin"?}."""
    user = sim.world.add_user(
        str(raw["login"]), type=str(raw.get("type", "User")), id=raw.get("id"), name=raw.get("name")
    )
    user.email, user.site_admin = raw.get("email"), bool(raw.get("site_admin", False))
    if raw.get("token"):
        sim.tokens.add_personal(str(raw["token"]), user.id)
    return user


def add_org(sim: Sim, raw: Mapping[str, Any]) -> User:
    """An organisation from {"login", "id"?, "name"?, "owners"?: [login]}; owners administer its repositories."""
    world = sim.world
    org = world.add_user(str(raw["login"]), type="Organization", id=raw.get("id"), name=raw.get("name"))
    org.members |= {world.add_user(str(name)).id for name in raw.get("owners", ())}
    return org


def add_repo(sim: Sim, raw: Mapping[str, Any]) -> Repo:
    """A repository from a directory tree or a git repository.

    `raw` is {"full_name", "from_path"?, "default_branch"?, "private"?, "description"?, "ci"?, "collaborators"?:
    {login: role}, "protect"?: {branch: rules}, "labels"?: [name]}. Raises ValueError for a bad name or one in use.
    """
    world, name = sim.world, str(raw["full_name"])
    if not _NAME.match(name) or name.endswith(".git"):
        raise ValueError(f"not a repository name: {name}")
    if world.find_repo(name) is not None:
        raise ValueError(f"there is a repository {name} already")
    login, _, short = name.partition("/")
    owner = world.find_user(login) or world.add_user(login, type="Organization")
    now = world.now()
    repo = Repo(world.next_id(), owner.id, short, Path(), now, now, now)
    repo.path = world.root / "repos" / f"{repo.id}.git"
    repo.default_branch = str(raw.get("default_branch", "main"))
    _fill(sim, repo, owner, raw)
    repo.private, repo.description = bool(raw.get("private", True)), raw.get("description")
    repo.ci = CIConfig.from_json(raw.get("ci") or {})
    repo.list_lag_s = float(raw.get("list_lag_s", 0))
    for flag in _FLAGS:
        if flag in raw:
            setattr(repo, flag, bool(raw[flag]))
    for who, role in (raw.get("collaborators") or {}).items():
        repo.collaborators[world.add_user(who).id] = Role[str(role).upper()]
    for branch, rule in (raw.get("protect") or {}).items():
        repo.protections[branch] = Protection(**rule)
    for label in raw.get("labels") or ():
        made = Label(world.next_id(), str(label))
        repo.labels[made.id] = made
    world.repos[repo.id] = repo
    _hook_of(sim, repo)
    return repo


def _fill(sim: Sim, repo: Repo, owner: User, raw: Mapping[str, Any]) -> None:
    bare = make.create(repo.path, branch=repo.default_branch)
    install_hook(repo.path)
    source = Path(str(raw["from_path"])).resolve() if raw.get("from_path") else None
    if source is not None and not source.is_dir():
        shutil.rmtree(repo.path)
        raise ValueError(f"no such directory: {source}")
    if source is None:
        return
    if (source / ".git").exists() or (source / "HEAD").is_file():
        current = make.import_git(bare, source)
        if "default_branch" not in raw and current:
            repo.default_branch = current
            bare.run("symbolic-ref", "HEAD", f"refs/heads/{current}")
    else:
        make.import_directory(bare, source, branch=repo.default_branch, person=person(sim.hub, owner))


def _hook_of(sim: Sim, repo: Repo) -> None:
    config, world = sim.config, sim.world
    if not config.webhook_url or config.app_id is not None:
        return
    hook = Hook(world.next_id(), config.webhook_url, config.webhook_secret, ["*"], world.now(), repo.id)
    world.hooks[hook.id] = hook
    events.ping(sim.hub, hook)


def add_installation(sim: Sim, raw: Mapping[str, Any]) -> Installation:
    """An installation from {"account", "id"?, "app_id"?, "repositories"?: [full name], "permissions"?}."""
    world = sim.world
    account = world.find_user(str(raw["account"])) or world.add_user(str(raw["account"]), type="Organization")
    app = world.apps[int(raw.get("app_id") or sim.config.app_id or 0)]
    names = raw.get("repositories")
    repo_ids = None
    if names is not None:
        found = [world.find_repo(str(n)) for n in names]
        repo_ids = {r.id for r in found if r is not None}
    inst = Installation(
        id=int(raw.get("id") or world.next_id()),
        app_id=app.id,
        account_id=account.id,
        created_at=world.now(),
        permissions=dict(raw.get("permissions") or app.permissions),
        events=list(app.events),
        repo_ids=repo_ids,
    )
    world.installations[inst.id] = inst
    events.installation(sim.hub, inst, action="created")
    return inst


def add_app(sim: Sim, *, app_id: int, slug: str, key_pem: str, hook: Hook | None = None) -> App:
    """Register a GitHub App with its bot user; `key_pem` is a private or public RSA key."""
    world = sim.world
    owner = world.add_user("sortie-labs", type="Organization")
    bot = world.add_user(f"{slug}[bot]", type="Bot")
    app = App(app_id, slug, slug.replace("-", " ").title(), owner.id, bot.id, world.now())
    app.public_key = public_key(key_pem)
    app.permissions, app.events = dict(DEFAULT_APP_PERMISSIONS), list(DEFAULT_APP_EVENTS)
    if hook is not None:
        app.webhook_url, app.webhook_secret, app.hook_id = hook.url, hook.secret, hook.id
        world.hooks[hook.id] = hook
    world.apps[app.id] = app
    return app


def _own_app(sim: Sim, config: GitHubSimConfig) -> None:
    assert config.app_id is not None and config.app_key_pem is not None
    hook = None
    if config.webhook_url:
        world = sim.world
        hook = Hook(world.next_id(), config.webhook_url, config.webhook_secret, [], world.now())
        hook.app_id, hook.events = config.app_id, list(DEFAULT_APP_EVENTS)
    add_app(sim, app_id=config.app_id, slug=config.app_slug, key_pem=config.app_key_pem, hook=hook)
    if hook is not None:
        events.ping(sim.hub, hook)


def _actions_app(world: World) -> None:
    owner = world.add_user("github", type="Organization", id=9919)
    bot = world.add_user("github-actions[bot]", type="Bot", id=ACTIONS_BOT_ID)
    app = App(ACTIONS_APP_ID, "github-actions", "GitHub Actions", owner.id, bot.id, world.now())
    app.permissions = {"actions": "write", "checks": "write", "contents": "read", "metadata": "read"}
    world.apps[app.id] = app


def public_key(pem: str) -> rsa.RSAPublicKey:
    """The public half of an RSA key in PEM. Raises ValueError for anything else."""
    data = pem.encode()
    if b"PRIVATE KEY" in data:
        private = serialization.load_pem_private_key(data, password=None)
        if isinstance(private, rsa.RSAPrivateKey):
            return private.public_key()
    else:
        public = serialization.load_pem_public_key(data)
        if isinstance(public, rsa.RSAPublicKey):
            return public
    raise ValueError("the App key must be an RSA key")


def new_key() -> str:
    """A fresh RSA private key in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode()
