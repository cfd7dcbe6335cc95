"""The only door in: arrivals are stored in SQL, then the driver is woken. Nothing here waits for anything but SQL."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog
from starlette.concurrency import run_in_threadpool

from bot import commands, link, starts, switch
from bot.drafts import START_REACTION
from bot.host_routing import ASKED, UNHEARD, may_begin
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
from bot.lookups import channel_of, draft_of
from bot.routed import (
    ChannelChanged,
    DraftEnded,
    DraftKept,
    Fact,
    Facts,
    HandedOver,
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
from bot.routing import needs_nothing, route
from bot.taken import Taken
from bot.together import Together
from integrations.types.chat import ThreadRef
from tasks.begin import begin_due
from tasks.domain.decisions import Noted
from tasks.domain.facts import RunRequested
from tasks.domain.record import ESCAPE_WINDOW
from tasks.domain.remarks import Place, Remark
from tasks.domain.request import Account, RunRequest
from tasks.domain.run import Run, RunState
from tasks.messages.refusals import START
from tasks.settings import Settings
from tasks.store import drafts, homes
from tasks.store.accounts import Accounts, Whose
from tasks.store.codec import UnknownEvent
from tasks.store.deliveries import DeliveryKey
from tasks.store.errors import Busy, StoreDown
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)

MINE = 20
"""So many of a person's own runs are looked at for a list of them."""
LATELY = timedelta(hours=1)
_UNHEARD = (RunState.received, RunState.triaging)

QUEUE_DOWN = (
    "Accepted. My workers cannot be reached right now; the work starts by itself when they are back. "
    "The clock is running."
)

GIVE_WAY_S = 1.0
"""So long at most a ring waits for a moment in which nobody waits for an answer."""
LOOK_AGAIN_S = 0.005


class Wakes(Protocol):
    """What wakes a driver: False when the broker cannot be reached (tasks.queue.Waker)."""

    def wake(self, run_id: str) -> bool: ...


