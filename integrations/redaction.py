"""The redactor: no known secret, in any usual form, and nothing shaped like one leaves through a sink."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
_WINDOW = 16
_SHORTEST = 8

_SECRET_KEYS = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|api[-_]?key|private[-_]?key|cookie|credential|signature|dsn",
    re.IGNORECASE,
)

# No leading \b: an ANSI code or an escaped newline glued to a token must not hide it.
_PATTERNS = re.compile(
    "|".join(
        (
            r"gh[pousr]_[A-Za-z0-9]{36,251}",
            r"ghs_[A-Za-z0-9._-]{36,}",
            r"github_pat_[A-Za-z0-9_]{22,}",
            r"sk-ant-[A-Za-z0-9_-]{16,}",
            r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
            r"xapp-[A-Za-z0-9-]{10,}",
            r"(?<=/link/\?ticket=)[A-Za-z0-9-]{8,}",
            r"hooks\.slack\.com/services/[A-Za-z0-9/_-]{8,}",
            r"(?:AKIA|ASIA)[A-Z0-9]{16}",
            # One that was cut before it came here: all but its last letters is nearly all of it.
            r"(?:gh[pousr]_|github_pat_|sk-ant-|xox[abeoprs]-|xapp-)[A-Za-z0-9._-]{4,}(?=…)",
            r"(?:AKIA|ASIA)[A-Z0-9]{4,15}(?=…)",
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
            r"(?<=://)[^\s/:@]{0,256}:[^\s/@]{1,256}(?=@)",
        )
    )
)

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}+(\.[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]*)?")
"""Takes in also what only begins like a token, so that no letter is looked at from every `eyJ` before it."""


def mask_patterns(text: str) -> str:
    """The text without anything that is shaped like a credential (SECURITY patterns, no known values)."""
    return _JWT.sub(lambda found: MASK if found[1] else found[0], _PATTERNS.sub(MASK, text))


class Redactor:
    """Masks known values (raw, JSON, URL, hex, base64 in its three alignments, and any 16 characters of these) and patterns.

    Values shorter than eight characters are ignored: masking them would eat ordinary words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._short = tuple(sorted((f for f in forms if len(f) < _WINDOW), key=len, reverse=True))
        self._windows = frozenset(
            form[i : i + _WINDOW]
            for form in forms
            if len(form) >= _WINDOW
            for i in range(len(form) - _WINDOW + 1)
        )

    def text(self, text: str) -> str:
        """The text with every secret in it replaced by `[redacted]`."""
        if self._windows:
            text = _cut_out(text, _covered(text, self._windows))
        for form in self._short:
            text = text.replace(form, MASK)
        return mask_patterns(text)

    def __call__(self, text: str) -> str:
        return self.text(text)

    def value(self, value: Any, *, depth: int = 12) -> Any:
        """The same JSON-like value with its strings redacted and values under telling keys masked, at any depth."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if depth <= 0 and isinstance(value, (Mapping, list, tuple, set, frozenset)):
            return MASK
        if isinstance(value, Mapping):
            return {
                self.text(str(k)): MASK if v and _is_secret(k, v) else self.value(v, depth=depth - 1)
                for k, v in value.items()
            }
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item, depth=depth - 1) for item in value]
        if value is None or isinstance(value, (bool, int, float, datetime)):
            return value
        return self.text(str(value))


def _is_secret(key: object, value: object) -> bool:
    """Numbers (input_tokens) and containers are looked into instead."""
    return isinstance(value, (str, bytes)) and bool(_SECRET_KEYS.search(str(key)))


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(raw, safe="")
    yield quote_plus(raw)
    yield raw.hex()
    yield raw.hex().upper()
    for shift in range(3):
        encoded = _aligned(raw, shift)
        yield encoded
        yield encoded.translate(str.maketrans("+/", "-_"))


def _aligned(raw: bytes, shift: int) -> str:
    """The base64 characters that depend on `raw` alone when it starts `shift` bytes into a group of three."""
    encoded = base64.b64encode(b"\0" * shift + raw).decode()
    first = -(-shift * 8 // 6)
    last = (shift + len(raw)) * 8 // 6
    return encoded[first:last]


def _covered(text: str, windows: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The stretches of the text that known windows cover, in order and merged."""
    start, end = -1, -1
    for i in range(len(text) - _WINDOW + 1):
        if text[i : i + _WINDOW] not in windows:
            continue
        if i > end:
            if start >= 0:
                yield start, end
            start = i
        end = i + _WINDOW
    if start >= 0:
        yield start, end


def _cut_out(text: str, stretches: Iterator[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in stretches:
        kept += [text[at:start], MASK]
        at = end
    return "".join([*kept, text[at:]])
