"""What a run says where it was asked for on the code host: a question, a refusal, how it ended. From the run alone."""

from tasks.domain.next_step import left
from tasks.domain.run import Question, Run, RunState
from tasks.messages import words
from tasks.messages.errors import label, sentence
from tasks.messages.markdown import code, inert
from tasks.messages.words import Links

ANSWER_LINES = 40


def question(run: Run, asked: Question, *, links: Links) -> tuple[str, str]:
    """(marker, body) of one question; whoever asked for the run answers in plain words, everybody else by a command."""
    who, marker = code(run.request.requester.name), _question_marker(run, asked.number)
    lines = [f"{who}: {inert(asked.text, 600)}", ""]
    lines += [
        f"- **{chr(ord('A') + n)}** {inert(option, 200)}" for n, option in enumerate(asked.options[:26])
    ]
    how = "Answer in a comment here"
    how += ", by letter or in your own words." if asked.options else "."
    return marker, "\n".join(
        [
            marker,
            *lines,
            "",
            f"{how} Others with write access begin theirs with `@sortie`.",
            "",
            _run(run, links),
        ]
    )


def answered(run: Run, number: int, *, answer: str, by: str) -> tuple[str, str]:
    """What a question becomes once it is answered."""
    marker = _question_marker(run, number)
    return marker, f"{marker}\nAnswered by {code(by)}: {inert(answer, 400)}"


def not_started(run: Run) -> list[str]:
    """Why the run was not begun: one line with its code."""
    refused = run.refusal
    assert refused is not None
    return [f"not started: {inert(sentence(refused.code, refused.sentence))} ({label(refused.code)})"]


def explained(run: Run) -> list[str]:
    """The agent's answer in its own words, quoted: none of them does anything."""
    said = [inert(line, 600) for line in run.explanation.splitlines() if line.strip()]
    kept = [f"> {line}" for line in said[:ANSWER_LINES] if line]
    more = [f"> … {len(said) - ANSWER_LINES} lines more"] if len(said) > ANSWER_LINES else []
    return [f"the agent looked at {code(run.asked_head[:12])} and answers:", "", *kept, *more]


def pushed_words(run: Run, oid: str) -> list[str]:
    """The commit that stands on a person's branch now, and what the checks said of it."""
    assert run.pr is not None
    link = f"{run.pr.url.partition('/pull/')[0]}/commit/{oid}"
    gates = run.gates if run.gated_oid == oid else ()
    said = [f"- {inert(gate.name, 40)}: {inert(words.gate_words(gate))}" for gate in gates if gate.command]
    return ["", f"One commit on {code(run.branch)}: {link}", *(["", *said] if said else [])]


def told(run: Run, *, links: Links) -> tuple[str, str]:
    """(marker, body) of the one comment that says how it stands, as far as people must know."""
    marker = f"<!-- sortie run={run.id} kind=status -->"
    return marker, "\n\n".join([f"{marker}\n{_told(run)}", _run(run, links)])


def _told(run: Run) -> str:
    pull = f"#{run.pr.number}" if run.pr else ""
    match run.state:
        case RunState.ready:
            return f"Ready for review: {pull}."
        case RunState.disputed:
            return f"The reviewers of {pull} object, and a person must decide there."
        case RunState.failed if run.failure:
            happened = inert(sentence(run.failure.code, run.failure.happened))
            return f"Stopped: {happened} ({label(run.failure.code)})\n\n{_left(run)}"
        case RunState.cancelled:
            by = f" by {code(run.stopped_by.name)}" if run.stopped_by and run.stopped_by.name else ""
            return f"Stopped{by}.\n\n{_left(run)}"
    return f"At work on {pull}." if pull else "At work again."


def _left(run: Run) -> str:
    return f"What is left: {inert(left(run))} `@sortie retry` begins another attempt."


def _question_marker(run: Run, number: int) -> str:
    return f"<!-- sortie run={run.id} kind=question n={number} -->"


def _run(run: Run, links: Links) -> str:
    return f"[{run.id}]({links.run(run.id)})"
