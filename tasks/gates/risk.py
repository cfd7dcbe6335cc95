"""What makes a change risky, told from its paths, its size and the gates on it. Pure; docs/verification.md states the rule."""

from tasks.domain.checks import GateResult, proven, wants_person
from tasks.domain.grants import SMALL_FILES, SMALL_LINES, is_prose
from tasks.domain.risk import Risk, Seen, Sign, risk_of
from tasks.gates.findings import shown
from tasks.gates.globs import first_match
from tasks.gates.owners import owned_apart
from tasks.gates.testfiles import is_test
from tasks.workspace.objects import LineCount

LARGE_FILES, LARGE_LINES = 20, 400

MIGRATIONS = ("**/migrations/**", "**/migrate/**", "**/alembic/versions/**", "*.sql", "schema.rb", "*.prisma")
"""Changes of what is stored: they are hard to take back once they ran."""

MANIFESTS = (
    *("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.y*ml", "constraints*.txt"),
    *("package.json", "go.mod", "Cargo.toml", "Gemfile", "*.gemspec", "composer.json", "mix.exs", "Package.swift"),
    *("pom.xml", "build.gradle*", "*.csproj", "*.fsproj", "packages.config", "vcpkg.json", "conanfile.*"),
)  # fmt: skip
"""Where programs say what they need; lock files are protected paths, which ask for a person."""

_NAMED = 3


def assess(counts: tuple[LineCount, ...], gates: tuple[GateResult, ...], *, codeowners: bytes | None) -> Risk:
    """The risk of a change of these files, judged by these gates. `codeowners` is CODEOWNERS of the base."""
    paths = tuple(count.path for count in counts)
    lines = sum((count.added or 0) + (count.removed or 0) for count in counts)
    product = tuple(path for path in paths if not is_test(path) and not is_prose(path))
    asking = tuple(gate.name for gate in wants_person(gates))
    found = [
        Seen(Sign.asks_person, len(asking), asking[:_NAMED]),
        _files(Sign.migration, tuple(p for p in paths if first_match(p, MIGRATIONS))),
        _files(Sign.dependency, tuple(p for p in paths if first_match(p, MANIFESTS))),
        _files(Sign.owned, owned_apart(paths, codeowners)),
    ]
    if product and not proven(gates):
        found.append(_files(Sign.unproven, product))
    elif product and not any(is_test(path) for path in paths):
        found.append(_files(Sign.untested, product))
    if len(paths) > LARGE_FILES or lines > LARGE_LINES:
        found.append(Seen(Sign.large, len(paths), lines=lines))
    elif len(paths) > SMALL_FILES or lines > SMALL_LINES:
        found.append(Seen(Sign.wide, len(paths), lines=lines))
    return risk_of(tuple(seen for seen in found if seen.count))


def _files(sign: Sign, paths: tuple[str, ...]) -> Seen:
    return Seen(sign, len(paths), tuple(shown(path) for path in paths[:_NAMED]))
