"""Mentions as Slack tells them to us: they stand in the simulated channel, and a process of its own delivers them in a burst."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.processes import plain_environment
from bench.stack import ADA, BOT, CHANNEL, SIGNING, TEAM, Stack

CONNECTIONS = 64
Answers = list[dict[str, Any]]


def seeded(running: Stack, words: Sequence[str]) -> list[dict[str, Any]]:
    """The events that Slack would send for these messages; nobody has been told of them."""
    bodies = []
    for said in words:
        text = f"<@{BOT}> {said}"
        message = running.sim("messages", {"user": ADA, "channel": CHANNEL, "text": text})
        bodies.append(_event(text, str(message["ts"])))
    return bodies


def _event(text: str, ts: str) -> dict[str, Any]:
    """https://docs.slack.dev/reference/events/app_mention"""
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": "A0SORTIE01",
        "event_id": f"Ev{ts.replace('.', '')}",
        "event_time": int(float(ts)),
        "event": {
            "type": "app_mention",
            "user": ADA,
            "text": text,
            "ts": ts,
            "channel": CHANNEL,
            "event_ts": ts,
        },
    }


def burst(url: str, bodies: Sequence[dict[str, Any]], home: Path) -> Answers:
    """When each was sent (`at`, UNIX time), how long its answer took (`took_s`), and which it was (`status`)."""
    file = home / "bodies"
    file.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    argv = (sys.executable, "-m", "bench.burst", url, str(file), SIGNING, "--connections", str(CONNECTIONS))
    sent = subprocess.run(argv, check=True, capture_output=True, env=plain_environment(), timeout=300)
    answers: Answers = json.loads(sent.stdout)
    refused = [one for one in answers if one["status"] != 200]
    if refused:
        raise RuntimeError(f"{len(refused)} of {len(answers)} were not taken, e.g. {refused[0]}")
    return answers
