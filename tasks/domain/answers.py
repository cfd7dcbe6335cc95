"""What a person's words mean as the answer to an open question. Pure."""

import re

from tasks.domain.policy import named_repo
from tasks.domain.run import BRANCH, RESUME, Question

_FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")

_GO_ON = frozenset({"a", "yes", "go on", "go on from there", "retry", "ok", "resume"})


def meaning(question: Question, text: str, *, spoken: bool) -> str | None:
    """The answer as the run should hear it; None where a repository was asked for and none was named,
    and where somebody else pushed and the words do not plainly say to go on.

    `spoken` words may name an option by its letter; a pressed button already carries the whole option.
    """
    words = text.strip()
    if question.kind == "repo":
        return _repo_meant(words, question.options)
    if question.kind == BRANCH and words.lower().strip(" .!") not in _GO_ON and words not in question.options:
        return None
    if question.kind == BRANCH:
        return RESUME
    if spoken and question.options:
        return _option_meant(words, question.options)
    return words


def option(question: Question, choice: str | None) -> str | None:
    """The option with this index, as a button carries it; None for an index that is not there."""
    index = int(choice) if choice is not None and re.fullmatch(r"\d{1,3}", choice) else -1
    return question.options[index] if 0 <= index < len(question.options) else None


def _repo_meant(text: str, options: tuple[str, ...]) -> str | None:
    word = text.strip("`. ").lower()
    for choice in options:
        if word in (choice.lower(), choice.lower().rpartition("/")[2]):
            return choice
    named = named_repo(text)
    if named:
        return named
    found = _FULL_NAME.search(text)
    return found.group(0).rstrip(".") if found else None


def _option_meant(text: str, options: tuple[str, ...]) -> str:
    letter = text.strip(" .)").upper()
    index = ord(letter) - ord("A") if len(letter) == 1 else -1
    return options[index] if 0 <= index < len(options) else text
