"""What begins only later: a shortcut's form, a reaction in its grace, a list that has to be confirmed. Pure."""

from dataclasses import replace

from bot import replies
from bot.inbound import Decided, Filled, Pointed
from bot.routed import DraftEnded, DraftKept, Ignored, Known, NewRun, Routed
from bot.titles import title_of
from integrations.types.chat import MessageRef
from tasks.domain.drafts import Draft, DraftKind, DraftState, draft_id
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
from tasks.messages import forms

LONGEST_QUOTE = 8_000
CANCEL = "cancel"


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
    return DraftEnded(draft, (NewRun(request, title_of(text or (quoted.text if quoted else ""))),))


def route_decided(decided: Decided, known: Known) -> Routed:
    """A button under something that has not begun: only whoever asked for it decides."""
    draft = known.draft
    if draft is None or not draft.belongs_to(decided.by):
        return Ignored("no such draft", replies.form_gone())
    if decided.choice == CANCEL:
        return DraftEnded(draft, reply=replies.not_started(), late=replies.begun_already())
    return Ignored("no such choice", replies.form_gone())


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
