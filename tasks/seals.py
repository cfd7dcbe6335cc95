"""Signed notes of our own that go out into the world and come back: links to connect an account. They expire, and hold no secret."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LIVES = timedelta(minutes=10)
NOTHING = b""


class Purpose(StrEnum):
    """What a note is for; one of another purpose is no note."""

    offer = "offer"
    state = "state"
    agreed = "agreed"


class Bad(StrEnum):
    """Why a note is not taken."""

    forged = "forged"
    expired = "expired"


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says: for which chat account it was made, its number, until when it counts (Unix time), and what else."""

    team: str
    user: str
    number: str
    until: int
    more: dict[str, str]


class Seals:
    """Makes and reads notes. The key is made of a secret that publisher and web process both hold."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(b"sortie link", secret.encode(), hashlib.sha256).digest() if secret else NOTHING

    @property
    def usable(self) -> bool:
        return self._key != NOTHING

    def offer(self, team: str, user: str, now: datetime) -> str:
        """A note for this chat account, good for ten minutes."""
        until = int((now + LIVES).timestamp())
        return self.seal(Purpose.offer, Note(team, user, secrets.token_urlsafe(12), until, {}))

    def seal(self, purpose: Purpose, note: Note) -> str:
        said = [note.team, note.user, note.number, note.until, note.more]
        body = _b64(json.dumps(said, separators=(",", ":")).encode())
        return f"{body}.{self._mark(purpose, body)}"

    def read(self, purpose: Purpose, text: str, now: datetime) -> Note | Bad:
        body, _, mark = text.partition(".")
        if not self.usable or not hmac.compare_digest(
            mark.encode("utf-8", "replace"), self._mark(purpose, body).encode()
        ):
            return Bad.forged
        try:
            note = Note(*json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        except (binascii.Error, ValueError, TypeError):
            return Bad.forged
        return note if note.until > now.timestamp() else Bad.expired

    def derived(self, purpose: str, text: str) -> str:
        """43 letters that nobody else can tell: https://www.rfc-editor.org/rfc/rfc7636#section-4.1 asks for so many."""
        digest = hmac.new(self._key, f"{purpose}:{text}".encode("utf-8", "replace"), hashlib.sha256).digest()
        return _b64(digest)

    def _mark(self, purpose: Purpose, body: str) -> str:
        return self.derived(f"note:{purpose}", body)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


UNUSABLE = Seals("")
"""Where people cannot connect an account themselves."""
