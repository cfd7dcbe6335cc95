"""What an arrival from the code host means: news of checks and pull requests, and what people write there. Pure."""

import hashlib

from bot.inbound import (
    ApprovalWithdrawn,
    ChecksMoved,
    FromHost,
    HostPress,
    HostSpeech,
    Landed,
    PullRequestChanged,
)
from bot.routed import Fact, Facts, Ignored, Known, NewRun, Routed
from tasks.domain.commands import SWITCH
from tasks.domain.events import Event
from tasks.domain.facts import ApprovalsMoved, CiChanged, HeadShared, PullRequestMoved, Remarked
from tasks.domain.folds.born import is_requester, open_question
from tasks.domain.policy import named_base
from tasks.domain.record import ESCAPE_WINDOW
from tasks.domain.remarks import Place, Remark
from tasks.domain.request import Channel, Deliver, HostPlace, RequestOptions, RunRequest
from tasks.domain.run import ENDED, Run
from tasks.domain.titles import title_of
from tasks.domain.undoing import Change, undone_by

REFUSALS = 3
"""So often in an hour an account is told that it may not start work; after that it is not listened to."""

ASKED = 20
"""So many requests an hour of one account, whatever came of them: an explanation costs money too."""

UNHEARD = 10
"""So many requests of one account may wait for a first look: more arrive at once only where somebody floods us."""

DELIVERS = {
    "request": Deliver.new_pr,
    "fix ci": Deliver.new_pr,
    "fix conflicts": Deliver.new_pr,
    "review": Deliver.findings,
    "explain": Deliver.answer,
}
"""What the commands deliver that begin a run. Whether a change goes to a person's own branch, triage decides."""

_ON_PULLS_ALONE = frozenset({"fix ci", "fix conflicts", "review"})

_LOOKS = frozenset({Deliver.findings, Deliver.answer})
_ASKED = {
    "review": "Review this pull request.",
    "explain": "Explain this.",
    "fix ci": "Mend what makes the checks of this pull request fail.",
    "fix conflicts": "Merge the base branch in and resolve what conflicts.",
}
"""What is asked where the command says it all."""


def route_host(inbound: FromHost, known: Known) -> Routed:
    """What this arrival means, given what is known. Total, and without side effects."""
    match inbound:
        case ChecksMoved(_, repo, head_oid):
            about = [r for r in known.runs if r.repo.lower() == repo.lower() and r.head_oid == head_oid]
            return _fact(about[0], CiChanged(head_oid)) if about else Ignored("no run pushed this commit")
        case PullRequestChanged():
            return _moved(inbound, known)
        case Landed(_, repo, changes):
            return _undone(repo, changes, known)
        case HostSpeech():
            return _spoken(inbound, known)
        case HostPress():
            return _pressed(inbound, known)
        case ApprovalWithdrawn(_, repo, number):
            run = _of_pull(repo, number, known)
            return _fact(run, ApprovalsMoved(number)) if run else Ignored("no run opened this pull request")


def may_begin(said: HostSpeech, known: Known) -> bool:
    """Whether these words would begin a run, if only their author may."""
    return isinstance(_spoken(said, known), NewRun)


def _moved(change: PullRequestChanged, known: Known) -> Routed:
    """News of our own pull request, or of another one: it takes a change of ours back, or has the same head (SECURITY D8)."""
    event = PullRequestMoved(
        change.number, change.state, change.merged, change.head_oid, change.by, change.merge_oid
    )
    run = _of_pull(change.repo, change.number, known)
    if run and change.elsewhere_only:
        return Ignored("our own pull request was opened or edited")
    if run:
        return _fact(run, event)
    if change.landed and isinstance(undone := _undone(change.repo, (change.landed,), known), Facts):
        return undone
    shares = [
        r for r in known.runs if r.repo.lower() == change.repo.lower() and r.head_oid == change.head_oid
    ]
    if not shares or shares[0].pr is None:
        return Ignored("no run opened this pull request")
    return _fact(shares[0], HeadShared(change.number))


