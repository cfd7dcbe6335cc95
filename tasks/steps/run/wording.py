"""The words of a submission's commit: a title in the repository's convention, a message that advertises nobody, our trailers."""

from tasks.domain.plan import cut
from tasks.domain.run import Run
from tasks.gates.globs import PROTECTED, first_match
from tasks.workspace.advertising import names_in, without_advertising
from tasks.workspace.commit_message import TITLE_LENGTH, Trailers, commit_message, disarmed
from tasks.workspace.convention import LOOKED_AT, in_convention
from tasks.workspace.workspaces import Workspaces


def title_of(run: Run, said: str, workspaces: Workspaces) -> str:
    """What the agent called its work, as one line that fits the history of the base."""
    own = _own_names(run, said, workspaces)
    title = " ".join(disarmed(without_advertising(disarmed(said), own=own)).split())
    if title:
        title = in_convention(title, workspaces.subjects(run.repo, run.rules_oid, LOOKED_AT))
    return cut(title, TITLE_LENGTH)


def message_of(run: Run, first: str, summary: str, workspaces: Workspaces) -> str:
    """The whole message. The requester is named as a co-author where the repository asks for it and we know the account."""
    account = _account(run)
    trailers = Trailers(
        account or run.login or run.request.requester.name or run.request.requester.id,
        run.id,
        account if run.rules.coauthor else "",
    )
    own = _own_names(run, f"{first}\n{summary}", workspaces)
    return commit_message(first, summary, trailers, own=own)


def _account(run: Run) -> str:
    """The requester as git knows people of the code host, "" where the account is not known."""
    if run.login and run.inspection and run.inspection.user_id:
        return f"{run.login} <{run.inspection.user_id}+{run.login}@users.noreply.github.com>"
    return ""


def _own_names(run: Run, text: str, workspaces: Workspaces) -> frozenset[str]:
    """Names of vendors and models that belong here: the request uses them, or a file of the base is called so.

    Files that steer agents and tools are no reason: half the repositories have one that is called after a model.
    """
    found, asked = names_in(text), run.request.host
    said = f"{run.request.text}\n{asked.title}\n{asked.body}" if asked else run.request.text
    own = found & names_in(said)
    if found == own:
        return own
    paths = workspaces.files(run.repo, run.rules_oid)
    return own | {name for name in found - own if any(_is_called(path, name.split()[0]) for path in paths)}


def _is_called(path: str, name: str) -> bool:
    return name in path.lower() and not first_match(path, PROTECTED)
