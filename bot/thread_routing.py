"""What people say and do in a thread beside asking and answering: mute, hand over, follow up, edit, pick one of several runs. Pure."""

import re
from dataclasses import replace

from bot import replies, thread_replies
from bot.inbound import MessageChanged, Press, Speech
from bot.routed import Fact, Facts, Ignored, Known, NewRun, Routed
from bot.who import asked
from integrations.types.chat import MessageRef
from tasks.domain import thread_presses
from tasks.domain.facts import PressedInChat, QuestionAnswered, Replied
from tasks.domain.in_thread import PLAN
from tasks.domain.presses import STEER, same_person
from tasks.domain.request import Channel, ChatPlace, Person, RequestOptions, RunRequest
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.thread_events import FilesGiven, FollowsUp, Muted, NewTextTaken, ReplyEdited, RequestEdited
from tasks.domain.titles import title_of

ASIDE = re.compile(r"\s*(?://|\(aside\))", re.IGNORECASE)
KEPT = 50
"""So many messages that are not meant for us are kept of one run."""

_YES = frozenset(
    {
        "approve",
        "approved",
        "yes",
        "ok",
        "okay",
        "go",
        "go ahead",
        "lgtm",
        "build it",
        "approve and build",
        "start",
    }
)
_OVER = (RunState.ready, RunState.merged, RunState.closed)


def muted(on: bool, by: Person, run: Run, known: Known, *, sure: bool) -> Routed:
    if run.state in ENDED or run.thread.muted is on:
        return Ignored("nothing to mute", thread_replies.muted_already(run))
    verb = thread_presses.MUTE if on else thread_presses.UNMUTE
    event = Muted(by, on) if sure else asked(by, known, verb)
    return Fact((run.id,), event, thread_replies.muted(run, on=on) if sure else None)


def handed_over(said: Speech, user: str, run: Run | None, known: Known) -> Routed:
    """The host is asked whether the new one may write; until it says so nothing changes."""
    if run is None:
        return Ignored("no run in the thread", replies.no_run_here())
    if not same_person(said.by, run.request.requester):
        return Ignored("not theirs", thread_replies.only_the_requester(run))
    if known.taker is None:
        return Ignored("not linked", thread_replies.taker_not_linked(user))
    if user == run.request.requester.id:
        return Ignored("theirs already", thread_replies.theirs_already(run))
    if not thread_presses.fits(run, thread_presses.HAND_OFF):
        return Ignored("too early or late", thread_replies.not_to_be_handed(run))
    taker = Person(said.by.provider, said.by.account, user)
    event = PressedInChat(taker, known.taker.login, thread_presses.HAND_OFF, said.by.id, known.taker.id)
    return Fact((run.id,), event, thread_replies.handing_over(run))


def followed_up(said: Speech, words: str, known: Known) -> Routed:
    """Another run on top of the one that is ready, or on its base branch once that is merged."""
    before = next((run for run in known.runs if _can_be_followed(run)), None)
    if before is None:
        return Ignored("nothing to follow up", thread_replies.nothing_to_follow_up())
    if not words:
        return Ignored("no words", thread_replies.follow_up_needs_words())
    place = ChatPlace(said.thread, said.message)
    return _follow_up(before, words, said.by, place, known, direct=said.direct)


def followed_up_by_button(press: Press, run: Run, known: Known) -> Routed:
    chat, words = run.request.chat, (press.choice or "").strip()
    if not known.linked:
        return Ignored("not linked", replies.not_linked(can_link=known.can_link))
    if not _can_be_followed(run) or chat is None or run.card is None:
        return Ignored("stale button", replies.over_already(run))
    if not words:
        return Ignored("no words yet", thread_replies.follow_up(run))
    direct = run.request.channel is Channel.slack_dm
    return _follow_up(run, words, press.by, ChatPlace(chat.thread, run.card), known, direct=direct)


def _can_be_followed(run: Run) -> bool:
    return run.state in _OVER and run.pr is not None and not run.is_theirs


def _follow_up(
    before: Run, words: str, by: Person, place: ChatPlace, known: Known, *, direct: bool
) -> NewRun:
    base = before.branch if before.state is RunState.ready else before.base_ref
    request = RunRequest(
        text=words,
        requester=by,
        channel=Channel.slack_dm if direct else Channel.slack_mention,
        place=place,
        received_at=known.now,
        sla_s=known.sla_s,
        options=RequestOptions(repo=before.repo, base=base),
    )
    return NewRun(request, title_of(words), then=FollowsUp(before.id))


def plan_answered(run: Run, text: str, by: Person, known: Known) -> Routed:
    """Words to a plan: yes, or what should be different. Who may say so, the host knows."""
    if not known.linked:
        return Ignored("not linked", replies.not_linked(can_link=known.can_link))
    words = text.strip()
    parts = [part.strip() for part in re.split(r"[,.!]+", words.lower()) if part.strip()]
    approves = bool(parts) and _YES.issuperset(parts)
    verb = thread_presses.APPROVE if approves else thread_presses.CHANGE_PLAN
    return Fact((run.id,), asked(by, known, verb, "" if approves else words))


