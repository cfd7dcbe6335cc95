"""Writes that only the thread causes: a direct message, and taking our own branch off the code host."""

from integrations.errors import Rejected
from integrations.redaction import mask_patterns
from integrations.types.chat import ThreadRef
from tasks.domain.events import Event
from tasks.domain.files import LARGEST
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.thread_events import BranchDiscarded, FileRead
from tasks.domain.thread_presses import discardable
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.messages import thread as messages

KEPT = 48_000
"""So many characters of a file are kept."""


def tell(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One direct message, found again by our id of this write; nothing once it has lost its point."""
    effect, run = moment.intent.effect, moment.run
    about = effect.get("about")
    if run.state in ENDED or (about == "reminder" and run.state is not RunState.needs_input):
        return None
    place = ThreadRef("", ports.chat.direct(effect.get("user")), "")
    since = moment.intent.created_at
    if moment.intent.doubtful and ports.chat.find_post(place, outbox_id=moment.outbox_id, since=since):
        return None
    content = messages.DIRECT[about](run, links=ports.links)
    moment.insist()
    ports.chat.post(place, content, outbox_id=moment.outbox_id)
    return None


def file(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Reads one file with our token; what it says goes to the agent as text that anybody may have written."""
    file_id = moment.intent.effect.get("file")
    found = next((a for a in moment.run.thread.files if a.file.id == file_id and a.awaited), None)
    if found is None:
        return None
    try:
        content = ports.chat.read_file(found.file.url, limit=LARGEST)
    except Rejected as refused:
        return FileRead(file_id, "", refused.message)
    if b"\0" in content[:8192]:
        return FileRead(file_id, "", "not a text")
    return FileRead(file_id, _kept(mask_patterns(content.decode("utf-8", "replace").replace("\0", ""))))


def _kept(text: str) -> str:
    """A long file's beginning and, as logs end with what went wrong, twice as much of its end."""
    if len(text) <= KEPT:
        return text
    left_out = len(text) - KEPT
    return f"{text[: KEPT // 3]}\n[… {left_out} characters left out …]\n{text[-(KEPT - KEPT // 3) :]}"


def discard(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Deletes our branch, only while it holds exactly what we pushed last; one that is gone already is discarded too."""
    run, effect = moment.run, moment.intent.effect
    branch, oid = effect.get("branch"), effect.get("oid")
    if not discardable(run) or (run.branch, run.pushed_oid) != (branch, oid):
        return BranchDiscarded(
            branch, oid, f"The branch {branch} was left as it is: it is not ours alone any more."
        )
    remote = ports.code_host.git_remote(run.repo)
    if ports.workspaces.remote_head(run.repo, branch, remote) is not None:
        moment.insist()
        try:
            ports.workspaces.delete(run.repo, branch=branch, expected_old=oid, remote=remote)
        except Rejected as refused:
            return BranchDiscarded(branch, oid, f"The branch {branch} was left as it is: {refused.message}")
    return BranchDiscarded(branch, oid)


def out_of_date(name: str, run: Run) -> bool:
    """Whether a plan need not be shown any more, or a question with a default not be asked."""
    if name.startswith("M4."):
        return run.question is None or name != f"M4.{run.question.number}"
    asked = next((a for a in run.thread.assumptions if a.post == name), None)
    return asked is None or bool(asked.answer) or run.state in ENDED or run.state is RunState.ready


THREAD_EFFECTS: dict[str, EffectFunction] = {"chat.tell": tell, "chat.file": file}
DISCARDING: dict[str, EffectFunction] = {"host.discard": discard}
