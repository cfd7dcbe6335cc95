"""route(inbound, known): what one arrival means. Pure; what the chat says is here, what the code host says in host_routing.py."""

from dataclasses import replace
from hashlib import sha256

from bot import commands, handover, presses, replies, thread_replies, thread_routing
from bot.channel_settings import route_channel_set
from bot.drafts import (
    START_REACTION,
    bound,
    offered,
    route_decided,
    route_filled,
    route_pointed,
    route_started,
)
from bot.host_routing import route_host
from bot.inbound import (
    AccountLinked,
    ApprovalWithdrawn,
    ChannelSet,
    ChecksMoved,
    Decided,
    Filled,
    HomeOpened,
    HostPress,
    HostSpeech,
    Inbound,
    Landed,
    MessageChanged,
    PagePress,
    Pointed,
    Press,
    PullRequestChanged,
    Reacted,
    SessionStopped,
    Speech,
    Typed,
)
from bot.replies import Reply
from bot.routed import (
    DraftKept,
    Fact,
    HomeWanted,
    Ignored,
    Invited,
    Kept,
    Known,
    Linked,
    NewRun,
    Routed,
    SwitchTurned,
    Unlinked,
)
from bot.slash import route_typed
from bot.thread_routing import ASIDE
from bot.who import asked
from bot.who import may as surely_may
from bot.who import verdict as verdict_on
from integrations.types.chat import ThreadRef
from tasks.domain import answers
from tasks.domain import presses as pressed
from tasks.domain.asks import several
from tasks.domain.channel import SteerMode
from tasks.domain.commands import LINK, UNLINK
from tasks.domain.events import Event
from tasks.domain.facts import (
    QuestionAnswered,
    Replied,
    RepoChanged,
    RetryRequested,
    StopRequested,
)
from tasks.domain.options import BadOption, options_of
from tasks.domain.permission import Action, Allowed, AskHost, Refused
from tasks.domain.request import Channel, ChatPlace, Person, RepoHints, RunRequest
from tasks.domain.run import BRANCH, ENDED, Run, RunState
from tasks.domain.thread_events import FilesGiven
from tasks.domain.titles import title_of

STOP_REACTION = "octagonal_sign"


def needs_nothing(inbound: Inbound) -> Ignored | None:
    """What can be dropped before anything is looked up or stored: chatter that is none of our business."""
    match inbound:
        case Speech(by_app=True):
            return Ignored("written by an app")
        case Speech(text=text) if ASIDE.match(text):
            return Ignored("an aside")
        case Reacted(name=name, added=added) if name != START_REACTION and not (
            added and name == STOP_REACTION
        ):
            return Ignored("a reaction that means nothing to us")
    return None


def route(inbound: Inbound, known: Known) -> Routed:
    """What this arrival means, given what is known. Total, and without side effects.

    Nothing that is asked in the chat starts before its requester has an account: until then it is kept.
    """
    routed = needs_nothing(inbound) or _route(inbound, known)
    if isinstance(routed, DraftKept):
        return _owned(routed, known)
    if not isinstance(routed, NewRun) or routed.request.host:
        return routed
    if not known.linked:
        return Kept(routed.request, routed.title, known.can_link)
    return replace(routed, request=replace(routed.request, account=known.account))


def _owned(kept: DraftKept, known: Known) -> DraftKept:
    """What begins later begins with the account that its requester has now."""
    request = replace(kept.draft.request, account=known.account)
    return replace(kept, draft=replace(kept.draft, request=request))


def _route(inbound: Inbound, known: Known) -> Routed:
    match inbound:
        case Speech():
            return _speech(inbound, known)
        case Typed():
            return route_typed(inbound, known)
        case Pointed():
            return route_pointed(inbound, known)
        case Filled():
            return route_filled(inbound, known)
        case ChannelSet():
            return route_channel_set(inbound, known)
        case Decided():
            return route_decided(inbound, known)
        case Press():
            return _press(inbound, known)
        case Reacted(name=name) if name == START_REACTION:
            return route_started(inbound, known)
        case HomeOpened(by=by):
            return HomeWanted(by)
        case Reacted() | SessionStopped():
            return _stop_all(inbound.by, known, restricted=inbound.restricted)
        case AccountLinked(_, by, account):
            return Linked(by, account)
        case PagePress():
            return _stop_all(inbound.by, known, restricted=False)
        case MessageChanged():
            return thread_routing.changed(inbound, known)
        case (
            ChecksMoved() | PullRequestChanged() | Landed() | HostSpeech() | HostPress() | ApprovalWithdrawn()
        ):
            return route_host(inbound, known)


