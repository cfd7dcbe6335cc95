"""Signs thinking blocks, so that a client that alters one is refused as the real API refuses it."""

import base64
import hashlib
import hmac

_KEY = b"model simulator thinking signature"


def sign(thinking: str) -> str:
    """The signature of a thinking block with this text."""
    digest = hmac.new(_KEY, thinking.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"sim1" + digest).decode()
