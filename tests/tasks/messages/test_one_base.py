"""A verdict that another pull request would borrow is no pass (SECURITY D8)."""

from dataclasses import replace

import pytest

from integrations.types.code_host import CheckRunReport, Conclusion, PullRequest
from tasks.messages.one_base import for_one_base
from tests.support.histories import ONE, TO_READY, Story

RUN = Story(*TO_READY).run
REPORT = CheckRunReport(
    "sortie/review", ONE, "R-1042:review", Conclusion.success, "3 pass", "| a |", "http://x"
)
OTHER = PullRequest(9, "http://host/9", ONE, "sortie/R-1042-x", "release", False, "open", False, "n")


@pytest.mark.parametrize("conclusion", Conclusion)
def test_only_what_passes_is_taken_back(conclusion: Conclusion) -> None:
    report = replace(REPORT, conclusion=conclusion)
    assert for_one_base(report, RUN, ()) is report
    taken = for_one_base(report, RUN, (OTHER,))
    if conclusion in (Conclusion.success, Conclusion.neutral):
        assert taken.conclusion is Conclusion.action_required
    else:
        assert taken is report


def test_it_says_which_pull_request_and_which_branch_and_nobodys_words_do_anything() -> None:
    nasty = replace(OTHER, base_ref="x`@all`\u202e" + "y" * 200)
    told = for_one_base(REPORT, RUN, (OTHER, nasty))
    assert told.title == "#9 into release has the same head: sortie/review is about main"
    assert "#9 into `release`" in told.summary and told.summary.endswith("| a |")
    assert "\u202e" not in told.summary and "`x'@all'" in told.summary
    assert len(for_one_base(REPORT, RUN, (nasty,)).title) <= 200