class Intake:
    """Turns verified arrivals into stored events: all that wait are stored in one transaction, and only then answered.

    `close` lets pending wake-ups finish.
    """

    def __init__(self, store: Store, waker: Wakes, settings: Settings) -> None:
        self._store = store
        self._waker = waker
        self._policy = settings.policy()
        self._accounts = Accounts(self._policy.written)
        self._can_link = bool(settings.github.connect_secret)
        self._sla_s = settings.limits.sla_s
        self._operators = frozenset(login.lower() for login in settings.operators)
        self._arrivals = Together(self._store_all, hopeless=_sql_is_away, name="intake")
        self._wakeups = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wake")

    async def take(self, inbound: Inbound) -> Taken:
        """Stores what an arrival means. Raises StoreDown where SQL does not answer: nothing was accepted then."""
        dropped = needs_nothing(inbound)
        if dropped:
            return Taken("ignored", dropped.reason)
        return await self._arrivals.do(inbound)

    async def begin_due(self) -> None:
        """Begins what has waited long enough. Where SQL does not answer, the sweep does so later."""
        try:
            await run_in_threadpool(self._begin_due)
        except StoreDown:
            log.warning("could not begin what is due")

    async def place_of(self, draft: str) -> str:
        """The channel that a draft is about, "" for none. Raises StoreDown."""
        return await run_in_threadpool(self._place_of, draft)

    def is_linked(self, of: Whose) -> bool:
        """Whether this person of the chat has an account. Asks SQL."""
        with self._store.reading() as tx:
            return self._accounts.of(tx.conn, of) is not None

    def close(self) -> None:
        self._arrivals.close()
        self._wakeups.shutdown(wait=True)

    def _begin_due(self) -> None:
        with self._store.writing() as tx:
            rings = tx.ring_all(begin_due(tx))
        if rings:
            self._wakeups.submit(self._wake, rings, time.monotonic() + GIVE_WAY_S)

    def _place_of(self, draft: str) -> str:
        with self._store.reading() as tx:
            found = drafts.of(tx.conn, draft)
        place = found.request.chat if found else None
        return place.thread.channel if place else ""

    def _store_all(self, arrivals: Sequence[Inbound]) -> list[Taken]:
        """What becomes of each, in their order; all of them are stored, or none is."""
        chatter = self._idle_chatter(arrivals)
        kept = [one for n, one in enumerate(arrivals) if n not in chatter]
        stored = iter(self._stored(kept) if kept else ())
        taken = [chatter[n] if n in chatter else next(stored) for n in range(len(arrivals))]
        log.info("taken", **_told(taken))
        return taken

    def _stored(self, arrivals: Sequence[Inbound]) -> list[Taken]:
        with self._store.writing() as tx:
            fresh = tx.new_deliveries([_key(one) for one in arrivals])
            people = self._accounts.all_of(tx.conn, link.speakers(arrivals))
            newcomers = _newcomers(tx, [one for one, new in zip(arrivals, fresh, strict=True) if new])
            routed = {
                place: route(one, self._known_to(tx, one, (), people)) for place, one in newcomers.items()
            }
            wanted = {place: what for place, what in routed.items() if isinstance(what, NewRun)}
            runs = tx.start_runs([RunRequested(what.request, what.title) for what in wanted.values()])
            for run, asked in zip(runs, wanted.values(), strict=True):
                if asked.then is not None:
                    tx.append(run.id, asked.then)
            begun = {place: Taken("new", run_ids=(run.id,)) for place, run in zip(wanted, runs, strict=True)}
            taken = []
            for one, new in zip(arrivals, fresh, strict=True):
                place = one.thread if isinstance(one, Speech) else None
                if not new:
                    taken.append(Taken("seen"))
                elif place in begun:
                    taken.append(begun[place])
                else:
                    what = routed.get(place) if place else None
                    taken.append(self._carry_out(tx, what or route(one, self._known(tx, one, people))))
            about = dict.fromkeys(run_id for one in taken for run_id in one.run_ids)
            rings = tx.ring_all(tuple(about))
        if rings:
            self._wakeups.submit(self._wake, rings, time.monotonic() + GIVE_WAY_S)
        return taken

    def _wake(self, run_ids: tuple[str, ...], latest: float) -> None:
        """Off the answers' path, and when no arrival waits, or it is time. Where the broker is away, the card says so
        and the sweep starts the run later."""
        heard = True
        for run_id in run_ids:
            while not self._arrivals.idle and time.monotonic() < latest:
                time.sleep(LOOK_AGAIN_S)
            heard = heard and self._waker.wake(run_id)
            if not heard:
                self._note_unheard(run_id)

    def _note_unheard(self, run_id: str) -> None:
        log.warning("broker down", run=run_id)
        try:
            with self._store.writing() as tx:
                run = tx.load(run_id)
                if run is not None and not any(note.code == "SYS-001" for note in run.notes):
                    tx.append(run_id, Noted("SYS-001", QUEUE_DOWN))
        except (StoreDown, UnknownEvent):
            log.warning("could not note that the broker is down", run=run_id)

    def _idle_chatter(self, arrivals: Sequence[Inbound]) -> dict[int, Taken]:
        """People talking in channels we can read: nothing is written about it unless a run there asks something."""
        unaddressed = {n: one for n, one in enumerate(arrivals) if _unaddressed(one)}
        if not unaddressed:
            return {}
        with self._store.reading() as tx:
            people = self._accounts.all_of(tx.conn, link.speakers(arrivals))
            routed = {n: route(one, self._known(tx, one, people)) for n, one in unaddressed.items()}
        return {
            n: Taken("ignored", what.reason)
            for n, what in routed.items()
            if isinstance(what, Ignored) and what.reply is None
        }

    def _known(self, tx: Tx, inbound: Inbound, people: Mapping[Whose, Account]) -> Known:
        return self._known_to(tx, inbound, _runs_about(tx, inbound), people)

    def _known_to(
        self, tx: Tx, inbound: Inbound, runs: tuple[Run, ...], people: Mapping[Whose, Account]
    ) -> Known:
        speaker = link.speaker(inbound)
        account = people.get(speaker) if speaker else None
        known = Known(
            runs,
            account is not None,
            tx.now,
            self._sla_s,
            login=account.login if account else "",
            account_id=account.id if account else 0,
            operator=account is not None and account.login.lower() in self._operators,
            repos=self._policy.repos,
            channel=channel_of(tx, inbound),
            policy=self._policy,
            draft=draft_of(tx, inbound),
            can_link=self._can_link,
            taker=_taker(tx, inbound, self._accounts),
        )
        if not isinstance(inbound, HostSpeech) or not may_begin(inbound, known):
            return known
        since, by = tx.now - LATELY, inbound.remark.by
        declined = tx.asked_lately(by, RunState.declined, since=since, limit=UNHEARD)
        refused = sum(run.refusal is not None and run.refusal.code.startswith("AUTH-") for run in declined)
        unheard = tx.asked_lately(by, *_UNHEARD, since=since, limit=UNHEARD)
        asked = tx.asked_lately(by, *RunState, since=since, limit=ASKED)
        return replace(known, refused=refused, unheard=len(unheard), asked=len(asked))

    def _carry_out(self, tx: Tx, routed: Routed) -> Taken:
        match routed:
            case HomeWanted(by):
                homes.opened(tx.conn, tx.now, by)
                return Taken("home")
            case ChannelChanged():
                return starts.change_channel(tx, routed)
            case DraftKept() | DraftEnded():
                return starts.carry_out(tx, routed, self._begin)
            case NewRun(request, title, remark, reply, then):
                run = tx.start_run(request, title, remark)
                if then is not None:
                    tx.append(run.id, then)
                return Taken("new", run_ids=(run.id,), reply=reply)
            case Fact(run_ids, event, reply):
                for run_id in run_ids:
                    tx.append(run_id, event)
                return Taken("fact", type(event).__name__, run_ids, reply)
            case Facts(each):
                for fact in each:
                    self._carry_out(tx, fact)
                return Taken("fact", "several", tuple(run_id for fact in each for run_id in fact.run_ids))
            case Ignored(reason, reply):
                return Taken("ignored", reason, reply=reply)
            case SwitchTurned():
                return Taken("switch", "kill switch", reply=switch.turn(tx, routed))
        return self._about_accounts(tx, routed)

    def _begin(self, tx: Tx, request: RunRequest, title: str) -> tuple[Run, ...]:
        """The run, or none where it waits until its requester has an account."""
        return link.keep(tx, Kept(request, title, self._can_link), self._accounts)

    def _about_accounts(self, tx: Tx, routed: Kept | Invited | HandedOver | Linked | Unlinked) -> Taken:
        match routed:
            case Kept():
                begun = link.keep(tx, routed, self._accounts)
                return Taken("new" if begun else "kept", run_ids=_ids(begun), reply=link.told(routed, begun))
            case Linked():
                return Taken("linked", run_ids=_ids(link.link(tx, routed)))
            case Invited():
                return Taken("ignored", "offered a link", reply=link.invite(tx, routed, self._accounts))
            case HandedOver(run):
                link.hand_over(tx, run)
                return Taken("ignored", "handed over")
            case Unlinked():
                return Taken("linked", "unlinked", reply=link.unlink(tx, routed, self._accounts))


