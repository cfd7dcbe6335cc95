"""`python -m bot.slack_manifest`: prints the manifest of the Slack app, or compares it with one that Slack exported."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.cli.config import USAGE, complain
from bot.slack.manifest import differences, manifest


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="sortie slack manifest",
        description="The manifest of the Slack app, as JSON for api.slack.com/apps.",
    )
    parser.add_argument(
        "--url",
        default="",
        metavar="URL",
        help="hear Slack over HTTP at this public address; else Socket Mode",
    )
    parser.add_argument(
        "--diff",
        type=Path,
        metavar="FILE",
        help="compare with an exported manifest (JSON); exit 1 where they differ",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document, the differences too")
    given = parser.parse_args()
    if given.url and not given.url.startswith(("https://", "http://")):
        complain("CFG-003", f"{given.url!r} is no address: it begins with https://")
        raise SystemExit(USAGE)
    ours = manifest(given.url)
    if given.diff is None:
        sys.stdout.write(json.dumps(ours, indent=2) + "\n")
        return
    found = differences(ours, _exported(given.diff))
    if given.json:
        sys.stdout.write(json.dumps({"same": not found, "differences": [asdict(d) for d in found]}) + "\n")
    else:
        sys.stdout.write("".join(f"{d.sentence()}\n" for d in found) or "Nothing differs.\n")
    raise SystemExit(bool(found))


def _exported(file: Path) -> dict[str, Any]:
    """As App Settings → App Manifest shows it, or as apps.manifest.export answers."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        complain("CFG-003", f"{file} is no manifest in JSON ({type(broken).__name__}).")
        raise SystemExit(USAGE) from None
    if not isinstance(said, dict):
        complain("CFG-003", f"{file} is no manifest: it holds no object.")
        raise SystemExit(USAGE)
    inner = said.get("manifest", said)
    return inner if isinstance(inner, dict) else said


if __name__ == "__main__":
    main()
