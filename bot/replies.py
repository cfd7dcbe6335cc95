"""What intake answers to one person at once: private sentences, never the only copy of anything."""

from dataclasses import dataclass

from integrations.types.chat import Dialogue, Form, OutgoingMessage, StartForm
from tasks.domain.options import BadOption
from tasks.domain.permission import Refused, Rule
from tasks.domain.run import Run, RunState
from tasks.messages import presses
from tasks.messages.errors import label

HINTS = {
    RunState.needs_input: "waiting for an answer",
    RunState.disputed: "waiting for a decision",
    RunState.ready: "ready for review",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button of a private sentence; `value` is what it sends back."""

    action: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Seen by one person alone.

    `content` says more than the text, and takes its place; `card_of` adds that run's card, `stop_choices` one Stop button per
    run id, `choices` other buttons, `dialogue` opens one about `run_id`; the text is what is said where it cannot be opened.
    `form` and `fields` open those; `field` is where in a dialogue a sentence is shown; `replaces` the message that was pressed on.
    """

    text: str
    card_of: str = ""
    stop_choices: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    dialogue: Dialogue | None = None
    run_id: str = ""
    version: int | None = None
    content: OutgoingMessage | None = None
    form: StartForm | None = None
    fields: Form | None = None
    field: str = "reason"
    replaces: bool = False


def described(run: Run) -> str:
    return f"{run.id} is {HINTS.get(run.state, run.state.replace('_', ' '))}"


def starting(direct: bool, *, member: bool = True) -> Reply:
    if not member:
        return Reply(
            "I am not in this channel, so I answer in a direct message with you. To have it here next time: /invite @sortie"
        )
    where = "in a direct message with you" if direct else "in this channel"
    return Reply(f"Starting {where}. My message there is the thread of the run.")


def option_unreadable(bad: BadOption) -> Reply:
    return Reply(f"Nothing was started: {bad.sentence} ({label(bad.code)})")


def settings(what: Form) -> Reply:
    return Reply("The form could not be opened. Type /sortie settings again.", fields=what)


def settings_for_operators() -> Reply:
    said = "Only an operator can change how I behave in a channel. Operators are named in sortie.toml."
    return Reply(said, field="set_repo")


def no_channel_here() -> Reply:
    return Reply("Type /sortie settings in the channel that it is about.")


def form(what: StartForm) -> Reply:
    return Reply("The form could not be opened. Try the shortcut again, or mention me.", form=what)


def field(block: str, sentence: str) -> Reply:
    return Reply(sentence, field=block)


def form_gone() -> Reply:
    return Reply("This form is no longer valid. Open it again.", field="form_repo")


def not_started() -> Reply:
    return Reply("Not started.", replaces=True)


def one_run() -> Reply:
    return Reply("Starting it as one run.", replaces=True)


def several_runs(count: int) -> Reply:
    return Reply(f"Starting {count} runs. One message lists them all.", replaces=True)


def begun_already() -> Reply:
    return Reply("That has begun already, or was called off before.", replaces=True)


def seen_before() -> Reply:
    return Reply("I have that already.")


def will_stop(run: Run) -> Reply:
    return Reply(f"{run.id} is stopped. What is left of it is told in its thread.")


def will_retry(run: Run) -> Reply:
    return Reply(f"{run.id} begins another attempt.")


def which_to_show() -> Reply:
    return Reply("Which one? Write its id, for example `/sortie status R-1042`. `/sortie` alone lists yours.")


def only_in_threads() -> Reply:
    return Reply(
        "Slack has no slash commands in threads. Mention me there instead: @sortie kill-switch status."
    )


def no_run_here() -> Reply:
    return Reply("No run belongs to this thread. Mention me with what should change to start one.")


def unknown_run(run_id: str) -> Reply:
    return Reply(f"There is no {run_id} in this channel.")


def over_already(run: Run) -> Reply:
    return Reply(f"That's already done: {described(run)}.")


def which_to_stop(runs: tuple[Run, ...]) -> Reply:
    names = ", ".join(run.id for run in runs)
    return Reply(f"Which one? {names} are active in this thread.", stop_choices=tuple(r.id for r in runs))


def restricted() -> Reply:
    return Reply(
        "Guests and people from other workspaces can read along here, but not start, steer or stop a run."
    )


def refused(refusal: Refused, *, can_link: bool) -> Reply:
    """What can be refused before the code host is asked."""
    if refusal.rule is Rule.unlinked:
        return not_linked(can_link=can_link)
    return restricted()


def nothing_to_retry(run: Run) -> Reply:
    return Reply(f"{described(run)}, so there is nothing to retry.")


def takes_no_steering(run: Run) -> Reply:
    return Reply(
        f"{described(run)}, so it takes no more changes here. Your words are kept with the run. "
        "Review it on GitHub, or say `follow up <what should change>` for another run on top of it."
    )


def pick_a_repo() -> Reply:
    """Names none: whoever reads this may not be able to read those."""
    return Reply("I am still waiting to hear which repository this is. Write it as owner/name.")


def go_on_or_stop() -> Reply:
    return Reply("Somebody else pushed to the branch. Say “go on” to work on from there, or stop the run.")


def reason_needed(run: Run) -> Reply:
    return Reply(
        "A finding can only be waived with a reason.",
        dialogue=presses.why_no_problem(run),
        run_id=run.id,
        version=run.seq,
    )


def what_to_change(run: Run) -> Reply:
    """Opens a dialogue whose answer counts only while the run stands as it does now."""
    dialogue = presses.what_to_change(run)
    text = f"{dialogue.label} Press the button again; the dialogue could not be opened."
    return Reply(text, dialogue=dialogue, run_id=run.id, version=run.seq)


def which_other_repo(run: Run) -> Reply:
    dialogue = presses.which_other_repo(run)
    return Reply(
        f"{dialogue.label} Press the button again.", dialogue=dialogue, run_id=run.id, version=run.seq
    )


def no_other_repo(run: Run) -> Reply:
    return Reply(f"That is not another repository I work on than the one of {run.id}.")


def too_late_to_move(run: Run) -> Reply:
    return Reply(
        f"{described(run)}: what it made is on its way already. Stop it, and ask again with repo=owner/name."
    )


def what_was_bad(run: Run) -> Reply:
    return Reply(f"Noted with {run.id}.", dialogue=presses.what_was_bad(run), run_id=run.id)


def noted(run: Run) -> Reply:
    return Reply(f"Noted with {run.id}.")


def operators_only() -> Reply:
    return Reply("Only an operator can turn the kill switch. Operators are named in sortie.toml.")


def not_yours(run: Run) -> Reply:
    return Reply(f"Only the person who asked for {run.id} can do that.")


def link_sent() -> Reply:
    return Reply("You are sent a link that connects your GitHub account.")


def not_linked(*, can_link: bool) -> Reply:
    how = "Mention me with `link` to connect yours." if can_link else "Ask an operator to link yours."
    return Reply(f"That needs a linked GitHub account. {how} Anyone here can stop a run.")


def write_your_answer(run: Run) -> Reply:
    return Reply(f"Write your answer as a reply in this thread; {run.id} goes on with it.")