def _speech(said: Speech, known: Known) -> Routed:
    if not said.addressed:
        return _unaddressed(said, known)
    if switch := commands.switched(said.text):
        return _switch(switch, said, known)
    command = commands.parse(said.text)
    if command is not None:
        return _command(command, said, known)
    if not said.text.strip():
        return Ignored("nothing but a mention", Reply(commands.help_text(known.mention)))
    if said.restricted:
        return Ignored("a guest", replies.restricted())
    if (user := commands.handed_to(said.text)) is not None:
        return thread_routing.handed_over(said, user, next(iter(_active(known.runs)), None), known)
    if known.runs and (words := commands.followed_up(said.text)) is not None:
        return thread_routing.followed_up(said, words, known)
    return _words(said, known)


def _switch(switch: commands.SwitchCommand, said: Speech, known: Known) -> Routed:
    """Only operators turn it; guests do not even hear how it stands."""
    if said.restricted:
        return Ignored("a guest", replies.restricted())
    if switch.on is not None and not known.operator:
        return Ignored("no operator", replies.operators_only())
    return SwitchTurned(said.by, known.login, said.thread, switch.on, switch.reason)


def _unaddressed(said: Speech, known: Known) -> Routed:
    """A plain reply counts when it answers an open question of the speaker's; else it is context, unless all here steer."""
    for run in known.runs:
        if not (run.question and run.state is RunState.needs_input):
            continue
        asked_too = said.by.id == run.thread.helper and not _is_refused(said.by, run, known, Action.answer)
        if asked_too or surely_may(said.by, run, known, Action.answer):
            return _answered(run, said.by, known, _answer(run, said.text, said.by, known, spoken=True))
    steerable = any(not _is_refused(said.by, run, known, Action.steer) for run in _at_work(known.runs))
    if known.channel.steer is SteerMode.any and steerable and not said.restricted:
        return _words(said, known)
    return thread_routing.overheard(said, known.runs, known)


def _words(said: Speech, known: Known) -> Routed:
    active = _active(known.runs)
    named, text = commands.addressed_run(said.text)
    if named is not None and any(run.id == named for run in active):
        active = tuple(run for run in active if run.id == named)
    else:
        text = said.text
    if not active:
        return _new_run(said, known)
    active = _at_work(active) or active
    asking = [r for r in active if r.question and r.state is RunState.needs_input]
    if asking and not _is_refused(said.by, asking[0], known, Action.answer):
        return _answered(asking[0], said.by, known, _answer(asking[0], text, said.by, known, spoken=True))
    if len(active) > 1:
        which = thread_replies.which_to_steer(active, text, said.message.ts)
        return Ignored("several runs in the thread", which)
    run = active[0]
    verdict = verdict_on(said.by, run, known, Action.steer)
    if isinstance(verdict, Refused):
        told = replies.refused(verdict, can_link=known.can_link)
        return _fact(run, Replied(said.by, text, said.message, False), told)
    if run.state is RunState.ready:
        return _fact(run, Replied(said.by, text, said.message, False), replies.takes_no_steering(run))
    if isinstance(verdict, AskHost):
        return _fact(run, asked(said.by, known, pressed.STEER, text, message=said.message))
    return thread_routing.steered(run, text, said)


def _answered(run: Run, by: Person, known: Known, routed: Routed) -> Routed:
    """An answer counts at once where it is the requester's; who else may give one, the code host is asked first."""
    if not isinstance(routed, Fact) or not isinstance(routed.event, QuestionAnswered):
        return routed
    if isinstance(verdict_on(by, run, known, Action.answer), Allowed):
        return routed
    given = routed.event
    return _fact(run, asked(by, known, pressed.ANSWER, given.answer, question=given.question))