def _undone(repo: str, changes: tuple[Change, ...], known: Known) -> Routed:
    """What was merged not long ago and comes back now; each run once, by the first change that says so."""
    since = known.now - ESCAPE_WINDOW
    lately = [r for r in known.runs if r.repo.lower() == repo.lower() and r.ended_at and r.ended_at >= since]
    told = ((run, next(filter(None, (undone_by(run, c) for c in changes)), None)) for run in lately)
    found = tuple(_fact(run, undone) for run, undone in told if undone)
    return Facts(found) if found else Ignored("it takes nothing of ours back")


def _spoken(said: HostSpeech, known: Known) -> Routed:
    """What somebody wrote is kept for a run; whether they may, only the code host knows, and it is asked afterwards."""
    run, remark = _meant(said, known), said.remark
    if run is None:
        return _begun(said, known)
    if remark.place is Place.comment and not remark.verb and not _answers(run, remark):
        return Ignored("not meant for us")
    if run.state in ENDED and not remark.verb:
        return Ignored("the run is over")
    return _fact(run, Remarked(said.number, remark))


def _meant(said: HostSpeech, known: Known) -> Run | None:
    """The run whose pull request it is, else the newest that was asked for there; none where new work begins beside them.

    A question disturbs no work, and work waits for no review of the same thing.
    """
    verb = said.remark.verb
    if verb == "explain":
        return None
    run = _of_pull(said.repo, said.number, known)
    asked = [r for r in known.runs if r.request.host and r.request.host.number == said.number]
    active = any(r.state not in ENDED for r in asked)
    if run and not (run.is_theirs and run.state in ENDED and (verb in DELIVERS or active)):
        return run
    if verb in DELIVERS:
        asked = [r for r in asked if r.state not in ENDED and _same_kind(r.deliver, DELIVERS[verb])]
    return min(asked, key=lambda r: (r.state in ENDED, not r.changes), default=None)


def _same_kind(one: Deliver, other: Deliver) -> bool:
    return one is other or not {one, other} & _LOOKS


def _answers(run: Run, remark: Remark) -> bool:
    """Plain words count where the requester answers a question with them."""
    return open_question(run) is not None and is_requester(run, remark)


def _begun(said: HostSpeech, known: Known) -> Routed:
    """A new run, or why not. A stranger's words cost a row and one question to the host, and only so many an hour do."""
    remark = said.remark
    deliver = Deliver.answer if remark.verb == SWITCH else DELIVERS.get(remark.verb)
    if deliver is None or (remark.verb in _ON_PULLS_ALONE and not said.on_pull):
        return Ignored("no run is here" if remark.verb else "not meant for us")
    if remark.by_program:
        return Ignored("a program starts no run")
    if known.repos and said.repo.lower() not in {name.lower() for name in known.repos}:
        return Ignored("a repository that we do not work on")
    if known.refused >= REFUSALS or known.unheard >= UNHEARD or known.asked >= ASKED:
        return Ignored("asked too often without leave")
    words = remark.words if deliver is not Deliver.findings else ""
    request = RunRequest(
        text=words or _ASKED[remark.verb],
        requester=remark.by,
        channel=Channel.github_pull if said.on_pull else Channel.github_issue,
        place=_place(said),
        received_at=known.now,
        sla_s=known.sla_s,
        options=RequestOptions(base=named_base(words)),
        deliver=deliver,
    )
    return NewRun(request, title_of(words or said.title), remark)


def _place(said: HostSpeech) -> HostPlace:
    told = f"{said.title}\n{said.text}".encode()
    return HostPlace(
        said.repo, said.number, said.on_pull, said.title, said.text, hashlib.sha256(told).hexdigest()
    )


def _pressed(press: HostPress, known: Known) -> Routed:
    for run in known.runs:
        if run.id == press.run_id and run.repo.lower() == press.repo.lower() and run.pr:
            return _fact(run, Remarked(run.pr.number, press.remark))
    return Ignored("no run has this check run")


def _of_pull(repo: str, number: int, known: Known) -> Run | None:
    for run in known.runs:
        if run.repo.lower() == repo.lower() and run.pr and run.pr.number == number:
            return run
    return None


def _fact(run: Run, event: Event) -> Fact:
    return Fact((run.id,), event)
