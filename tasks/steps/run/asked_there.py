"""The issue or pull request on which a run was asked for, as data for a prompt."""

from tasks.domain.run import Run
from tasks.prompts.clean import excerpt
from tasks.prompts.render import Untrusted

CHARACTERS = 12_000


def asked_there(run: Run) -> Untrusted | None:
    """Its title and body as they stood when it was asked: what was changed there since does not count."""
    place = run.request.host
    if place is None:
        return None
    kind = "pull request" if place.on_pull else "issue"
    text = f"{place.title}\n\n{place.body}".strip()
    return Untrusted(f"{kind} #{place.number}", excerpt(text, CHARACTERS))
