"""Templates to HTML: escaped by default, undefined names are errors, nothing inline."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _fingerprints() -> dict[str, str]:
    """Short hashes of the static files, so that browsers may keep them for ever."""
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(STATIC)): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = {name: f"/static/{name}?v={mark}" for name, mark in _fingerprints().items()}
    made.filters["iso"], made.filters["clock"] = _iso, _clock
    return made


_ENVIRONMENT = _environment()


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(**values), status)


def problem(status: int, code: str, sentence: str) -> HTMLResponse:
    """A page that says what happened in one sentence, with its code and nothing else."""
    return page("problem.html", status=status, code=code, sentence=sentence)