def _new_run(said: Speech, known: Known) -> NewRun | DraftKept | Ignored:
    options = options_of(said.text, known=known.repos)
    if isinstance(options, BadOption):
        return Ignored("a bad option", replies.option_unreadable(options))
    request = RunRequest(
        text=said.text,
        requester=said.by,
        channel=Channel.slack_dm if said.direct else Channel.slack_mention,
        place=ChatPlace(said.thread, said.message, sha256(said.text.encode("utf-8", "replace")).hexdigest()),
        received_at=known.now,
        sla_s=options.sla_s or known.sla_s,
        options=options,
        hints=RepoHints(thread=bound(known.runs), channel=known.channel.repo),
    )
    if known.linked and (items := several(said.text)):
        key = f"{said.thread.team}:{said.message.channel}:{said.message.ts}"
        return offered(request, items, key=key, usual_s=known.sla_s, in_thread=True)
    return NewRun(request, title_of(said.text), then=FilesGiven(said.files) if said.files else None)


def _command(command: commands.Command, said: Speech, known: Known) -> Routed:
    if command.verb == "help":
        return Ignored("help", Reply(commands.help_text(known.mention)))
    if command.verb in (LINK, UNLINK):
        if said.restricted:
            return Ignored("a guest", replies.restricted())
        place = ChatPlace(said.thread, said.message)
        return Invited(said.by, place) if command.verb == LINK else Unlinked(said.by)
    runs = known.runs
    if command.run_id is not None:
        runs = tuple(r for r in runs if r.id == command.run_id and _here(r, said.thread))
        if not runs:
            return Ignored("no such run", replies.unknown_run(command.run_id))
    if not runs:
        return Ignored("no run in the thread", replies.no_run_here())
    match command.verb:
        case "status":
            return Ignored("status", Reply(f"{replies.described(runs[0])}.", card_of=runs[0].id))
        case "stop":
            return _stop(said, runs)
        case "mute" | "unmute":
            return _mute(said, (_active(runs) or runs)[0], known, on=command.verb == "mute")
    return _retry(said.by, runs, known, restricted=said.restricted)


def _mute(said: Speech, run: Run, known: Known, *, on: bool) -> Routed:
    if said.restricted:
        return Ignored("a guest", replies.restricted())
    verdict = verdict_on(said.by, run, known, Action.steer)
    if isinstance(verdict, Refused):
        return Ignored("not theirs", replies.refused(verdict, can_link=known.can_link))
    return thread_routing.muted(on, said.by, run, known, sure=isinstance(verdict, Allowed))


def _stop(said: Speech, runs: tuple[Run, ...]) -> Routed:
    active = _active(runs)
    if said.restricted:
        return Ignored("a guest", replies.restricted())
    if len(active) > 1:
        return Ignored("several runs in the thread", replies.which_to_stop(active))
    if not active:
        return Ignored("nothing to stop", replies.over_already(runs[0]))
    return _fact(active[0], StopRequested(said.by))


def _retry(by: Person, runs: tuple[Run, ...], known: Known, *, restricted: bool) -> Routed:
    broken = [r for r in runs if r.state in (RunState.failed, RunState.cancelled)]
    if restricted:
        return Ignored("a guest", replies.restricted())
    broken = [r for r in runs if r.foreign and r.state not in ENDED] or ([] if _active(runs) else broken)
    if not broken:
        return Ignored("nothing to retry", replies.nothing_to_retry((_active(runs) or runs)[0]))
    verdict = verdict_on(by, broken[0], known, Action.resume)
    if isinstance(verdict, Refused):
        return Ignored("not theirs", replies.refused(verdict, can_link=known.can_link))
    if isinstance(verdict, AskHost):
        return _fact(broken[0], asked(by, known, pressed.RETRY))
    return _fact(broken[0], RetryRequested(by))


