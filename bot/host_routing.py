"""What an arrival from the code host means: news of checks and pull requests, and what people write there. Pure."""

from bot.inbound import ApprovalWithdrawn, ChecksMoved, FromHost, HostPress, HostSpeech, PullRequestChanged
from bot.routed import Fact, Ignored, Known, Routed
from tasks.domain.events import Event
from tasks.domain.facts import ApprovalsMoved, CiChanged, HeadShared, PullRequestMoved, Remarked
from tasks.domain.run import ENDED, Run


def route_host(inbound: FromHost, known: Known) -> Routed:
    """What this arrival means, given what is known. Total, and without side effects."""
    match inbound:
        case ChecksMoved(_, repo, head_oid):
            about = [r for r in known.runs if r.repo.lower() == repo.lower() and r.head_oid == head_oid]
            return _fact(about[0], CiChanged(head_oid)) if about else Ignored("no run pushed this commit")
        case PullRequestChanged():
            return _moved(inbound, known)
        case HostSpeech():
            return _remarked(inbound, known)
        case HostPress():
            return _pressed(inbound, known)
        case ApprovalWithdrawn(_, repo, number):
            run = _of_pull(repo, number, known)
            return _fact(run, ApprovalsMoved(number)) if run else Ignored("no run opened this pull request")


def _moved(change: PullRequestChanged, known: Known) -> Routed:
    """News of our own pull request, or of another one that has the same head (SECURITY D8)."""
    event = PullRequestMoved(change.number, change.state, change.merged, change.head_oid, change.by)
    run = _of_pull(change.repo, change.number, known)
    if run and change.elsewhere_only:
        return Ignored("our own pull request was opened or edited")
    if run:
        return _fact(run, event)
    shares = [
        r for r in known.runs if r.repo.lower() == change.repo.lower() and r.head_oid == change.head_oid
    ]
    if not shares or shares[0].pr is None:
        return Ignored("no run opened this pull request")
    return _fact(shares[0], HeadShared(change.number))


def _remarked(said: HostSpeech, known: Known) -> Routed:
    """What somebody wrote is kept for the run; whether they may, only the code host knows, and it is asked afterwards."""
    run = _of_pull(said.repo, said.number, known)
    if run is None:
        return Ignored("no run opened this pull request")
    if run.state in ENDED and not said.remark.verb:
        return Ignored("the run is over")
    return _fact(run, Remarked(said.number, said.remark))


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
