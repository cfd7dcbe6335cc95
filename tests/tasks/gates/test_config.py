"""`.sortie.toml`: what it may say, and what it is told when it is wrong."""

import re

import pytest

from integrations.types.code_host import Role
from tasks.domain.grants import Land, Rules, Tier
from tasks.gates.config import ConfigError, GateLimits, Profile, RepoConfig, parse_config
from tasks.gates.profiles import added_checks, matching, named_paths

FULL = b"""
protected = ["migrations/**"]
[checks]
test = "make test"
setup = "pip install -e ."
lint = ""
[limits]
check_s = 60
files = 5
"""


def test_a_full_file_is_understood() -> None:
    config = parse_config(FULL)
    assert config.setup == "pip install -e ."
    assert config.checks == (("test", "make test"), ("lint", ""))
    assert config.protected == ("migrations/**",)
    assert config.limits == GateLimits(check_s=60, files=5)


def test_no_file_and_an_empty_file_are_the_defaults() -> None:
    assert parse_config(None) == parse_config(b"") == RepoConfig()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[check]\ntest = 'x'", "there is no key check; did you mean checks?"),
        ("[checks]\ntests = 'x'", "there is no key checks.tests; did you mean checks.test?"),
        ("[checks]\nzzz = 'x'", "there is no key checks.zzz; known are setup, test, types, lint, build."),
        ("[limits]\nfile = 1", "there is no key limits.file; did you mean limits.files?"),
        ("[limits]\nfiles = 0", "limits.files must be a whole number above 0."),
        ("[limits]\nfiles = true", "limits.files must be a whole number above 0."),
        ("[checks]\ntest = ['x']", 'checks.test must be one command, like "python3 -m pytest".'),
        ("checks = 'x'", "checks must be a table: write [checks]."),
        ("protected = 'x'", 'protected must be a list of patterns, like ["migrations/**"].'),
        ("[checks", "is not valid TOML"),
    ],
)
def test_a_mistake_is_answered_with_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode())
    assert sentence in caught.value.sentence
    assert caught.value.sentence.startswith(".sortie.toml")


def test_bytes_that_are_no_text_are_a_mistake_too() -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        parse_config(b"\xff\xfe")


TIGHTER = b"""
[limits]
review_rounds = 1
budget_usd = 2
[start]
role = "maintain"
logins = ["ada"]
[review]
lenses = ["runs", "migrations", "runs"]
fail_open = true
[land]
by = "human"
tier = "docs"
"""


def test_what_a_repository_takes_away_is_understood() -> None:
    rules = parse_config(TIGHTER).rules
    assert rules == Rules(
        ("runs", "migrations"), Role.maintain, ("ada",), None, None, 1, 2.0, Land.human, Tier.docs, True
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[start]\nrole = 'read'", 'start.role must be "write", "maintain" or "admin".'),
        ("[start]\nrole = 'boss'", 'start.role must be "write", "maintain" or "admin".'),
        ("[start]\nlogins = 'ada'", 'start.logins must be a list of logins, like ["ada"].'),
        ("[review]\nlenses = ['../x']", 'review.lenses must be a list of names, like ["runs"].'),
        ("[review]\nlense = []", "there is no key review.lense; did you mean review.lenses?"),
        ("[review]\nfail_open = 1", "review.fail_open must be true or false."),
        ("[land]\nby = 'me'", 'land.by must be "human" or "queue".'),
        ("[land]\ntier = 'all'", "land.tier must be one of none, docs, small, any."),
        ("[limits]\nbudget_usd = 0", "limits.budget_usd must be a number above 0."),
        ("land = 1", "land must be a table: write [land]."),
        ("[land]\nby = ['queue']", 'land.by must be "human" or "queue".'),
    ],
)
def test_a_mistake_in_the_rules_is_answered_with_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode())
    assert sentence in caught.value.sentence


PROFILES = b"""
[profiles.web]
paths = ["web/**"]
conventions = "Use hooks."
checks = {e2e = "make e2e"}
[profiles.db]
paths = ["migrations/**", "*.sql"]
"""


def test_profiles_say_what_holds_for_some_paths_and_only_add_checks() -> None:
    web, db = parse_config(PROFILES).profiles
    assert web == Profile("web", ("web/**",), "Use hooks.", (("e2e", "make e2e"),))
    assert db == Profile("db", ("migrations/**", "*.sql"))
    both = (web, db)
    assert matching(both, ["web/a.ts"]) == (web,) and matching(both, ["a/b.sql", "web/a.ts"]) == both
    assert matching(both, ["api/a.py"]) == () == matching(both, [])
    assert added_checks(both, ["web/a.ts", "b.sql"]) == (("web:e2e", "make e2e"),)
    assert added_checks(both, ["b.sql"]) == ()


PATHS, COMMANDS = (
    'paths must be a list of patterns, like ["web/**"].',
    'checks must be a table of commands, like {e2e = "make e2e"}.',
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[profiles.web]\nconventions = 'x'", f"profiles.web.{PATHS}"),
        ("[profiles.web]\npaths = []", f"profiles.web.{PATHS}"),
        ("[profiles.web]\npaths = 'web/**'", f"profiles.web.{PATHS}"),
        (
            "[profiles.web]\npaths = ['a']\nconventions = 3",
            "profiles.web.conventions must be a path or text.",
        ),
        ("[profiles.web]\npaths = ['a']\nchecks = 'make'", f"profiles.web.{COMMANDS}"),
        ("[profiles.web]\npaths = ['a']\nchecks = {test = ''}", f"profiles.web.{COMMANDS}"),
        ("[profiles.web]\npaths = ['a']\nchecks = {'a b' = 'x'}", f"profiles.web.{COMMANDS}"),
        (
            "[profiles.web]\npaths = ['a']\nprotected = ['b']",
            "there is no key profiles.web.protected; known are paths, conventions, checks.",
        ),
        (
            "[profiles.web]\npath = ['a']",
            "there is no key profiles.web.path; did you mean profiles.web.paths?",
        ),
        ("[profiles.'W eb']\npaths = ['a']", "profiles must be at most 20 tables like [profiles.web]"),
        ("profiles = 'x'", "profiles must be at most 20 tables like [profiles.web]"),
    ],
)
def test_a_mistake_in_a_profile_is_answered_with_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f".sortie.toml: {sentence}")):
        parse_config(text.encode())


def test_paths_that_a_request_names_are_files_and_directories() -> None:
    files = ("web/a.ts", "web/b.ts", "api/refunds.py", "README.md")
    assert named_paths("Fix web/a.ts.", files) == ("web/a.ts",)
    assert named_paths("Mend everything in web/ please", files) == ("web/a.ts", "web/b.ts")
    assert named_paths("./api/refunds.py and README.md", files) == ("api/refunds.py", "README.md")
    assert named_paths("the web is slow", files) == ()


def test_a_repository_may_name_whoever_asked_as_a_co_author() -> None:
    """UX 9.5; by default nobody is named."""
    assert parse_config(b'[attribution]\ncoauthor = "requester"').rules.coauthor
    assert not parse_config(b'[attribution]\ncoauthor = "none"').rules.coauthor
    assert not parse_config(b"").rules.coauthor
    with pytest.raises(ConfigError, match=r'attribution\.coauthor must be "none" or "requester"'):
        parse_config(b'[attribution]\ncoauthor = "ada"')
