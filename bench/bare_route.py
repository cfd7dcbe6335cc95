"""`python -m bench.bare_route DATABASE`: what an acknowledgement costs at least. One FastAPI route, one signature, one durable row."""

import argparse
import json
import socket
import sqlite3
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException, Request

from integrations.slack.webhook import SlackSignature


def bare_app(database: Path, *, secret: str) -> FastAPI:
    """Verifies Slack's signature over the raw body and inserts the body, committed with synchronous FULL before the 200."""
    signature = SlackSignature(secret)
    rows = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        rows.execute(f"PRAGMA {pragma}")
    rows.execute("CREATE TABLE heard (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/slack/events")
    async def heard(request: Request) -> dict[str, bool]:
        body = await request.body()
        if not signature.check(dict(request.headers), body, now=time.time()):
            raise HTTPException(401)
        rows.execute("INSERT INTO heard (body) VALUES (?)", (body.decode(),))
        return {"ok": True}

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--secret", required=True)
    chosen = parser.parse_args()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}) + "\n")
    sys.stdout.flush()
    app = bare_app(chosen.database, secret=chosen.secret)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
