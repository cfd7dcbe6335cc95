"""`sortie kill-switch` and its API: it is turned, it says so, and without a database it never says off."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr

from bot.routes.api import api_router
from tasks.settings import Settings
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tests.support.web import serving


def sortie(tmp_path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SORTIE_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *args],
        env=clean | {"SORTIE_HOME": str(tmp_path / "home")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_is_turned_from_the_command_line_and_the_turn_is_kept(tmp_path: Path) -> None:
    assert sortie(tmp_path, "kill-switch", "status").returncode == 1, "no schema yet: that is not off"
    upgrade(open_engine(f"sqlite:///{tmp_path / 'home/sortie.db'}"))
    turned = sortie(tmp_path, "kill-switch", "on", "--reason", "storm", "--json")
    told = json.loads(turned.stdout)
    assert (turned.returncode, told["state"], told["turns"][0]["reason"]) == (3, "on", "storm")
    assert told["turns"][0]["by"].startswith("command line: ")
    assert sortie(tmp_path, "kill-switch", "off").returncode == 0
    lenses = sortie(tmp_path, "lenses", "--repo", "acme/api", "--json")
    assert json.loads(lenses.stdout) == {
        "lenses": [],
        "autonomy": {"tier": "none", "proposed": None, "why": ""},
    }


def test_the_api_wants_the_token_and_without_one_set_nobody_may(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(engine)
    for token, expected in (("", 403), ("right", 200)):
        settings = Settings(_env_file=None, home=tmp_path, dashboard_token=SecretStr(token))
        app = FastAPI()
        app.include_router(api_router(Store(engine), settings))
        with serving(app) as url, httpx2.Client(base_url=url) as http:
            place, turn = "/api/kill-switch", {"on": True, "reason": "storm"}
            assert http.post(place, json=turn).status_code == 403
            assert http.get(place, headers={"authorization": "Bearer"}).status_code == 403
            given = {"authorization": f"Bearer {token or 'guessed'}"}
            assert http.post(place, json=turn, headers=given).status_code == expected
            seen = http.get(place, headers=given)
            assert seen.json()["state" if token else "error"] == ("on" if token else "AUTH-004")
            assert http.post(place, json={"on": "yes"}, headers=given).status_code in (403, 422)
    engine.dispose()
