"""What `/sortie …` means. Pure. It stands in no thread, so a run asked for here gets one of its own."""

from dataclasses import replace

from bot import commands, replies
from bot.channel_settings import asked_to_set
from bot.drafts import offered
from bot.inbound import Typed
from bot.replies import Reply
from bot.routed import Fact, Ignored, Invited, Known, NewRun, Routed, Unlinked
from bot.who import asked
from bot.who import verdict as verdict_on
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.asks import several
from tasks.domain.commands import LINK, UNLINK
from tasks.domain.facts import RetryRequested, StopRequested
from tasks.domain.options import BadOption, options_of
from tasks.domain.permission import Action, AskHost, Refused
from tasks.domain.presses import RETRY
from tasks.domain.request import Channel, ChannelPlace, ChatPlace, Person, RepoHints, RunRequest
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.titles import title_of
from tasks.messages import mine

NAME = "/sortie"


def route_typed(typed: Typed, known: Known) -> Routed:
    """`known.runs` are the run that is named, or those of whoever types."""
    text = typed.text.strip()
    bare = " ".join(text.lower().split())
    if typed.restricted and bare != "help":
        return Ignored("a guest", replies.restricted())
    if bare in ("", "mine"):
        return Ignored("their runs", Reply(mine.text(known.runs), content=mine.listed(known.runs)))
    if bare == "settings":
        return asked_to_set(typed, known)
    if commands.switched(text):
        return Ignored("the kill switch", replies.only_in_threads())
    command = commands.parse(text)
    if command is not None and command.verb in (LINK, UNLINK):
        nowhere = ChatPlace(ThreadRef(typed.by.account, typed.channel, ""), MessageRef(typed.channel, ""))
        return Invited(typed.by, nowhere, replies.link_sent()) if command.verb == LINK else Unlinked(typed.by)
    if command is not None:
        return _command(command, typed, known)
    return _new_run(typed, known)


def _new_run(typed: Typed, known: Known) -> Routed:
    options = options_of(typed.text, slash=True, known=known.repos)
    if isinstance(options, BadOption):
        return Ignored("a bad option", replies.option_unreadable(options))
    direct = typed.channel.startswith("D") or not typed.member
    request = RunRequest(
        text=typed.text.strip(),
        requester=typed.by,
        channel=Channel.slack_command,
        place=ChannelPlace(typed.by.account, "" if direct else typed.channel),
        received_at=known.now,
        sla_s=options.sla_s or known.sla_s,
        options=options,
        hints=RepoHints(channel=known.channel.repo),
    )
    if known.linked and (items := several(typed.text, slash=True)):
        return offered(request, items, key=typed.delivery.id, usual_s=known.sla_s, in_thread=False)
    return NewRun(request, title_of(typed.text), reply=replies.starting(direct, member=typed.member))


def _command(command: commands.Command, typed: Typed, known: Known) -> Routed:
    if command.verb == "help":
        return Ignored("help", Reply(commands.help_text("@sortie", slash=True)))
    if command.run_id is None:
        return Ignored("no run named", replies.which_to_show())
    run = next((r for r in known.runs if r.id == command.run_id and _theirs_to_see(r, typed)), None)
    if run is None:
        return Ignored("no such run", replies.unknown_run(command.run_id))
    match command.verb:
        case "status":
            return Ignored("status", Reply(f"{replies.described(run)}.", card_of=run.id))
        case "stop":
            return _stop(run, typed.by)
        case "retry":
            return _retry(run, typed.by, known)
    return Ignored("no command here", replies.which_to_show())


def _stop(run: Run, by: Person) -> Routed:
    if run.state in ENDED:
        return Ignored("nothing to stop", replies.over_already(run))
    return Fact((run.id,), StopRequested(by), replies.will_stop(run))


def _retry(run: Run, by: Person, known: Known) -> Routed:
    waits = run.foreign is not None and run.state not in ENDED
    if not waits and run.state not in (RunState.failed, RunState.cancelled):
        return Ignored("nothing to retry", replies.nothing_to_retry(run))
    verdict = verdict_on(by, run, known, Action.resume)
    if isinstance(verdict, Refused):
        return Ignored("not theirs", replies.refused(verdict, can_link=known.can_link))
    if isinstance(verdict, AskHost):
        return Fact((run.id,), asked(by, known, RETRY))
    return Fact((run.id,), RetryRequested(by), replies.will_retry(run))


def _theirs_to_see(run: Run, typed: Typed) -> bool:
    """Their own run, or one of the channel in which they type."""
    if _same(run.request.requester, typed.by):
        return True
    place = run.request.place
    where = run.request.chat
    thread = where.thread if where else place if isinstance(place, ChannelPlace) else None
    return thread is not None and (thread.team, thread.channel) == (typed.by.account, typed.channel)


def _same(one: Person, other: Person) -> bool:
    return replace(one, name="") == replace(other, name="")