def _press(press: Press, known: Known) -> Routed:
    run = _pressed_on(press, known)
    if run is None:
        return Ignored("no such run", replies.unknown_run(press.run_id or "such run"))
    if press.restricted:
        return Ignored("a guest", replies.restricted())
    if press.action == "task_stop":
        if run.state in ENDED:
            return Ignored("nothing to stop", replies.over_already(run))
        return _fact(run, StopRequested(press.by))
    if press.action == "task_follow":
        return thread_routing.followed_up_by_button(press, run, known)
    if press.action == "task_build":
        return thread_routing.turned_into_a_run(press, run, known)
    if press.action in handover.ACTIONS:
        return handover.handed(press, run, known)
    if press.action in presses.BUTTONS:
        return _meant(run, presses.meant(press, run, known))
    if press.action == "fb":
        return _meant(run, presses.feedback(press, run))
    verdict = verdict_on(press.by, run, known, Action.answer)
    if isinstance(verdict, Refused):
        return Ignored("not theirs", replies.refused(verdict, can_link=known.can_link))
    match press.action:
        case "task_retry" if presses.stale(press, run):
            return Ignored("stale button", replies.over_already(run))
        case "task_retry":
            return _retry(press.by, (run,), known, restricted=False)
        case "task_repo":
            moved = _meant(run, presses.other_repo(press, run, known))
            if isinstance(verdict, Allowed) or not isinstance(moved, Fact):
                return moved
            assert isinstance(moved.event, RepoChanged)
            return _fact(run, asked(press.by, known, pressed.MOVE, moved.event.repo))
        case "task_newtext":
            return thread_routing.new_text(press, run, known, sure=isinstance(verdict, Allowed))
        case "steer_pick":
            return thread_routing.picked(press, run, known, sure=isinstance(verdict, Allowed))
        case "q_free" | "q_opt" if late := thread_routing.late_answer(press, run):
            return _answered(run, press.by, known, late)
        case "q_free":
            return Ignored("they will write it", replies.write_your_answer(run))
    return _answered(run, press.by, known, _pressed_answer(press, run, known))


def _meant(run: Run, meant: presses.Meant) -> Routed:
    return _fact(run, meant.event, meant.reply) if meant.event else Ignored(meant.reason, meant.reply)


def _pressed_on(press: Press, known: Known) -> Run | None:
    for run in known.runs:
        if run.id == press.run_id or (not press.run_id and run.question):
            return run if _here(run, press.thread) or _told_directly(press, run) else None
    return None


def _told_directly(press: Press, run: Run) -> bool:
    """A button of a direct message of ours: nobody but the requester gets one."""
    return press.thread.channel.startswith("D") and pressed.same_person(press.by, run.request.requester)


def _pressed_answer(press: Press, run: Run, known: Known) -> Routed:
    question = run.question
    stale = question is None or press.question not in (None, question.number)
    if question is None or stale or run.state is not RunState.needs_input:
        return Ignored("stale button", replies.over_already(run))
    if press.action == "q_opt":
        chosen = answers.option(question, press.choice)
        if chosen is None:
            return Ignored("no such option", replies.over_already(run))
        return _fact(run, QuestionAnswered(question.number, chosen, press.by))
    return _answer(run, press.choice or "", press.by, known, spoken=False)


def _answer(run: Run, text: str, by: Person, known: Known, *, spoken: bool) -> Routed:
    question = run.question
    assert question is not None
    if thread_routing.waits_for_plan(run):
        return thread_routing.plan_answered(run, text, by, known)
    meant = answers.meaning(question, text, spoken=spoken)
    if not meant:
        asked = replies.go_on_or_stop() if question.kind == BRANCH else replies.pick_a_repo()
        return Ignored("no answer in the words", asked)
    return _fact(run, QuestionAnswered(question.number, meant, by))


def _stop_all(by: Person, known: Known, *, restricted: bool) -> Routed:
    active = _active(known.runs)
    if restricted:
        return Ignored("a guest", replies.restricted())
    if not active:
        return Ignored("nothing to stop")
    return Fact(tuple(run.id for run in active), StopRequested(by))


def _fact(run: Run, event: Event, reply: Reply | None = None) -> Fact:
    return Fact((run.id,), event, reply)


def _active(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    return tuple(run for run in runs if run.state not in ENDED)


def _at_work(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Those whose course words can still change."""
    return tuple(run for run in _active(runs) if run.state is not RunState.ready)


def _is_refused(by: Person, run: Run, known: Known, action: Action) -> bool:
    """Whether it is sure that they may not."""
    return isinstance(verdict_on(by, run, known, action), Refused)


def _here(run: Run, thread: ThreadRef) -> bool:
    where = run.request.chat
    return where is not None and (where.thread.team, where.thread.channel) == (thread.team, thread.channel)