def turned_into_a_run(press: Press, run: Run, known: Known) -> Routed:
    """The question is asked again as a change, by whoever pressed; once, as long as that run lives."""
    if not known.linked:
        return Ignored("not linked", replies.not_linked(can_link=known.can_link))
    chat, answer = run.request.chat, dict(run.posts).get("M18")
    after = next((r for r in known.runs if r.thread.follows == run.id), None)
    if after or run.state is not RunState.answered or chat is None or answer is None:
        return Ignored("stale button", replies.over_already(after or run))
    request = replace(
        run.request,
        requester=press.by,
        place=ChatPlace(chat.thread, answer),
        received_at=known.now,
        sla_s=known.sla_s,
        options=replace(run.request.options, repo=run.repo),
        board="",
        kept=False,
    )
    return NewRun(request, run.title, then=FollowsUp(run.id))


def steered(run: Run, text: str, said: Speech) -> Routed:
    """Words to the agent, and the files on them."""
    words = Fact((run.id,), Replied(said.by, text, said.message, True))
    return Facts((words, Fact((run.id,), FilesGiven(said.files)))) if said.files else words


def waits_for_plan(run: Run) -> bool:
    return run.question is not None and run.question.kind == PLAN and run.state is RunState.needs_input


def overheard(said: Speech, runs: tuple[Run, ...], known: Known) -> Routed:
    """Words in the thread that do not call us: the requester's answer to a question that nothing waits for, else context."""
    at_work = tuple(run for run in runs if run.state not in ENDED and run.state is not RunState.ready)
    for run in at_work:
        asked = run.thread.awaits(known.now)
        if asked and said.by.id == run.request.requester.id:
            return Fact((run.id,), QuestionAnswered(asked.number, _option(asked.options, said.text), said.by))
    keeping = tuple(run for run in at_work if run.thread.context < KEPT)
    if not keeping or not said.text.strip():
        return Ignored("not meant for us")
    hint = (
        thread_replies.kept_as_context(known.mention) if not any(r.thread.context for r in keeping) else None
    )
    return Fact(tuple(run.id for run in keeping), Replied(said.by, said.text, said.message, False), hint)


def _option(options: tuple[str, ...], text: str) -> str:
    letter = text.strip(" .)").upper()
    index = ord(letter) - ord("A") if len(letter) == 1 else -1
    return options[index] if 0 <= index < len(options) else text.strip()


def late_answer(press: Press, run: Run) -> Routed | None:
    """A press on a question that nothing waits for; None for every other."""
    asked = run.thread.assumption(press.question)
    if asked is None:
        return None
    if press.action == "q_free":
        return Ignored("they will write it", thread_replies.write_it_to_me(run))
    index = int(press.choice) if press.choice and press.choice.isdecimal() and len(press.choice) < 4 else -1
    over = bool(asked.answer) or run.state in ENDED or run.state is RunState.ready
    if over or not 0 <= index < len(asked.options):
        return Ignored("stale button", replies.over_already(run))
    return Fact((run.id,), QuestionAnswered(asked.number, asked.options[index], press.by))


def picked(press: Press, run: Run, known: Known, *, sure: bool) -> Routed:
    """Which of several runs some words were for; `press.said` is the message they stand in."""
    if run.state in ENDED or run.state is RunState.ready or not press.choice or not press.said:
        return Ignored("stale button", replies.over_already(run))
    message = MessageRef(press.thread.channel, press.said)
    if any(steer.message == message for steer in run.steering):
        return Ignored("said already", thread_replies.heard_already(run))
    if not sure:
        return Fact((run.id,), asked(press.by, known, STEER, press.choice, message=message))
    return Fact((run.id,), Replied(press.by, press.choice, message, True), thread_replies.goes_to(run))


def new_text(press: Press, run: Run, known: Known, *, sure: bool) -> Routed:
    edited = run.thread.edited
    if edited is None or edited.taken or run.state in ENDED or run.state is RunState.ready:
        return Ignored("stale button", replies.over_already(run))
    if not sure:
        return Fact((run.id,), asked(press.by, known, thread_presses.TAKE_TEXT))
    return Fact((run.id,), NewTextTaken(press.by), thread_replies.uses_new_text(run))


def changed(it: MessageChanged, known: Known) -> Routed:
    """The requester's edit of the message that asked is shown, a deletion told; words that nobody has heard yet are replaced.

    Where a run was begun on somebody else's words, those stay as they stood then: their author may have no say here.
    """
    text = "" if it.deleted or ASIDE.match(it.text) else it.text.strip()
    facts = []
    for run in known.runs:
        if run.state in ENDED:
            continue
        chat = run.request.chat
        if chat and chat.origin == it.message:
            own = same_person(it.by, run.request.requester)
            if it.deleted or (own and text not in ("", run.request.text)):
                facts.append(Fact((run.id,), RequestEdited(it.by, text, it.deleted)))
        elif any(
            s.message == it.message and s.by.id == it.by.id and s.seq > run.steering_seen
            for s in run.steering
        ):
            facts.append(Fact((run.id,), ReplyEdited(it.by, it.message, text)))
    return Facts(tuple(facts)) if facts else Ignored("an edit of nothing that counts")
