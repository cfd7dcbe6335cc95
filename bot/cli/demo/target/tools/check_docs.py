"""Fails when an error code is used in src/ but not listed in docs/errors.md, or listed but not used."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USED = re.compile(r'ApiError\(\s*\d{3},\s*"(\w+)"')
LISTED = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def main() -> int:
    used = {code for path in (ROOT / "src").rglob("*.py") for code in USED.findall(path.read_text())}
    listed = set(LISTED.findall((ROOT / "docs" / "errors.md").read_text()))
    for code in sorted(used - listed):
        print(f"docs/errors.md: the code `{code}` is used in src/ but not listed")
    for code in sorted(listed - used):
        print(f"docs/errors.md: the code `{code}` is listed but nothing in src/ uses it")
    if used != listed:
        return 1
    print(f"docs/errors.md lists all {len(listed)} error codes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