def _ids(runs: tuple[Run, ...]) -> tuple[str, ...]:
    return tuple(run.id for run in runs)


def _taker(tx: Tx, inbound: Inbound, table: Accounts) -> Account | None:
    """The linked account of whoever a run is to be handed to."""
    user = commands.handed_to(inbound.text) if isinstance(inbound, Speech) else None
    return table.of(tx.conn, (inbound.by.account, user)) if isinstance(inbound, Speech) and user else None


def _unaddressed(inbound: Inbound) -> bool:
    match inbound:
        case (
            Speech(addressed=False)
            | MessageChanged()
            | HostSpeech(remark=Remark(place=Place.comment, verb=""))
        ):
            return True
    return False


def _sql_is_away(failure: BaseException) -> bool:
    """Not where only somebody else is in the way of one arrival."""
    return isinstance(failure, StoreDown) and not isinstance(failure, Busy)


def _key(inbound: Inbound) -> DeliveryKey:
    return DeliveryKey(inbound.delivery.source, inbound.delivery.id, inbound.delivery.semantic_key)


def _newcomers(tx: Tx, arrivals: Sequence[Inbound]) -> dict[ThreadRef, Speech]:
    """What needs no run to be understood: words, no command, alone now in a thread that never had a run."""
    said = [one for one in arrivals if isinstance(one, Speech) and one.addressed]
    told = Counter(one.thread for one in arrivals if isinstance(one, Speech | SessionStopped))
    places = {(one.thread.team, one.thread.channel, one.thread.thread_ts) for one in said}
    known = tx.asked_in(places)
    return {
        one.thread: one
        for one in said
        if told[one.thread] == 1
        and (one.thread.team, one.thread.channel, one.thread.thread_ts) not in known
        and commands.parse(one.text) is None
    }


