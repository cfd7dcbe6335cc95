"""What intake answers to one person at once: private sentences, never the only copy of anything."""

from dataclasses import dataclass

from integrations.types.chat import Dialogue
from tasks.domain.run import Question, Run, RunState
from tasks.messages import presses

HINTS = {
    RunState.needs_input: "waiting for an answer",
    RunState.disputed: "waiting for a decision",
    RunState.ready: "ready for review",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """Seen by one person alone.

    `card_of` adds that run's card, `stop_choices` one Stop button per run id, `dialogue` opens one about `run_id`; the
    text is what is said where it cannot be opened.
    """

    text: str
    card_of: str = ""
    stop_choices: tuple[str, ...] = ()
    dialogue: Dialogue | None = None
    run_id: str = ""
    version: int | None = None


def described(run: Run) -> str:
    return f"{run.id} is {HINTS.get(run.state, run.state.replace('_', ' '))}"


def no_run_here() -> Reply:
    return Reply("No run belongs to this thread. Mention me with what should change to start one.")


def unknown_run(run_id: str) -> Reply:
    return Reply(f"There is no {run_id} in this channel.")


def over_already(run: Run) -> Reply:
    return Reply(f"That's already done: {described(run)}.")


def which_to_stop(runs: tuple[Run, ...]) -> Reply:
    names = ", ".join(run.id for run in runs)
    return Reply(f"Which one? {names} are active in this thread.", stop_choices=tuple(r.id for r in runs))


def which_to_steer(runs: tuple[Run, ...]) -> Reply:
    names = ", ".join(run.id for run in runs)
    return Reply(f"Which one? {names} are active in this thread. Start your words with the run's id.")


def restricted() -> Reply:
    return Reply(
        "Guests and people from other workspaces can read along here, but not start, steer or stop a run."
    )


def not_allowed(run: Run) -> Reply:
    return Reply(
        f"Only the person who asked for {run.id}, or somebody with a linked GitHub account, can do that. "
        "Anyone here can stop it."
    )


def nothing_to_retry(run: Run) -> Reply:
    return Reply(f"{described(run)}, so there is nothing to retry.")


def takes_no_steering(run: Run) -> Reply:
    return Reply(
        f"{described(run)}, so it takes no more changes here. Your words are kept with the run. "
        "Review it on GitHub, or start a new thread for a follow-up."
    )


def pick_a_repo(question: Question) -> Reply:
    options = ", ".join(question.options[:3])
    return Reply(
        f"I am still waiting to hear which repository this is. Write it as owner/name, for example {options}."
    )


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


def what_was_bad(run: Run) -> Reply:
    return Reply(f"Noted with {run.id}.", dialogue=presses.what_was_bad(run), run_id=run.id)


def noted(run: Run) -> Reply:
    return Reply(f"Noted with {run.id}.")


def operators_only() -> Reply:
    return Reply("Only an operator can turn the kill switch. Operators are named in sortie.toml.")


def not_linked() -> Reply:
    return Reply("That needs a linked GitHub account. Ask an operator to link yours.")


def write_your_answer(run: Run) -> Reply:
    return Reply(f"Write your answer as a reply in this thread; {run.id} goes on with it.")
