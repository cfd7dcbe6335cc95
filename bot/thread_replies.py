"""What one person is told at once about what they did in a thread: private sentences."""

import json

from bot.replies import Choice, Reply, described
from tasks.domain.run import Run
from tasks.messages import thread as messages

LONGEST_VALUE = 1_900
"""Slack takes 2,000 characters as a button's value (https://docs.slack.dev/reference/block-kit/block-elements/button-element)."""


def muted(run: Run, *, on: bool) -> Reply:
    if on:
        return Reply(
            f"{run.id} is muted: it posts only when it is ready, failed or over, or waits for somebody. `unmute` undoes it."
        )
    return Reply(f"{run.id} posts as usual again.")


def muted_already(run: Run) -> Reply:
    how = "muted" if run.thread.muted else "not muted"
    return Reply(f"{described(run)} and {how}, so nothing changes.")


def taker_not_linked(user: str) -> Reply:
    return Reply(
        f"@{user} has no linked GitHub account, so the run cannot be theirs. Name them with @ as Slack suggests."
    )


def only_the_requester(run: Run) -> Reply:
    return Reply(f"Only the person who asked for {run.id} can hand it over.")


def theirs_already(run: Run) -> Reply:
    return Reply(f"{run.id} is theirs already.")


def not_to_be_handed(run: Run) -> Reply:
    return Reply(
        f"{described(run)}. A run can be handed over from when its repository is known until it is over."
    )


def handing_over(run: Run) -> Reply:
    return Reply(f"Asking GitHub whether they may write; then {run.id} is theirs.")


def nothing_to_follow_up() -> Reply:
    return Reply("There is no run here that is ready or merged, so there is nothing to follow up.")


def follow_up_needs_words() -> Reply:
    return Reply("Say what should change: `follow up <what should change>`.")


def kept_as_context(mention: str) -> Reply:
    return Reply(
        f"Kept with the run for people to read; the agent does not hear it. Mention {mention} to change its course. "
        "I say this once."
    )


def write_it_to_me(run: Run) -> Reply:
    return Reply(f"Mention me with your answer in this thread; {run.id} hears it at its next step.")


def heard_already(run: Run) -> Reply:
    return Reply(f"{run.id} has these words already.")


def goes_to(run: Run) -> Reply:
    return Reply(f"{run.id} hears it at its next step.")


def uses_new_text(run: Run) -> Reply:
    return Reply(f"{run.id} hears the edited request at its next step.")


def change_plan(run: Run) -> Reply:
    dialogue = messages.change_plan(run)
    text = "Write what should be different as a reply in the thread; the dialogue could not be opened."
    return Reply(text, dialogue=dialogue, run_id=run.id, version=run.seq)


def follow_up(run: Run) -> Reply:
    dialogue = messages.follow_up(run)
    text = "Say it in the thread: `follow up <what should change>`. The dialogue could not be opened."
    return Reply(text, dialogue=dialogue, run_id=run.id, version=run.seq)


def which_to_steer(runs: tuple[Run, ...], words: str, message_ts: str) -> Reply:
    """One button per run, which carries the words; where they are too long for that, they are to be written again."""
    names = ", ".join(run.id for run in runs)
    values = [json.dumps({"t": run.id, "m": message_ts, "w": words}, ensure_ascii=False) for run in runs]
    if any(len(value) > LONGEST_VALUE for value in values):
        return Reply(f"Which one? {names} are active in this thread. Start your words with the run's id.")
    picks = tuple(
        Choice(f"steer_pick_{n}", run.id, value)
        for n, (run, value) in enumerate(zip(runs, values, strict=True))
    )
    return Reply(f"Which one? {names} are active in this thread.", choices=picks[:5])
