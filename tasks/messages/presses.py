"""What is said because somebody pressed a button in the chat: the dialogues, the private refusals, their words on the pull request."""

from integrations.types.chat import Dialogue, OutgoingMessage, Quoted, Section
from tasks.domain import presses, thread_presses
from tasks.domain.facts import Chip
from tasks.domain.permission import TABLE
from tasks.domain.remarks import Heard, Standing, Why
from tasks.domain.run import Run
from tasks.messages import words
from tasks.messages.markdown import code, inert

CHIPS = {
    Chip.wrong_repo: "Wrong repo",
    Chip.wrong_fix: "Wrong fix",
    Chip.too_slow: "Too slow",
    Chip.too_noisy: "Too noisy",
    Chip.broke_something: "Broke something",
}

PRESSED = {
    presses.CHANGE: "request changes",
    presses.CLOSE: "close the pull request",
    presses.KEEP: "keep trying",
    presses.UNTESTED: "open the pull request untested",
    presses.FIX_IT: "fix it",
    presses.NO_PROBLEM: "not a problem",
    presses.STEER: "change the course",
    presses.ANSWER: "answer",
    presses.RETRY: "retry",
    presses.MOVE: "change the repository",
    thread_presses.APPROVE: "approve the plan",
    thread_presses.CHANGE_PLAN: "change the plan",
    thread_presses.DISCARD: "discard the branch",
    thread_presses.HAND_OFF: "take over the run",
    thread_presses.TAKE_TEXT: "use the new text",
    thread_presses.MUTE: "mute",
    thread_presses.UNMUTE: "unmute",
}
"""Verb → what it is called."""


def why_no_problem(run: Run) -> Dialogue:
    label = f"Why the findings of {run.id} are no problem"
    hint = "Recorded with your name and shown on the pull request."
    return Dialogue("ds_waive", "Not a problem", "Waive it", label, hint, longest=500)


def what_to_change(run: Run) -> Dialogue:
    """Behind "Request changes…" (UX §8.13)."""
    label = f"What should be different in {run.id}?"
    hint = "Posted on the pull request with your GitHub name; the agent works on it next."
    return Dialogue("task_change", "Request changes", "Request changes", label, hint)


def which_other_repo(run: Run) -> Dialogue:
    label = f"Which repository should {run.id} be about?"
    hint = "The request, the thread and the clock stay; the work begins anew."
    return Dialogue("task_repo", "Change repository", "Change", label, hint, search=True)


def what_was_bad(run: Run) -> Dialogue:
    """Behind the thumb down: five chips and words."""
    hint = "Kept with the run for people to read. It changes nothing by itself."
    choices = tuple((chip.value, label) for chip, label in CHIPS.items())
    return Dialogue(
        "fb", "What was bad?", "Send", f"More about {run.id}", hint, choices, "What was bad", longest=1_000
    )


def chips(given: tuple[Chip, ...]) -> str:
    """ "wrong fix, too slow"."""
    return ", ".join(CHIPS[chip].lower() for chip in given)


def declined(run: Run, heard: Heard) -> OutgoingMessage:
    """Why a press led to nothing, seen by whoever pressed."""
    what = PRESSED.get(heard.remark.verb, heard.remark.verb)
    text = f"Not done ({what}): {_why(run, heard)}"
    return OutgoingMessage(text, (Section("press", (Quoted(text, limit=400),)),), version=run.seq)


def _why(run: Run, heard: Heard) -> str:
    """Which rule, what they have, what is needed, who can. The repository is not named: they may not be able to read it."""
    login = heard.remark.by.name
    if heard.standing is Standing.refused:
        match heard.why:
            case Why.role:
                had = f"GitHub says `{login}` has {heard.role.value} on this repository, and it needs {_needs(heard)}."
                return f"{had} Anyone who has that can do it."
            case Why.owner:
                return (
                    f"only a code owner of every place that is disputed may say that, and `{login}` is not."
                )
            case Why.account:
                return f"the GitHub account you linked is not called `{login}` any more. Connect it again: mention me with `link`."
            case Why.unasked:
                return "GitHub gave no answer to whether you may, and without one nothing is done. Try again in a minute."
            case Why.person:
                return "guests, programs and people from other workspaces can read along here and no more. A member can do it."
    return f"{run.id} has moved on ({words.STATE_WORDS[run.state].lower()})."


def _needs(heard: Heard) -> str:
    row = TABLE[presses.ACTIONS[heard.remark.verb]]
    return f"{row.role.value} access" + (", or to be the person who asked" if row.requester else "")


def relayed(run: Run, heard: Heard) -> tuple[str, str]:
    """(marker, body) of the review that quotes a person's words from the chat: shown, and doing nothing."""
    marker = f"<!-- sortie run={run.id} kind=relay of={heard.remark.key} -->"
    said = [inert(line, 600) for line in heard.remark.words.splitlines() if line.strip()]
    quoted = [f"> {line}" for line in said[:40] if line]
    head = f"{code(heard.remark.by.name)} asks for changes, in Slack:"
    return marker, "\n".join([marker, head, "", *quoted])
