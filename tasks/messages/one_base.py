"""A verdict is given for one head into one branch; GitHub shows a check wherever its commit stands (SECURITY D8)."""

from dataclasses import replace

from integrations.types.code_host import CheckRunReport, Conclusion, PullRequest
from integrations.untrusted import cut, one_line
from tasks.domain.run import Run
from tasks.messages.markdown import code

_PASSES = (Conclusion.success, Conclusion.neutral)


def for_one_base(report: CheckRunReport, run: Run, siblings: tuple[PullRequest, ...]) -> CheckRunReport:
    """The report, which passes nothing while another pull request would take the same commit into another branch."""
    if not siblings or report.conclusion not in _PASSES:
        return report
    other = siblings[0]
    said = f"#{other.number} into {cut(one_line(other.base_ref), 60)} has the same head: {report.name} is about {run.base_ref}"
    listed = ", ".join(f"#{p.number} into {code(p.base_ref)}" for p in siblings[:10])
    why = f"This was said of {code(run.head_oid[:12])} into {code(run.base_ref)} alone. The same commit is in {listed}."
    return replace(
        report,
        conclusion=Conclusion.action_required,
        title=cut(said, 200),
        summary=f"{why} Close that, and this counts again.\n\n{report.summary}",
    )
