"""What people may type: pure parsers of the commands that tasks/domain/commands.py lists, and the chat's help."""

import re
from dataclasses import dataclass

from tasks.domain.commands import BY_VERB, NAME, SWITCH, Where, typed_in

_WITH_WORDS = ("handoff", "follow up")
_VERBS = {spec.verb for spec in typed_in(Where.chat)} - {SWITCH, *_WITH_WORDS}
_HANDOFF = re.compile(r"hand[- ]?off(?:\s+to)?\s+@?([A-Za-z0-9._-]{2,80})[.!]?", re.IGNORECASE)
_FOLLOW_UP = re.compile(r"follow[- ]?up(?::|\b)\s*(.*)", re.IGNORECASE | re.DOTALL)
_CHAT_ALONE = ("mute", "unmute")
_SWITCH = re.compile(rf"{SWITCH}(?:\s+(on|off|status)(?:[\s:,]+(.*))?)?", re.IGNORECASE | re.DOTALL)
_RUN_ID = re.compile(r"(?:R-)?(\d{1,12})", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(R-\d{1,12})\b[\s:,]*", re.IGNORECASE)

_CALLED = re.compile(rf"(?:{re.escape(NAME)}|/{NAME[1:]})(?![\w-])[:,]?[ \t]*(.*)", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FINDING = re.compile(r"waive\s+#?(\d{1,6})(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_EXPLAIN = re.compile(r"explain(?:[.!]?|[\s:,]+(.+))", re.IGNORECASE | re.DOTALL)
_LENS = re.compile(r"review\s+(correctness|security|tests)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and, where one was written, the run it is about ("R-1042")."""

    verb: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command in a comment on the code host; `words` is what follows the verb, or the whole request."""

    verb: str
    words: str = ""


def parse(text: str) -> Command | None:
    """The command a text is, or None where it is a request or steering.

    A verb counts only when it stands alone or before a run id, so that "stop using moment.js" is steering (UX 5.6).
    """
    words = text.split()
    if not 1 <= len(words) <= 2:
        return None
    verb = words[0].rstrip(".!").lower()
    if verb not in _VERBS:
        return None
    if len(words) == 1:
        return Command(verb)
    run_id = _RUN_ID.fullmatch(words[1].rstrip(".!"))
    return Command(verb, f"R-{run_id.group(1)}") if run_id else None


def handed_to(text: str) -> str | None:
    """The chat user that a run is to be handed to, as Slack names them (U…); None where the words are no hand-over."""
    found = _HANDOFF.fullmatch(text.strip())
    return found.group(1).rstrip(".") if found else None


def followed_up(text: str) -> str | None:
    """What a follow-up should change; "" where it says nothing, None where the words are none."""
    found = _FOLLOW_UP.fullmatch(text.strip())
    return found.group(1).strip() if found else None


@dataclass(frozen=True, slots=True)
class SwitchCommand:
    """What is wanted of the kill switch: `on` None asks how it stands."""

    on: bool | None
    reason: str = ""


def switched(text: str) -> SwitchCommand | None:
    """The command about the kill switch that a text is, or None. Words after on and off are the reason."""
    found = _SWITCH.fullmatch(text.strip())
    if found is None:
        return None
    what = (found.group(1) or "status").lower()
    reason = " ".join((found.group(2) or "").split())
    return SwitchCommand(None) if what == "status" else SwitchCommand(what == "on", reason)


def ordered(comment: str) -> Order | None:
    """The first command of a comment: a line that begins with our name. None where nobody calls us.

    Quoted lines, code blocks and HTML comments never count (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), nor
    does a name in the middle of a line. Free words after the name are a request, with all that is written below them.
    """
    lines = _HIDDEN.sub("", comment).replace("\r\n", "\n").split("\n")
    for at, line in _spoken(lines):
        if called := _CALLED.match(line):
            return _order(called.group(1).strip(), "\n".join(lines[at + 1 :]).strip())
    return None


def _spoken(lines: list[str]) -> list[tuple[int, str]]:
    """The lines outside of fenced code, with their places. Quoted and indented ones cannot begin with our name."""
    found, fence = [], ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if fence:
            closes = mark and mark.group(1).startswith(fence) and not mark.group(2).strip()
            fence = "" if closes else fence
        elif mark and not (mark.group(1)[0] == "`" and "`" in mark.group(2)):
            fence = mark.group(1)
        else:
            found.append((at, line))
    return found


def _order(first: str, below: str) -> Order | None:
    bare = " ".join(first.rstrip(".!").lower().split())
    command = parse(first)
    if command is not None and command.verb not in _CHAT_ALONE:
        return Order(command.verb, command.run_id or "")
    if bare in ("hold", "unhold", "review", "fix ci", "fix conflicts", "fix findings", "rebase"):
        return Order(bare)
    if lens := _LENS.fullmatch(first.rstrip(".!")):
        return Order("review", lens.group(1).lower())
    if waived := _FINDING.fullmatch(first):
        return Order("waive", f"#{waived.group(1)} {(waived.group(2) or '').strip()}".strip())
    words = f"{first}\n{below}".strip()
    if switched(words):
        return Order(SWITCH, words)
    if asked := _EXPLAIN.fullmatch(words):
        return Order("explain", (asked.group(1) or "").strip())
    return Order("request", words) if words else Order("help")


def addressed_run(text: str) -> tuple[str | None, str]:
    """A run id written in front of steering ("R-1042 also cover …"), and the words that follow it."""
    found = _ADDRESS.match(text)
    if found is None or not text[found.end() :].strip():
        return None, text
    return found.group(1).upper(), text[found.end() :].strip()


def help_text(mention: str, *, slash: bool = False) -> str:
    """At most eight lines: the four things people do. `mention` is how we are called, for example "@sortie".

    `slash` for whoever typed /sortie, which Slack has no place for in threads.
    """
    if slash:
        return "\n".join(_SLASH)
    lines = [
        f"{mention} <what should change> — starts a run in this thread.",
        f"{mention} <more words> — while a run is working here: a change of course for the agent.",
    ]
    lines += [
        f"{mention} {spec.usage} — {spec.does} ({spec.who})" for spec in typed_in(Where.chat) if not spec.rare
    ]
    others = (spec.usage for spec in typed_in(Where.chat) if spec.rare)
    return "\n".join([*lines, f"Also: {' · '.join(others)}. Start a reply with // to talk past me."])


_SLASH = (
    "/sortie <what should change> — starts a run in this channel. Options: repo=owner/name base=branch sla=45m plan",
    "/sortie — your runs. /sortie status|stop|retry R-1042 — one of them.",
    "/sortie settings — how I behave in this channel (operators).",
    "In threads Slack has no slash commands: mention @sortie there to steer, answer or stop.",
)


def documented() -> str:
    """docs/commands.md, made of the table."""
    rows = ["| Command | Where | Who | What it does | Example |", "|---|---|---|---|---|"]
    for spec in BY_VERB.values():
        where = ", ".join("pull request" if w is Where.pull else str(w) for w in spec.where)
        example = f"`{NAME} {spec.examples[0]}`"
        usage = spec.usage.replace("|", "\\|")
        who = spec.who if spec.where == (Where.chat,) else spec.who_on_the_host
        rows.append(f"| `{NAME} {usage}` | {where} | {who} | {spec.does} | {example} |")
    return "\n".join([*_DOC_HEAD, *rows, *_DOC_TAIL, ""])


_DOC_HEAD = [
    "# Commands",
    "",
    "Made from the table in `tasks/domain/commands.py`; `python -m bot.commands_doc` writes it again.",
    "",
]
_DOC_TAIL = [
    "",
    "In Slack `/sortie <what should change>` begins a run in the channel it is typed in: a message of ours quotes it and is its thread.",
    "`repo=owner/name base=branch sla=45m plan` in it, or in a mention, are options; one that cannot be read starts nothing. What",
    "stands in backticks is no option. `/sortie` alone lists one's own runs, `/sortie settings` sets the channel (operators), and",
    "`/sortie status|stop|retry R-1042` is about one of them. Several lines, or a list in a mention, are asked about first:",
    'several runs, which one message lists, or one. "Fix with Sortie" on a message, and the reaction `:sortie:` where the',
    "channel's settings allow it, begin a run on that message as it stood then; what somebody else wrote in it is data for the",
    "agent, and a reaction can be taken back for five seconds. **Change repo** on the card keeps request, thread and clock.",
    "",
    "On a pull request or an issue a command is a line that begins with `@sortie` or `/sortie`. Quoted lines, code blocks and edited",
    "comments never count; comments of programs count only where `github.allowed_bots` lists the account's id. Free words",
    "after the name are a request. Who may is asked of GitHub when the command arrives, by the account's id, and again",
    "before a push.",
    "",
    "On an issue the first request begins a run on that repository; `base=release/2` in it names another branch than the",
    "default one. The issue's title and text go along as they stood at that moment. The pull request says which issue it is",
    "for and closes nothing. A question is asked in a comment there: the requester answers in plain words, anyone else with",
    "write access by `@sortie <answer>`. An account that may not start work is told so three times an hour, then not heard.",
    "",
    "On a person's pull request `review` lets the lenses look at its head and posts what they find as one review and as the",
    "check `sortie/review`; one lens alone leaves that check waiting for the others. `explain` is answered in one comment,",
    "wherever it is asked. Both leave branches, titles, labels and drafts alone. An explanation needs read access; on a public",
    "repository, where everybody has that, triage access.",
    "",
    "A request, `fix ci` or `fix conflicts` on a person's pull request ends in one commit on its branch, pushed under the expected",
    "head, where whoever opened it asks, or where the operator's `pulls.push` says `anyone` and the repository does not say less.",
    "After that its author and whoever asked may ask for more, and with `anyone` everybody with write access, by a command.",
    "Otherwise it becomes a pull request into that branch. A fork is never pushed to: the change is gated and posted as",
    "suggestions in one review. Conflicts are resolved on the branch itself, or not at all. Title, description, draft,",
    "labels and reviewers of people's pull requests are never touched.",
    "",
    "A command is acknowledged by a reaction: \N{EYES} taken, \N{ROCKET} pushed, \N{CONFUSED FACE} an answer says what",
    "is missing, \N{THUMBS DOWN SIGN} refused, with one line that says why. Comments and reviews without a command are worked",
    "on too, when their author may write: all that are written within a minute are one round, and each is answered in its",
    "own thread. The kill switch is for all repositories: typed there it is refused, with where an operator turns it.",
]
