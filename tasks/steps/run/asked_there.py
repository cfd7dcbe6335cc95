"""What a run was asked for, and the issue, pull request or message on which that was, as data for a prompt."""

from tasks.domain.run import Run
from tasks.prompts.clean import excerpt
from tasks.prompts.render import Untrusted

CHARACTERS = 12_000


def all_asked(run: Run) -> str:
    """The request with the message that it points to, for whoever judges a change by it."""
    quoted = run.request.quoted
    if quoted is None:
        return run.request.text
    return f"{run.request.text}\n\nThe message that this is about, written by somebody else:\n\n{excerpt(quoted.text, CHARACTERS)}"


def asked_there(run: Run) -> Untrusted | None:
    """Its text as it stood when it was asked: what was changed there since does not count."""
    place, quoted = run.request.host, run.request.quoted
    if quoted:
        return Untrusted("message of somebody else", excerpt(quoted.text, CHARACTERS))
    if place is None:
        return None
    kind = "pull request" if place.on_pull else "issue"
    text = f"{place.title}\n\n{place.body}".strip()
    return Untrusted(f"{kind} #{place.number}", excerpt(text, CHARACTERS))
