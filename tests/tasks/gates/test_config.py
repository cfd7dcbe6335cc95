"""`.sortie.toml`: what it may say, and what it is told when it is wrong."""

import pytest

from tasks.gates.config import ConfigError, GateLimits, RepoConfig, parse_config

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
