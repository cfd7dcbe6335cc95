"""The first title of a run, before anybody restates its request. Pure."""

import re

from tasks.domain.plan import cut
from tasks.domain.policy import strip_options

TITLE_LENGTH = 80
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def title_of(text: str) -> str:
    """A first title, without any model: the first sentence of the request, at most 80 characters."""
    words = strip_options(text)
    first = _SENTENCE.split(words, maxsplit=1)[0]
    return cut(first.rstrip("."), TITLE_LENGTH) or "Untitled request"
