"""Which checks are found in which repository."""

import pytest

from tasks.gates.detect import Evidence, detect

PYTEST, UNITTEST = "python3 -m pytest -q", "python3 -m unittest discover -v"


def found(files: dict[str, str], *, pytest: bool = True) -> dict[str, str]:
    return dict(detect(Evidence(frozenset(files), files, pytest)))


@pytest.mark.parametrize(
    ("files", "checks"),
    [
        ({"README.md": ""}, {}),
        ({"tests/test_a.py": ""}, {"test": PYTEST}),
        ({"a_test.py": ""}, {"test": PYTEST}),
        ({"pytest.ini": "[pytest]"}, {"test": PYTEST}),
        ({"pyproject.toml": "[tool.pytest.ini_options]"}, {"test": PYTEST}),
        ({"setup.cfg": "[tool:pytest]\n[mypy]"}, {"test": PYTEST, "types": "python3 -m mypy ."}),
        ({"pyproject.toml": "[tool.mypy]\nfiles = ['src']"}, {"types": "python3 -m mypy"}),
        ({"mypy.ini": ""}, {"types": "python3 -m mypy ."}),
        ({"pyrightconfig.json": "{}"}, {"types": "pyright"}),
        ({"ruff.toml": ""}, {"lint": "python3 -m ruff check --output-format=concise ."}),
        ({"tox.ini": "[tox]"}, {"test": "tox"}),
        ({"tox.ini": "[tox]", "test_a.py": ""}, {"test": PYTEST}),
        ({"Makefile": "X := 1\ntest: a\n\tx\nlint:\n\ty\n"}, {"test": "make test", "lint": "make lint"}),
        ({"Makefile": "test := 1\n"}, {}),
        (
            {"go.mod": "module x"},
            {"test": "go test ./...", "types": "go vet ./...", "build": "go build ./..."},
        ),
        ({"Cargo.toml": ""}, {"test": "cargo test --offline", "build": "cargo build --offline"}),
        (
            {
                "package.json": '{"scripts": {"test": "jest", "lint": "eslint .", "build": "tsc"}}',
                "tsconfig.json": "",
            },
            {
                "test": "npm test --silent",
                "types": "npx --no-install tsc --noEmit",
                "lint": "npm run --silent lint",
                "build": "npm run --silent build",
            },
        ),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, {}),
        ({"package.json": "{broken"}, {}),
        ({"package.json": "[]"}, {}),
        ({"pyproject.toml": "broken = ["}, {}),
        ({"setup.cfg": "broken"}, {}),
    ],
)
def test_the_checks_of_a_repository(files: dict[str, str], checks: dict[str, str]) -> None:
    assert found(files) == checks


def test_without_pytest_in_reach_test_files_run_by_unittest_unless_pytest_is_configured() -> None:
    assert found({"test_a.py": ""}, pytest=False) == {"test": UNITTEST}
    assert found({"test_a.py": "", "pytest.ini": ""}, pytest=False) == {"test": PYTEST}
