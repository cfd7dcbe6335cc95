"""What the card says of the thread: an edited request, a mute, where a follow-up comes from."""

from integrations.types.chat import Button, Plain, Quoted, Span, Text, When
from tasks.domain.run import Run, RunState
from tasks.messages import words


def new_text_button(run: Run, value: str) -> Button | None:
    """Where the request was edited and nobody has said that the new words count."""
    edited = run.thread.edited
    if edited is None or edited.taken or words.is_over(run):
        return None
    return Button(
        "task_newtext", "Use the new text", value=value, hint=f"Let {run.id} work on the edited request"
    )


def card_words(run: Run) -> tuple[Text, ...]:
    """What the card's context line says of the thread."""
    thread = run.thread
    found: list[Text] = []
    if thread.edited:
        done = ", taken over" if thread.edited.taken else ""
        found.append((Plain("request edited "), When(thread.edited.at), Plain(done)))
    if thread.muted:
        found.append((Plain("muted"),))
    if thread.follows:
        found.append((Plain(f"follow-up of {thread.follows}"),))
    return tuple(found)


def files(run: Run) -> Text:
    """The files that people gave: which of them the agent gets, and why not the others."""
    spans: list[Span] = []
    for given in run.thread.files[:10]:
        how = f" ({given.problem})" if given.problem else "" if given.text else " (being read)"
        spans += [Plain(" · " if spans else "Files: "), Quoted(given.file.name, limit=60), Plain(how)]
    more = len(run.thread.files) - 10
    return (*spans, Plain(f" and {more} more")) if more > 0 else tuple(spans)


def follow_up_button(run: Run, value: str) -> Button | None:
    """Where a finished change can be gone on from."""
    if run.state not in (RunState.ready, RunState.merged) or run.pr is None or run.is_theirs:
        return None
    return Button(
        "task_follow", "Follow up...", value=value, hint=f"Start another run that goes on from {run.id}"
    )