def _told(taken: Sequence[Taken]) -> dict[str, object]:
    """For the log: how many of which outcome, why, and for which runs."""
    return {
        "outcomes": dict(Counter(one.outcome for one in taken)),
        "reasons": sorted({one.reason for one in taken if one.reason}),
        "runs": [run_id for one in taken for run_id in one.run_ids],
    }


def _runs_about(tx: Tx, inbound: Inbound) -> tuple[Run, ...]:
    """The runs an arrival may be about, newest first."""
    match inbound:
        case Speech() | SessionStopped() | MessageChanged():
            place = inbound.thread
            runs = tx.runs_in_thread(place.team, place.channel, place.thread_ts)
            return _with_named(tx, inbound, runs)
        case Press(run_id=run_id, thread=place):
            if run_id and inbound.action == START:
                there = tx.runs_in_thread(place.team, place.channel, place.thread_ts)
                return (*there, *(run for run in _present(tx.load(run_id)) if run not in there))
            if run_id:
                pressed = tx.load(run_id)
                others = _beside(tx, pressed) if pressed and inbound.action == "task_build" else ()
                return (*_present(pressed), *others)
            return tx.runs_in_thread(place.team, place.channel, place.thread_ts)
        case Pointed(thread=ThreadRef() as place):
            return tx.runs_in_thread(place.team, place.channel, place.thread_ts)
        case Pointed() | Filled() | ChannelSet() | Decided() | HomeOpened():
            return ()
        case Typed():
            command = commands.parse(inbound.text)
            return _present(tx.load(command.run_id or "")) if command else tx.asked_by(inbound.by, MINE)
        case PagePress(run_id=run_id) | HostPress(run_id=run_id):
            return _present(tx.load(run_id))
        case Reacted(name=name, by=by, message=message) if name == START_REACTION:
            return tx.runs_in_thread(by.account, message.channel, message.ts)
        case Reacted(message=message):
            return _present(tx.run_by_card(message.channel, message.ts))
        case ChecksMoved(repo=repo, head_oid=head_oid):
            return _present(tx.run_by_head(repo, head_oid))
        case Landed(repo=repo):
            return tx.merged_since(repo, tx.now - ESCAPE_WINDOW)
        case PullRequestChanged(repo=repo, number=number, head_oid=head_oid):
            about = _present(tx.run_by_pr(repo, number) or tx.run_by_head(repo, head_oid))
            return (*about, *tx.merged_since(repo, tx.now - ESCAPE_WINDOW)) if inbound.landed else about
        case AccountLinked():
            return ()
        case ApprovalWithdrawn():
            return _present(tx.run_by_pr(inbound.repo, inbound.number))
        case HostSpeech(repo=repo, number=number):
            there = tx.runs_asked_on(repo, number)
            return (*_present(tx.run_by_pr(repo, number)), *there)


def _beside(tx: Tx, about: Run) -> tuple[Run, ...]:
    """The other runs of its thread."""
    chat = about.request.chat
    place = chat.thread if chat else None
    there = tx.runs_in_thread(place.team, place.channel, place.thread_ts) if place else ()
    return tuple(run for run in there if run.id != about.id)


def _with_named(tx: Tx, inbound: Inbound, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Adds the run that a command names outright, where it is not of this thread."""
    command = commands.parse(inbound.text) if isinstance(inbound, Speech) else None
    if command is None or command.run_id is None or any(run.id == command.run_id for run in runs):
        return runs
    return (*runs, *_present(tx.load(command.run_id)))


def _present(run: Run | None) -> tuple[Run, ...]:
    return (run,) if run is not None else ()
