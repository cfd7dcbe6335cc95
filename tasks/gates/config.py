"""`.sortie.toml`, as it stands on the base commit: checks, protected paths, limits, and what it takes away from the operator's grants."""

import difflib
import tomllib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from integrations.types.code_host import Role
from tasks.domain.grants import NO_RULES, Land, Pushes, Rules, Tier

CONFIG_PATH = ".sortie.toml"
CHECKS = ("test", "types", "lint", "build")
LENS_NAME = r"^[a-z][a-z0-9-]{0,30}$"


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What one change may be: files, changed lines, KiB of one file; and seconds for one check, seconds for setup."""

    files: int = 100
    lines: int = 4000
    blob_kb: int = 1024
    check_s: int = 600
    setup_s: int = 600


@dataclass(frozen=True, slots=True)
class Profile:
    """What holds for some paths: `conventions` is a file of the base commit or the words themselves, `checks` are run too."""

    name: str
    paths: tuple[str, ...]
    conventions: str = ""
    checks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RepoConfig:
    """`checks` are (name, shell command) in the order they run; an empty command switches a check off."""

    setup: str = ""
    checks: tuple[tuple[str, str], ...] = ()
    protected: tuple[str, ...] = ()
    limits: GateLimits = GateLimits()
    rules: Rules = NO_RULES
    profiles: tuple[Profile, ...] = ()


class ConfigError(Exception):
    """The file cannot be used. `sentence` says where and what to write instead; code CFG-020."""

    code = "CFG-020"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _key(about: str, must: str, default: Any = None) -> Any:
    """A key with what it does, and what its value must be."""
    return Field(default=default, description=about, json_schema_extra={"must": must})


Command = Annotated[StrictStr, Field(pattern=r"^[^\x00]*$")]
Count = Annotated[StrictInt, Field(gt=0)]
Word = Annotated[StrictStr, Field(min_length=1)]
AddedCommand = Annotated[StrictStr, Field(pattern=r"^[^\x00]*\S[^\x00]*$")]
CheckName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
LensName = Annotated[StrictStr, Field(pattern=LENS_NAME)]
_COMMAND = 'must be one command, like "python3 -m pytest".'
_COUNT = "must be a whole number above 0."


class Table(BaseModel):
    """A table of the file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Checks(Table):
    """`[checks]`: the commands that decide. Without them the usual ones are detected; an empty one switches a check off."""

    setup: Command | None = _key("prepares a checkout before the checks run", _COMMAND)
    test: Command | None = _key("the tests", _COMMAND)
    types: Command | None = _key("the type checker", _COMMAND)
    lint: Command | None = _key("the linter", _COMMAND)
    build: Command | None = _key("the build", _COMMAND)


class LimitTable(Table):
    """`[limits]`: what one change may be and use. Of rounds, time and money the operator's and these the smaller ones hold."""

    files: Count = _key("changed files", _COUNT, 100)
    lines: Count = _key("changed lines", _COUNT, 4000)
    blob_kb: Count = _key("KiB of one file", _COUNT, 1024)
    check_s: Count = _key("seconds for one check", _COUNT, 600)
    setup_s: Count = _key("seconds for setup", _COUNT, 600)
    gate_rounds: Count | None = _key("rounds of repair after failing checks", _COUNT)
    ci_rounds: Count | None = _key("rounds of repair after red CI", _COUNT)
    review_rounds: Count | None = _key("rounds of review before people decide", _COUNT)
    budget_usd: Annotated[StrictFloat | StrictInt, Field(gt=0)] | None = _key(
        "US dollars for one run", "must be a number above 0."
    )


class StartTable(Table):
    """`[start]`: who may start work here, beyond what the operator asks."""

    role: Literal[Role.write, Role.maintain, Role.admin] | None = _key(
        "the least role on GitHub", 'must be "write", "maintain" or "admin".'
    )
    logins: tuple[Word, ...] = _key("only these GitHub logins", 'must be a list of logins, like ["ada"].', ())


class ReviewTable(Table):
    """`[review]`: more lenses. They are added to the operator's; none can be taken away."""

    lenses: tuple[LensName, ...] = _key(
        "`runs`, or names of files in `.sortie/lenses/`", 'must be a list of names, like ["runs"].', ()
    )
    fail_open: StrictBool = _key(
        "a review that could not run is shown as neutral instead of failed; the run is not ready either way",
        "must be true or false.",
        False,
    )


class LandTable(Table):
    """`[land]`: who takes finished changes into the base branch. The stricter of this and the operator's holds."""

    by: Land | None = _key("who lands", 'must be "human" or "queue".')
    tier: Tier | None = _key(
        "the most the queue may land", f"must be one of {', '.join(tier.value for tier in Tier)}."
    )


class ProfileTable(Table):
    """`[profiles.<name>]`: what agents are told and what is checked beside the rest where a change touches these paths."""

    paths: Annotated[tuple[Word, ...], Field(min_length=1, max_length=50)] = _key(
        "patterns of the paths it is about", 'must be a list of patterns, like ["web/**"].', ...
    )
    conventions: Annotated[StrictStr, Field(max_length=4_000)] = _key(
        "a file of the base commit, or the words themselves: told to the author and to the lenses, as data",
        "must be a path or text.",
        "",
    )
    checks: dict[CheckName, AddedCommand] = _key(
        "checks that are run too, by name; none can be taken away here",
        'must be a table of commands, like {e2e = "make e2e"}.',
        {},
    )


