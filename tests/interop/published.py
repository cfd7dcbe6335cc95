"""What Prism may find, because GitHub's published description leaves it out; everything else is a defect."""

from collections import Counter

from tests.interop.acting import Note
from tests.interop.table import Gap, Row
from tests.interop.violations import Violation

PRISM = "@octokit/openapi 23.0.2 by Prism 5.14.2"
UNDESCRIBED = {
    Violation("request", "POST /graphql", "Selected route not found"): Gap(
        "the description's", "GraphQL is no part of it; its mutation is held against @octokit/graphql-schema"
    ),
    Violation(
        "response",
        "GET /repos/acme/api/pulls/N",
        "Unable to match the returned status code with those defined in the document: 200,304,404,406,500,503",
    ): Gap("the description's", "a bad token is answered 401, which it names for no call under /repos"),
    Violation(
        "response",
        "GET /repos/acme/api/actions/jobs/N/logs",
        "Unable to match the returned status code with those defined in the document: 302",
    ): Gap("theirs", "Prism follows the redirect itself and sees the log"),
    Violation(
        "response",
        "POST /repos/acme/api/pulls/N/requested_reviewers",
        "Response body property labels.N.description must be string",
    ): Gap("the description's", "a label without a description has null, as its other schemas of labels say"),
}


def note_requests(found: Counter[Violation], what: str, note: Note) -> None:
    """Fails where something we asked is not in the description."""
    _note({v for v in found if v.side == "request"}, what, note)


def note_answers(found: Counter[Violation], what: str, note: Note) -> None:
    """Fails where something the simulator answered is not in the description."""
    _note({v for v in found if v.side == "response"}, what, note)


def _note(found: set[Violation], what: str, note: Note) -> None:
    unknown = sorted(str(v) for v in found - set(UNDESCRIBED))
    assert not unknown, "\n".join(unknown)
    note(Row(PRISM, what))
    for each in sorted(found & set(UNDESCRIBED), key=str):
        note(Row(PRISM, str(each).split(":")[0], UNDESCRIBED[each]))
