"""What begins only later: a shortcut's form, a reaction in its grace, a list that has to be confirmed. Pure."""

from dataclasses import replace
from datetime import timedelta

from bot import replies
from bot.inbound import Decided, Filled, Pointed, Reacted
from bot.replies import Reply
from bot.routed import DraftEnded, DraftKept, Ignored, Invited, Known, NewRun, Routed
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.drafts import Draft, DraftKind, DraftState, draft_id
from tasks.domain.effect import chat
from tasks.domain.options import BadOption, options_of, seconds
from tasks.domain.policy import hit_of
from tasks.domain.request import (
    Channel,
    ChannelPlace,
    ChatPlace,
    Quotation,
    RepoHints,
    RequestOptions,
    RunRequest,
)
from tasks.domain.run import Run
from tasks.domain.titles import title_of
from tasks.messages import forms, several

LONGEST_QUOTE = 8_000
CANCEL, SEVERAL, ONE = "cancel", "several", "one"
DRAFT_BUTTONS = {f"draft_{choice}": choice for choice in (CANCEL, SEVERAL, ONE)}
"""Button → what it decides."""

START_REACTION = "sortie"
GRACE = timedelta(seconds=5)
"""So long a reaction can be taken off again before anything begins."""


def route_pointed(pointed: Pointed, known: Known) -> Routed:
    """Keeps what the shortcut was used on, as it stands now, and opens the form."""
    if pointed.restricted:
        return Ignored("a guest", replies.restricted())
    key = pointed.delivery.id
    quoted = _quotation(pointed.message, pointed.author, pointed.text) if pointed.message else None
    place = ChatPlace(pointed.thread, pointed.message) if pointed.thread and pointed.message else None
    request = RunRequest(
        text="",
        requester=pointed.by,
        channel=Channel.slack_shortcut,
        place=place or ChannelPlace(pointed.by.account, ""),
        received_at=known.now,
        sla_s=known.sla_s,
        hints=RepoHints(bound(known.runs), known.channel.repo),
        quoted=quoted,
    )
    draft = Draft(draft_id(DraftKind.shortcut, key), DraftKind.shortcut, key, request)
    form = forms.start(draft, hit_of(request, known.policy), member=pointed.member)
    return DraftKept(draft, replies.form(form))


def route_filled(filled: Filled, known: Known) -> Routed:
    """What was kept says whom and what it is about, the form only what was entered."""
    draft = known.draft
    if draft is None or not draft.belongs_to(filled.by) or draft.kind is not DraftKind.shortcut:
        return Ignored("no such form", replies.form_gone())
    if filled.restricted:
        return Ignored("a guest", replies.restricted())
    if draft.state is not DraftState.open:
        return Ignored("sent off before")
    text = filled.text.strip()
    quoted = draft.request.quoted
    if not text and quoted is None:
        return Ignored("no words", replies.field("form_prompt", "Write what should change."))
    written = options_of(text, known=known.repos)
    if isinstance(written, BadOption):
        return Ignored("a bad option", replies.field("form_prompt", f"{written.sentence} ({written.code})"))
    options = RequestOptions(
        written.repo or filled.repo or None, written.base, written.sla_s, written.plan or filled.plan
    )
    request = replace(
        draft.request,
        text=text or forms.ABOUT_IT,
        place=_place(draft.request, filled),
        received_at=known.now,
        sla_s=written.sla_s or seconds(filled.sla) or known.sla_s,
        options=options,
        hints=replace(draft.request.hints, channel=draft.request.hints.channel or known.channel.repo),
    )
    title = title_of(text or (quoted.text if quoted else ""))
    return DraftEnded(draft, DraftState.begun, (NewRun(request, title),))


def reaction_key(reacted: Reacted) -> str:
    """One person's reaction on one message."""
    at = reacted.message
    return f"{reacted.by.account}:{at.channel}:{at.ts}:{reacted.by.id}"


def route_started(reacted: Reacted, known: Known) -> Routed:
    """A reaction that starts a run on the message, where the channel lets it; taken off within the grace, it starts nothing."""
    if not reacted.added:
        draft = known.draft
        return DraftEnded(draft, DraftState.dropped) if draft else Ignored("nothing was about to start")
    if not known.channel.emoji_start:
        return Ignored("reactions start nothing in this channel")
    if reacted.restricted:
        return Ignored("a guest", replies.restricted())
    message, team, key = reacted.message, reacted.by.account, reaction_key(reacted)
    place = ChatPlace(ThreadRef(team, message.channel, message.ts), message)
    if not known.linked:
        return Invited(reacted.by, place)
    request = RunRequest(
        text=forms.ABOUT_IT,
        requester=reacted.by,
        channel=Channel.slack_reaction,
        place=place,
        received_at=known.now,
        sla_s=known.sla_s,
        hints=RepoHints(bound(known.runs), known.channel.repo),
    )
    name = draft_id(DraftKind.reaction, key)
    draft = Draft(name, DraftKind.reaction, key, request, known.now + GRACE, known=False)
    read = chat(
        "read",
        priority=1,
        lane=f"read.{name[:20]}",
        draft=name,
        team=team,
        channel=message.channel,
        ts=message.ts,
        reaction=START_REACTION,
    )
    content = forms.grace(draft)
    return DraftKept(draft, Reply(content.text, content=content), (read,))


def route_decided(decided: Decided, known: Known) -> Routed:
    """A button under something that has not begun: only whoever asked for it decides."""
    draft = known.draft
    if draft is None or not draft.belongs_to(decided.by):
        return Ignored("no such draft", replies.form_gone())
    late = replies.begun_already()
    if decided.choice == CANCEL:
        return DraftEnded(draft, DraftState.dropped, reply=replies.not_started(), late=late)
    if draft.kind is not DraftKind.several or decided.restricted:
        return Ignored("no such choice", replies.form_gone())
    if decided.choice == ONE:
        new = NewRun(draft.request, title_of(draft.request.text))
        return DraftEnded(draft, DraftState.begun, (new,), replies.one_run(), late)
    post = chat("board", priority=2, lane=f"b.{draft.id}", draft=draft.id)
    return DraftEnded(draft, DraftState.begun, (), replies.several_runs(len(draft.items)), late, (post,))


def offered(
    request: RunRequest, items: tuple[str, ...], *, key: str, usual_s: int, in_thread: bool
) -> DraftKept:
    """Asks whether it is several requests or one: in the thread by the outbox, else in the answer itself."""
    name = draft_id(DraftKind.several, key)
    draft = Draft(name, DraftKind.several, key, request, items=items, usual_s=usual_s)
    if in_thread:
        return DraftKept(draft, effects=(chat("offer", priority=1, lane=f"o.{name}", draft=name),))
    content = several.offer(draft)
    return DraftKept(draft, Reply(content.text, content=content))


def _place(request: RunRequest, filled: Filled) -> ChatPlace | ChannelPlace:
    """The message's thread or the chosen channel; where we are in neither, a direct message."""
    team = request.requester.account
    if not filled.member:
        return ChannelPlace(team, "")
    if isinstance(request.place, ChatPlace):
        return request.place
    return ChannelPlace(team, filled.channel)


def bound(runs: tuple[Run, ...]) -> str:
    """The repository on which the newest run of the same thread works."""
    return next((run.repo for run in runs if run.repo and not run.refusal), "")


def _quotation(message: MessageRef, author: str, text: str) -> Quotation:
    return Quotation(author, text[:LONGEST_QUOTE], message)
