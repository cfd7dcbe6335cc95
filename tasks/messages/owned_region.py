"""The part of a pull request's body that is ours: outside of it we touch nothing, and where a person changed it we stop."""

import hashlib
import re

BEGIN = "<!-- sortie:begin -->"
END = "<!-- sortie:end -->"
_SEAL = re.compile(r"\n<!-- sortie:seal=([0-9a-f]{16}) -->\n?\Z")


def owned(lines: list[str]) -> str:
    """The lines between our markers, sealed with their hash so that a later change by a person is seen."""
    text = "\n".join(lines).strip("\n")
    return f"{BEGIN}\n{text}\n<!-- sortie:seal={_hash(text)} -->\n{END}"


def updated(current: str, wanted: str) -> str | None:
    """`current` with its region replaced by that of `wanted`; None where a person edited or removed ours."""
    body = current.replace("\r\n", "\n")
    start, end = body.find(BEGIN), body.find(END)
    if start < 0 or end < start or body.count(BEGIN) != 1 or body.count(END) != 1:
        return None
    inside = body[start + len(BEGIN) : end].removeprefix("\n")
    seal = _SEAL.search(f"\n{inside}")
    if seal is None or _hash(f"\n{inside}"[1 : seal.start()]) != seal.group(1):
        return None
    return body[:start] + wanted + body[end + len(END) :]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
