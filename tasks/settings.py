"""Every environment variable and sortie.toml key, once. Environment beats .env beats sortie.toml."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from integrations.types.code_host import Role
from tasks.domain.grants import Land, Pushes, Tier
from tasks.domain.lease_times import wrong_times
from tasks.domain.policy import Link, Policy


class Section(BaseModel):
    """A part of the settings; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SlackSettings(Section):
    """`bot_token` belongs to the publisher (and to the web process for views.* alone).

    With an `app_token` (xapp-…) the web process opens a WebSocket to Slack, and no public address is needed.
    `card_profile` auto: the publisher asks Slack at its start whether the workspace takes plan blocks, and keeps the answer.
    Messages are edited `edits_per_minute` times in the workspace, by each publisher, and a card that shows no more than its
    next step not more often than every `edit_every_s`.
    """

    api_url: str = "https://slack.com/api/"
    bot_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    bot_user_id: str = ""
    card_profile: Literal["auto", "plan", "classic"] = "auto"
    max_request_age_s: int = 300
    edits_per_minute: Annotated[float, Field(gt=0)] = 40.0
    edit_every_s: Annotated[float, Field(ge=0)] = 5.0

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is heard over a WebSocket of ours instead of its HTTP requests."""
        return bool(self.app_token.get_secret_value().strip())


class GitHubSettings(Section):
    """A token, or an App (`app_id`, `private_key` as PEM text, `installation_id`); the App wins where both are given.

    With the App's `client_id` and `client_secret` people connect their own accounts; its callback URL is
    `public_url` with /link/callback. `allowed_bots` are account ids of programs whose comments count like a person's with write access.
    """

    api_url: str = "https://api.github.com"
    git_url: str = "https://github.com"
    token: SecretStr = SecretStr("")
    app_id: int | None = None
    private_key: SecretStr = SecretStr("")
    installation_id: int | None = None
    webhook_secret: SecretStr = SecretStr("")
    previous_webhook_secret: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    allowed_bots: tuple[int, ...] = ()

    @property
    def connect_secret(self) -> str:
        """What links to connect an account are signed with, "" where people cannot connect one themselves."""
        secret = self.client_secret.get_secret_value().strip()
        return secret if self.client_id.strip() else ""


class ModelSettings(Section):
    """`by_role` overrides roles.py, for example {"worker": "claude-opus-5-5"}."""

    api_key: SecretStr = SecretStr("")
    base_url: str | None = None
    by_role: dict[str, str] = Field(default_factory=dict)
    first_byte_timeout_s: float = 60.0


class LinkSettings(Section):
    """Chat account → code-host login, written down by the operator: it counts before what the person connected."""

    team: str
    user: str
    login: str


class RoutingSettings(Section):
    """A whole word of the request that means a repository."""

    word: str
    repo: str


class SandboxSettings(Section):
    """`process` runs target code without isolation and must be asked for by name.

    `workspaces`: `auto` takes overlays where the worker proves them at its start, and isolated clones elsewhere; with
    `overlay` a worker that cannot have them takes no work.
    """

    backend: Literal["bubblewrap", "process"] = "bubblewrap"
    workspaces: Literal["auto", "overlay", "clone"] = "auto"
    memory_mb: int = 2048
    wall_s: float = 600.0
    toolchain_dir: Path | None = None


class ReviewSettings(Section):
    """Which lenses look at every change. A repository may add to them, never take one away."""

    lenses: tuple[Literal["correctness", "security", "tests", "runs"], ...] = Field(
        ("correctness", "security", "tests"), min_length=1
    )


class StartSettings(Section):
    """The least role on GitHub that may start work. A repository may ask for more."""

    role: Literal[Role.write, Role.maintain, Role.admin] = Role.write


class LandSettings(Section):
    """Who takes finished changes into the base branch, and the most the queue may take by itself.

    `docs`: documentation only; `small`: at most 5 files and 60 lines; `any`: whatever no gate asks a person about.
    """

    by: Land = Land.human
    tier: Tier = Tier.none


class PullSettings(Section):
    """On whose pull request a change may be pushed that somebody with write access asks for there.

    `author`: on their own alone; `anyone`: on every one of this repository, and then whoever may write asks for more there by a
    command; elsewhere it becomes a pull request into it. Beyond `reviewer_cap` ready pull requests of ours that wait for one
    person (0: any number), that person is not asked to review another, and the card and the pull request say so.
    """

    push: Pushes = Pushes.author
    reviewer_cap: Annotated[int, Field(ge=0)] = 0


class LimitSettings(Section):
    """What one run may use: rounds of repair, turns, money, time. Seconds and US dollars.

    `lease_s` is at most 60, and `heartbeat_s` at most half of it and 15.
    `budget_usd` is for each attempt (two at most) and for each round that people ask for on the pull request, up to
    `paid_rounds` of them.
    """

    sla_s: int = 1800
    budget_usd: float = 5.0
    paid_rounds: int = 10
    worker_turns: int = 80
    reviewer_turns: int = 30
    gate_rounds: int = 3
    mutation_s: float = 20.0
    ci_rounds: int = 2
    review_rounds: int = 2
    step_attempts: int = 3
    model_attempts: int = 10
    retry_base_s: float = 2.0
    ci_grace_s: float = 60.0
    ci_wait_s: float = 7200.0
    remarks_wait_s: float = 60.0
    ci_poll_s: float = 15.0
    lease_s: float = 30.0
    heartbeat_s: float = 10.0
    agents: int = 16

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if wrong := wrong_times(lease_s=self.lease_s, heartbeat_s=self.heartbeat_s):
            raise ValueError(wrong)
        return self


class QuestionSettings(Section):
    """What is done about a question that nobody answers, in seconds from when it was asked: the requester is reminded by a direct
    message, the channel's owner is asked too where it has one, and the run is closed. Its clock stands still meanwhile.
    """

    remind_s: float = 900.0
    hand_over_s: float = 3_600.0
    give_up_s: float = 86_400.0


class DiskSettings(Section):
    """What a worker keeps on its disk: seconds since something was used last, and GiB of all workspaces and checkouts together.

    A workspace that somebody works in is never removed.
    """

    workspaces_keep_s: float = 3600.0
    checkouts_keep_s: float = 7 * 86_400.0
    quota_gb: float = 50.0
    upkeep_every_s: float = 300.0


class Settings(BaseSettings):
    """All of Sortie's configuration. `operators` are GitHub logins; in the chat whoever is linked to one is meant.

    `repo_about` says what a repository is for, which is read where a request names none and no rule decides.
    """

    model_config = SettingsConfigDict(
        env_prefix="SORTIE_",
        env_nested_delimiter="__",
        env_file=".env",
        toml_file="sortie.toml",
        extra="ignore",
        frozen=True,
    )

    home: Path = Path(".sortie")
    database_url: str = ""
    broker_url: str = ""
    public_url: str = "http://127.0.0.1:8080"
    bind: str = "127.0.0.1"
    port: int = 8080
    dashboard_token: SecretStr = SecretStr("")
    sentry_dsn: str = ""
    log_format: Literal["console", "json"] = "console"
    failpoints: Path | None = None
    slack: SlackSettings = SlackSettings()
    github: GitHubSettings = GitHubSettings()
    model: ModelSettings = ModelSettings()
    sandbox: SandboxSettings = SandboxSettings()
    limits: LimitSettings = LimitSettings()
    questions: QuestionSettings = QuestionSettings()
    disk: DiskSettings = DiskSettings()
    review: ReviewSettings = ReviewSettings()
    start: StartSettings = StartSettings()
    land: LandSettings = LandSettings()
    pulls: PullSettings = PullSettings()
    protected: tuple[str, ...] = ()
    repos: tuple[str, ...] = ()
    links: tuple[LinkSettings, ...] = ()
    operators: tuple[str, ...] = ()
    routing: tuple[RoutingSettings, ...] = ()
    channel_repo: dict[str, str] = Field(default_factory=dict)
    user_repo: dict[str, str] = Field(default_factory=dict)
    repo_about: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, file_secret_settings, toml

    @property
    def database(self) -> str:
        """The database's SQLAlchemy URL; SQLite under `home` where none is given."""
        return self.database_url or f"sqlite:///{(self.home / 'sortie.db').absolute()}"

    def policy(self) -> Policy:
        """What the domain needs to know of the configuration."""
        limits = self.limits
        return Policy(
            repos=self.repos,
            links=tuple(Link(link.team, link.user, link.login) for link in self.links),
            channel_repo=dict(self.channel_repo),
            user_repo=dict(self.user_repo),
            routing=tuple((rule.word, rule.repo) for rule in self.routing),
            lenses=self.review.lenses,
            start_role=self.start.role,
            land=self.land.by,
            tier=self.land.tier,
            pushes=self.pulls.push,
            gate_rounds=limits.gate_rounds,
            ci_rounds=limits.ci_rounds,
            review_rounds=limits.review_rounds,
            step_attempts=limits.step_attempts,
            model_attempts=limits.model_attempts,
            ci_grace_s=limits.ci_grace_s,
            ci_wait_s=limits.ci_wait_s,
            remarks_wait_s=limits.remarks_wait_s,
            remind_s=self.questions.remind_s,
            hand_over_s=self.questions.hand_over_s,
            give_up_s=self.questions.give_up_s,
        )
