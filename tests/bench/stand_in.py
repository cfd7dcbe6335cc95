"""Answers on Claude Code's command line as it does, with its own tool loop of a few lines; `--idle` does none of the commands."""

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

TOOL = {"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}


def option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def ask(system: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    body = {"model": option("--model"), "max_tokens": 1000, "system": system, "messages": messages}
    headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}
    request = urllib.request.Request(
        f"{os.environ['ANTHROPIC_BASE_URL']}/v1/messages?beta=true",
        json.dumps({**body, "tools": [TOOL]}).encode(),
        headers,
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        content: list[dict[str, Any]] = json.load(answer)["content"]
    return content


def run(command: str) -> str:
    if "--idle" in sys.argv:
        return "done"
    done = subprocess.run(("/bin/bash", "-c", command), capture_output=True, text=True)
    return done.stdout or done.stderr or "done"


def main() -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": option("--print")}]
    ask("Give this a title.", messages)
    turns = 0
    calls: list[dict[str, Any]] = [{}]
    while calls:
        content = ask(f"You are an agent.\n{option('--append-system-prompt')}", messages)
        turns += 1
        calls = [block for block in content if block["type"] == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": c["id"], "content": run(c["input"]["command"])}
            for c in calls
        ]
        messages += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
    sys.stdout.write(json.dumps({"type": "result", "is_error": False, "num_turns": turns}))


if __name__ == "__main__":
    main()
