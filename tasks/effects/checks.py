"""Checks and reviews on the code host: what others' say of the head, and what ours say."""

from integrations.errors import IntegrationError, Rejected
from integrations.types.code_host import ChecksSnapshot, CheckState, Conclusion, PullRequest
from tasks.domain.events import Event
from tasks.domain.results import ChecksSeen
from tasks.domain.run import Run
from tasks.effects.ports import Moment, OutsidePorts
from tasks.messages import code_host as messages
from tasks.messages.one_base import for_one_base

LOG_TRIES = 4
"""How often the whole snapshot is tried again for the sake of a log."""

LOG_TAIL = 12_000
"""Characters of a failed check's log that are kept: its end, where the failure stands."""


def checks(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Lists all checks of the head, with the logs of the red ones once everything is done."""
    run = moment.run
    if not run.head_oid:
        return None
    return seen(run, ports.code_host.checks(run.repo, run.head_oid), ports, patient=_patient(moment))


def _patient(moment: Moment) -> bool:
    return moment.intent.attempts < LOG_TRIES


def seen(run: Run, snapshot: ChecksSnapshot, ports: OutsidePorts, *, patient: bool) -> ChecksSeen:
    """A snapshot as a fact; logs, and what the base says of them, are fetched only for red checks of a settled head.

    A log that is refused or gone is left out, and so is one that cannot be had now where there is no patience left: what
    CI said is known without it, and a run must not wait for it for ever. Raises Retryable, Unknown while patient.
    """
    red = [c for c in snapshot.checks if c.conclusion.is_red] if snapshot.settled else []
    logs = []
    for check in red:
        try:
            logs.append((check.name, ports.code_host.check_log(run.repo, check)[-LOG_TAIL:]))
        except IntegrationError as missing:
            if patient and not isinstance(missing, Rejected):
                raise
    also = _red_on_base(run, red, ports, patient=patient)
    return ChecksSeen(snapshot.head_oid, snapshot.checks, snapshot.settled, tuple(logs), also)


def _red_on_base(run: Run, red: list[CheckState], ports: OutsidePorts, *, patient: bool) -> tuple[str, ...]:
    """Which of these CI calls red on the base commit too. Where that cannot be had, none is: then they count as ours."""
    base = run.inspection.base_oid if run.is_theirs and run.inspection else run.base_oid
    if not red or not base:
        return ()
    try:
        found = ports.code_host.checks(run.repo, base)
    except IntegrationError as missing:
        if patient and not isinstance(missing, Rejected):
            raise
        return ()
    before = {c.name for c in found.checks if c.conclusion in (Conclusion.failure, Conclusion.timed_out)}
    return tuple(c.name for c in red if c.name in before)


def progress(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The check run sortie/run: where the run stands, without an e-mail to anybody."""
    if moment.run.pr:
        report = messages.progress_check(moment.run, now=moment.now, links=ports.links)
        ports.code_host.write_check(moment.run.repo, report)
    return None


def verdicts(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The check run sortie/review for the head under review."""
    if moment.run.review_head:
        report = messages.verdict_check(moment.run, links=ports.links)
        ports.code_host.write_check(
            moment.run.repo, for_one_base(report, moment.run, siblings(moment.run, ports))
        )
    return None


def siblings(run: Run, ports: OutsidePorts) -> tuple[PullRequest, ...]:
    """Other open pull requests with the run's head that want it in another branch: its checks show there too."""
    number, head = (run.pr.number, run.head_oid) if run.pr else (run.reviews_only, run.review_head)
    there = ports.code_host.pull_requests_at(run.repo, head) if number else ()
    return tuple(p for p in there if p.number != number and p.base_ref != run.base_ref)


def resolve(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Resolves our own threads about findings that are fixed or stale; one that a person began is never touched."""
    run = moment.run
    numbers = moment.intent.effect.get("findings").split(",")
    if run.pr:
        markers = tuple(messages.finding_marker(run, int(number)) for number in numbers)
        ports.code_host.resolve_threads(run.repo, run.pr.number, markers=markers)
    return None


def review(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One review of type COMMENT with the findings of one round, found again by its hidden marker."""
    then, head = moment.then, moment.intent.effect.get("head")
    number = then.pr.number if then.pr else then.reviews_only
    if not number or not (then.reviews_only or any(v.findings for v in then.current_verdicts())):
        return None
    marker = messages.review_marker(then)
    if moment.intent.doubtful and ports.code_host.find_review(then.repo, number, marker=marker):
        return None
    body, comments = messages.review(then, links=ports.links)
    try:
        ports.code_host.post_review(then.repo, number, head_oid=head, body=body, comments=comments)
    except Rejected:
        # A line outside the diff makes the host refuse the whole review: the findings then stand in its body.
        body = messages.review_without_lines(then, links=ports.links)
        ports.code_host.post_review(then.repo, number, head_oid=head, body=body, comments=())
    return None
