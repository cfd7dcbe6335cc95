"""What a refused request can still come to: the buttons of its refusal, and the post that asks the others to start it."""

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Mention,
    OutgoingMessage,
    Plain,
    Quoted,
    Section,
    Text,
)
from tasks.domain.run import Run, RunState
from tasks.messages.card import value

ASK_TEAM, START, OTHER_ACCOUNT = "rq_ask", "rq_start", "acct_other"
NO_WRITE = "AUTH-003"
_OTHER = frozenset({"AUTH-002", NO_WRITE, "AUTH-005"})


def may_be_handed_over(run: Run) -> bool:
    """Whether somebody else can start what was asked: only the role of whoever asked stood in the way."""
    code = run.refusal.code if run.refusal else ""
    return run.state is RunState.declined and code == NO_WRITE and run.request.chat is not None


def buttons(run: Run) -> tuple[Buttons, ...]:
    """Under a refusal, for the one person who sees it."""
    code = run.refusal.code if run.refusal else ""
    shown = []
    if may_be_handed_over(run):
        shown.append(Button(ASK_TEAM, "Ask the team to start it", value=value(run), style="primary"))
    if code in _OTHER and run.request.chat:
        shown.append(Button(OTHER_ACCOUNT, "Wrong account?", value=value(run)))
    return (Buttons("dnb", tuple(shown)),) if shown else ()


def asks_team(run_id: str, *, by: str, title: str) -> OutgoingMessage:
    """In the thread: who asks, for what, and the button. `by` is a chat user id. The repository is not named."""
    said: Text = (
        Mention(by),
        Plain(" asks somebody with write on the repository to start this:"),
        Break(),
        Quoted(title, bold=True, limit=200),
    )
    start = Button(START, "Start it", value=f'{{"t":"{run_id}"}}', style="primary", hint=f"Start {run_id}")
    text = f"Somebody with write on the repository is asked to start this: {title}"
    return OutgoingMessage(text, (Section("rq", said), Buttons("rqb", (start,))))
