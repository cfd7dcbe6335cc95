"""Patterns of paths, as people write them: `**` spans directories, a pattern without a slash counts at any depth. Pure.

All patterns of a list are matched at once by one automaton whose states are the bits of a number: time grows with the
length of the path alone, whatever a repository writes into its configuration.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

PROTECTED = (
    "/.*/**",
    "CODEOWNERS",
    ".gitattributes",
    ".gitmodules",
    "AGENTS.md",
    "CLAUDE.md",
    "/.sortie.toml",
    "/.gitlab-ci.yml",
    "/.mcp.json",
    "/.pre-commit-config.yaml",
    "/Jenkinsfile",
    *("Dockerfile", "Dockerfile.*", "*.Dockerfile", "docker-compose*.yml", "docker-compose*.yaml", "compose.y*ml"),
    *("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock*", "deno.lock"),
    *("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pylock*.toml", "requirements*.txt"),
    *("go.sum", "Cargo.lock", "Gemfile.lock", "composer.lock", "gradle.lockfile", "flake.lock"),
)  # fmt: skip
"""What steers CI, reviewers or agents, or decides what is installed: never changed without a person. `/.*/**` is every
dot-directory at the top."""

_PARTS = re.compile(r"\*\*/|\*{2,}|\*|\?|[^*?]", re.S)
_SLASH = "/"


@dataclass(frozen=True, slots=True)
class _Automaton:
    """Bits stand for places in patterns. `step` and `stay` say per character which places go on or stay; `jump_1` and
    `jump_2` which go on one or two places for nothing; `ends` the place behind each pattern's last part."""

    start: int
    step: dict[str, int]
    stay: tuple[int, int]
    any_step: tuple[int, int]
    jump_1: int
    jump_2: int
    ends: tuple[int, ...]

    def first(self, text: str) -> int | None:
        """The index of the first pattern that covers all of `text`."""
        places = self._spread(self.start)
        for character in text:
            slash = character == _SLASH
            goes = self.any_step[slash] | self.step.get(character, 0)
            places = self._spread(((places & goes) << 1) | (places & self.stay[slash]))
        return next((n for n, end in enumerate(self.ends) if places & end), None)

    def _spread(self, places: int) -> int:
        while True:
            more = places | ((places & self.jump_1) << 1) | ((places & self.jump_2) << 2)
            if more == places:
                return places
            places = more


def first_match(path: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that covers this path, whatever the case of its letters: some file systems do not tell it apart."""
    wanted = tuple(patterns)
    found = _compiled(wanted).first(path.lower())
    return None if found is None else wanted[found]


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> _Automaton:
    step: dict[str, int] = {}
    stay, any_step, jumps, ends = [0, 0], [0, 0], [0, 0], []
    place, start = 0, 0
    for pattern in patterns:
        start |= 1 << place
        for part in _parts(pattern):
            bit = 1 << place
            match part:
                case "**/":
                    jumps[0] |= bit
                    jumps[1] |= bit
                    stay = [held | bit << 1 for held in stay]
                    step[_SLASH] = step.get(_SLASH, 0) | bit << 1
                    place += 1
                case "**" | "*":
                    jumps[0] |= bit
                    stay[0] |= bit
                    stay[1] |= bit if part == "**" else 0
                case "?":
                    any_step[0] |= bit
                case _:
                    step[part] = step.get(part, 0) | bit
            place += 1
        ends.append(1 << place)
        place += 1
    return _Automaton(
        start, step, (stay[0], stay[1]), (any_step[0], any_step[1]), jumps[0], jumps[1], tuple(ends)
    )


def _parts(pattern: str) -> list[str]:
    """A pattern as single characters and the wildcards `**/`, `**`, `*` and `?`."""
    body = pattern.lower().removeprefix(_SLASH)
    if body.endswith(_SLASH):
        body += "**"
    anchored = pattern.startswith(_SLASH) or _SLASH in body
    parts = [] if anchored else ["**/"]
    for part in _PARTS.findall(body):
        word = "**" if part.startswith("**") and part != "**/" else part
        if not (word in ("*", "**", "**/") and parts and parts[-1] == word):
            parts.append(word)
    return parts