class PullTable(Table):
    """`[pulls]`: people's own pull requests. The stricter of this and the operator's holds."""

    push: Pushes | None = _key(
        "whose branch a change may be pushed to", f"must be one of {', '.join(p.value for p in Pushes)}."
    )


class AttributionTable(Table):
    """`[attribution]`: who is named in our commits beside Sortie."""

    coauthor: Literal["none", "requester"] = _key(
        "whose `Co-authored-by:` line our commits carry, so that a squash keeps a person in blame",
        'must be "none" or "requester".',
        "none",
    )


class RepoFile(Table):
    """The whole file. Every table may be left out."""

    protected: tuple[Word, ...] = _key(
        "paths that only a person may pass, beside the ones that always are",
        'must be a list of patterns, like ["migrations/**"].',
        (),
    )
    checks: Checks = _key("", "must be a table: write [checks].", Checks())
    limits: LimitTable = _key("", "must be a table: write [limits].", LimitTable())
    start: StartTable = _key("", "must be a table: write [start].", StartTable())
    review: ReviewTable = _key("", "must be a table: write [review].", ReviewTable())
    land: LandTable = _key("", "must be a table: write [land].", LandTable())
    profiles: Annotated[dict[CheckName, ProfileTable], Field(max_length=20)] = _key(
        "",
        'must be at most 20 tables like [profiles.web] with paths = ["web/**"], and conventions = "docs/web.md" or '
        'checks = {e2e = "make e2e"}.',
        {},
    )
    pulls: PullTable = _key("", "must be a table: write [pulls].", PullTable())
    attribution: AttributionTable = _key("", "must be a table: write [attribution].", AttributionTable())


def parse_config(content: bytes | None) -> RepoConfig:
    """The configuration in a file's bytes, the defaults for None. Raises ConfigError."""
    if content is None:
        return RepoConfig()
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
        raise ConfigError(f"{CONFIG_PATH} is not valid TOML: {why}") from why
    try:
        return _config(RepoFile.model_validate(table))
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False)
        # A key that is not known tells more than the one that is missed for it.
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
        raise ConfigError(f"{CONFIG_PATH}: {_mistake(first['type'], first['loc'])}") from wrong


def _config(file: RepoFile) -> RepoConfig:
    checks, limits = file.checks, file.limits
    commands = ((name, getattr(checks, name)) for name in CHECKS)
    return RepoConfig(
        setup=(checks.setup or "").strip(),
        checks=tuple((name, command.strip()) for name, command in commands if command is not None),
        protected=file.protected,
        limits=GateLimits(limits.files, limits.lines, limits.blob_kb, limits.check_s, limits.setup_s),
        rules=Rules(
            lenses=tuple(dict.fromkeys(file.review.lenses)),
            start_role=file.start.role,
            start_logins=file.start.logins,
            gate_rounds=limits.gate_rounds,
            ci_rounds=limits.ci_rounds,
            review_rounds=limits.review_rounds,
            budget_usd=None if limits.budget_usd is None else float(limits.budget_usd),
            land=file.land.by,
            tier=file.land.tier,
            fail_open=file.review.fail_open,
            pushes=file.pulls.push,
            coauthor=file.attribution.coauthor == "requester",
        ),
        profiles=tuple(_profile(name, table) for name, table in file.profiles.items()),
    )


def _profile(name: str, table: ProfileTable) -> Profile:
    checks = tuple((check, command.strip()) for check, command in table.checks.items())
    return Profile(name, table.paths, table.conventions.strip(), checks)


def _mistake(kind: str, place: tuple[int | str, ...]) -> str:
    """What is wrong at a place of the file, and what to write there."""
    if place[0] == "profiles" and len(place) > 2 and place[2] != "[key]":
        return _of_table(kind, place[2:], ProfileTable, prefix=f"profiles.{place[1]}.")
    return _of_table(kind, place, RepoFile)


def _of_table(kind: str, place: tuple[int | str, ...], table: type[Table], prefix: str = "") -> str:
    top = table
    names: list[str] = []
    for part in place:
        if not isinstance(part, str) or part not in table.model_fields:
            break
        names.append(part)
        inner = table.model_fields[part].annotation
        if not (isinstance(inner, type) and issubclass(inner, Table)):
            break
        table = inner
    if kind == "extra_forbidden" and names != ["profiles"]:
        return _unknown(str(place[-1]), tuple(table.model_fields), prefix + "".join(f"{n}." for n in names))
    field = top.model_fields[names[0]]
    if len(names) > 1:
        field = table.model_fields[names[1]]
    extra = field.json_schema_extra
    must = extra["must"] if isinstance(extra, dict) else "is not what is expected."
    return f"{prefix}{'.'.join(names)} {must}"


def _unknown(key: str, allowed: tuple[str, ...], prefix: str) -> str:
    close = difflib.get_close_matches(key, allowed, n=1)
    hint = f"did you mean {prefix}{close[0]}?" if close else f"known are {', '.join(allowed)}."
    return f"there is no key {prefix}{key}; {hint}"
