"""What Prism finds in an exchange, sorted by whose it is: requests are ours, answers the server's."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.interop.relay import Exchange

_VARIES = re.compile(r"/(?:[0-9a-f]{40}|\d+)(?=/|$)")
_INDEX = re.compile(r"\b\d+\.")


@dataclass(frozen=True, slots=True)
class Violation:
    """`side` is request or response; `call` a method and a path whose ids are N."""

    side: str
    call: str
    message: str

    def __str__(self) -> str:
        return f"{self.side} of {self.call}: {self.message}"


def violations(exchanges: Iterable[Exchange]) -> Counter[Violation]:
    """How often each was seen. Where Prism's header is too long for all, the first ones count."""
    found: Counter[Violation] = Counter()
    for each in exchanges:
        call = f"{each.method} {_VARIES.sub('/N', each.path)}"
        for row in _rows(each.answered.get("sl-violations", "")):
            place = row.get("location") or ["request"]
            found[Violation(str(place[0]), call, _INDEX.sub("N.", str(row.get("message"))))] += 1
    return found


def _rows(header: str) -> list[dict[str, list[str]]]:
    """https://github.com/stoplightio/prism: a JSON list, cut behind the words "Too many violations!" when it is long."""
    if not header.startswith("Too many violations!"):
        return list(json.loads(header)) if header else []
    decoder, at, rows = json.JSONDecoder(), header.index("[") + 1, []
    while at < len(header):
        try:
            row, at = decoder.raw_decode(header, at)
        except ValueError:
            break
        rows.append(row)
        at += 1
    return rows
