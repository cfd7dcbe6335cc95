"""Every failure's stable code, once: what a person reads, what caused it, who can act, what it counts as."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Whose failure it is."""

    person = "person"
    repository = "repository"
    operator = "operator"
    agent = "agent"
    vendor = "vendor"
    ours = "ours"


class Counts(StrEnum):
    """What it counts as in the promise: a miss, nothing (`excluded`), or it ends no run by itself (`no_end`)."""

    miss = "miss"
    excluded = "excluded"
    no_end = "no_end"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row. `detailed` when the sentence recorded with the failure says more than `sentence` and may be shown."""

    code: str
    name: str
    cause: Cause
    who: str
    counts: Counts
    retryable: bool
    detailed: bool
    sentence: str


# code | name | cause | who can act | counts as | retry: it may work later; table: only this sentence is shown | sentence
_TABLE = """
AUTH-001 | not_linked | person | the requester | excluded | - | Connect your GitHub account to start this.
AUTH-002 | no_read | person | a repository admin | excluded | - | That repository cannot be read with your GitHub account.
AUTH-003 | no_write | person | anyone with write | excluded | - | Starting work needs write on the repository.
AUTH-004 | bad_token | operator | an operator | excluded | - | That token is not accepted here.
AUTH-005 | renamed_account | person | the requester | excluded | - | GitHub does not know this account under that name any more.
AUTH-006 | bad_link | person | the requester | excluded | - | This link is not one of ours. Ask for a new one in Slack with `@sortie link`.
AUTH-007 | link_expired | person | the requester | excluded | - | This link has expired. Ask for a new one in Slack with `@sortie link`.
AUTH-008 | link_used | person | the requester | excluded | - | This link was used already. Ask for a new one in Slack with `@sortie link`.
AUTH-009 | other_browser | person | the requester | excluded | - | This was begun in another browser. Open the link from Slack again, here.
AUTH-010 | not_said | person | the requester | excluded | - | GitHub did not say who you are, so nothing was linked. Open the link from Slack again.
AUTH-011 | no_linking | operator | an operator | excluded | - | People cannot connect an account themselves here. Ask an operator.
AUTH-403 | not_this_form | person | the requester | excluded | - | That form is no longer valid. Load the page again.
REPO-001 | unknown_repo | person | the requester | excluded | - | I know no such repository.
REPO-002 | app_not_installed | operator | a repository admin | excluded | - | The app has no access to that repository.
REPO-003 | archived | repository | a repository admin | excluded | - | The repository is archived: GitHub accepts no change to it.
REPO-004 | no_base | person | the requester | excluded | - | The base branch does not exist.
REPO-005 | no_tests | repository | the repository's owners | no_end | - | This repo has no runnable tests, so I can't prove a fix.
REPO-006 | empty_repo | repository | the requester | excluded | - | The repository has no commit yet.
REPO-007 | red_main | repository | the repository's owners | no_end | - | The base branch already fails some checks; those are not counted.
REQ-001 | nothing_asked | person | the requester | excluded | - | There is no request in that message.
REQ-003 | pull_closed | person | the requester | excluded | - | That pull request is closed.
REQ-004 | not_my_branch | person | the requester | excluded | - | Conflicts are resolved on the branch itself, and I may not push to this one.
REQ-005 | switch_elsewhere | person | an operator | excluded | - | The kill switch is for all repositories: an operator turns it in the chat, by `sortie kill-switch` or by the API.
REQ-010 | bad_option | person | the requester | excluded | - | An option of the request cannot be read.
REQ-422 | unreadable | person | the requester | excluded | - | The body of the request is not what this address reads.
REQ-404 | no_such_run | person | the requester | excluded | - | There is no such run.
REQ-002 | restricted | person | a member of the workspace | excluded | - | Guests and people from other workspaces cannot start a run.
SBX-001 | not_installed | operator | an operator | miss | - | The sandbox is not installed on the worker.
SBX-002 | not_allowed | operator | an operator | miss | - | This machine does not allow the sandbox.
SBX-003 | unproven | operator | an operator | miss | - | The sandbox did not prove that it holds, so nothing was run in it.
SBX-004 | unreachable_path | operator | an operator | miss | - | The sandbox cannot reach the worker's folder.
SBX-005 | bad_sandbox | ours | an operator | miss | - | The sandbox was asked for something it cannot give.
SBX-006 | command_refused | agent | the agent | miss | - | A command cannot be run in any sandbox.
SBX-007 | sandbox_broke | ours | nobody: it is tried again | miss | retry | The sandbox broke around a command.
SBX-008 | sandbox_closed | ours | nobody: it is tried again | miss | retry | The sandbox was closed already.
SBX-009 | limit_reached | agent | the agent | miss | - | A command used more than the sandbox allows.
SBX-010 | checks_broken | repository | the repository's owners | miss | retry | The checks could not be run.
SBX-011 | no_workspace | ours | an operator | miss | retry | The workspace could not be prepared.
SBX-012 | service_unhealthy | repository | the repository's owners | miss | retry | A service the tests need did not start in the sandbox.
MOD-001 | overloaded | vendor | nobody: it is tried again | miss | retry | The model is overloaded.
MOD-002 | unavailable | vendor | nobody: it is tried again | miss | retry | The model cannot be reached.
MOD-003 | key_refused | operator | an operator | miss | table | The model's key is not accepted.
MOD-004 | budget | person | the requester | miss | - | The cost limit is reached. The work so far is kept.
MOD-005 | refused | vendor | the requester | miss | - | The model declined the request.
MOD-006 | too_long | agent | the requester | miss | - | The conversation grew longer than the model can read.
MOD-007 | account_spent | operator | an operator | miss | table | The model account's spending limit is reached.
MOD-008 | call_rejected | ours | an operator | miss | table | The model did not accept our call.
AGT-001 | not_finished | agent | the requester | miss | - | The agent stopped without handing anything in.
AGT-002 | out_of_turns | agent | the requester | miss | - | The agent used up its turns.
AGT-003 | no_progress | agent | the requester | miss | - | The agent went round in circles, so I stopped it.
AGT-004 | unreadable_calls | agent | the requester | miss | - | The agent's calls could not be read, again and again.
AGT-006 | empty_diff | agent | the requester | miss | - | Nothing to change: the agent changed no file.
AGT-007 | gates_red | agent | the requester | miss | - | The checks still fail after every round of repair.
SLA-001 | out_of_time | agent | the requester | miss | - | The time for this run is used up. The work so far is kept.
GIT-001 | git_failed | vendor | nobody: it is tried again | miss | retry | Git could not be reached or did not finish.
GIT-002 | conflict | repository | the requester | miss | - | The base branch moved and conflicts with the change.
GIT-003 | push_refused | repository | a repository admin | miss | table | GitHub did not accept the push.
GIT-004 | human_commits | person | the requester | miss | - | Somebody pushed to the branch, so I stopped pushing.
GIT-005 | no_pull_request | vendor | a repository admin | miss | retry table | GitHub did not open the pull request.
GIT-006 | still_draft | vendor | the requester | miss | retry table | GitHub did not take the pull request out of draft.
GIT-008 | push_unanswered | vendor | the requester | miss | retry table | GitHub gave no answer to the push, so it is not known whether it stands.
GIT-009 | unknown_commit | ours | the requester | miss | retry | A commit this run needs is gone.
GIT-010 | bad_tree | agent | the requester | miss | - | The change holds something git must not carry.
GIT-011 | too_large | agent | the requester | miss | - | The change is larger than may be pushed.
GIT-012 | unreadable_work | ours | the requester | miss | retry | The work could not be read back from the sandbox.
GIT-013 | description_edited | person | nobody | no_end | - | A person edited the pull request's description, so I write it no more.
GIT-014 | branch_gone | person | the requester | miss | - | The branch is gone, so there is nothing to go on from.
GIT-015 | not_closed | vendor | the requester | no_end | - | GitHub did not close the pull request.
GIT-016 | not_discarded | person | the requester | no_end | - | The branch was left as it is.
GIT-015 | not_suggested | vendor | the requester | miss | retry table | GitHub did not take the suggestions.
CI-003 | cannot_fix | agent | the requester | miss | - | CI still fails after the last round of repair.
CI-005 | needs_approval | repository | a maintainer | no_end | - | GitHub wants a maintainer to approve the CI run.
CI-006 | called_off | repository | the requester | miss | - | CI was called off before it came to a result.
CI-007 | without_end | repository | the requester | miss | - | CI did not finish in time.
CI-008 | nothing_red | person | the requester | excluded | - | No check of this head is red.
REV-002 | no_review | vendor | the requester | miss | retry | A review could not run. Not counted as a pass.
REV-003 | reviewer_full | person | the requester | no_end | - | Nobody was asked for review: enough pull requests wait for the requester.
OUT-001 | slack_down | vendor | nobody: it is tried again | no_end | retry table | Slack is not accepting messages.
OUT-002 | slack_rate | vendor | nobody: it is tried again | no_end | retry table | Slack limits our rate.
OUT-003 | slack_gone | person | the requester | no_end | table | The Slack channel or thread is gone.
OUT-004 | slack_denied | operator | an operator | no_end | table | Slack does not let me write there.
OUT-005 | slack_refused | ours | an operator | no_end | table | Slack refused a message.
OUT-006 | slack_unknown | vendor | the requester | no_end | table | Slack gave no answer, so it is not known whether a message stands.
OUT-010 | github_down | vendor | nobody: it is tried again | miss | retry table | GitHub gives no answer.
OUT-011 | github_rate | vendor | nobody: it is tried again | miss | retry table | GitHub limits our rate.
OUT-012 | github_token | operator | an operator | miss | table | GitHub does not accept our credentials.
OUT-013 | github_denied | operator | a repository admin | miss | table | GitHub does not let the app do this.
OUT-017 | github_unknown | vendor | the requester | miss | table | GitHub gave no answer, so it is not known whether it was done.
CFG-001 | bad_settings | operator | an operator | no_end | - | The settings cannot be read.
CFG-002 | open_without_token | operator | an operator | no_end | - | The web process must not be reachable from outside without a dashboard token.
CFG-003 | no_such_process | operator | an operator | no_end | - | There is no process of that name.
CFG-004 | no_broker | operator | an operator | no_end | - | There is no broker to wake workers with.
CFG-005 | old_schema | operator | an operator | no_end | - | The database does not have the schema that this version needs.
CFG-006 | start_failed | operator | an operator | no_end | - | A part of Sortie did not start.
CFG-007 | no_reachable_folder | operator | an operator | no_end | - | There is no temporary folder that the sandbox can reach.
CFG-008 | no_uv | operator | an operator | no_end | - | The environment could not be made: uv is missing and cannot be installed.
CFG-009 | stop_not_subscribed | operator | an operator | no_end | - | Native Stop is off in this workspace. Use the card's Stop.
CFG-010 | no_model_key | operator | an operator | no_end | - | A live run needs a model key.
CFG-011 | bad_target | operator | an operator | no_end | - | The demo's target or script cannot be used.
CFG-012 | bad_arguments | operator | an operator | no_end | - | These arguments do not go together.
CFG-020 | bad_repo_config | repository | the repository's owners | miss | - | The repository's .sortie.toml cannot be read.
VER-001 | no_receipt | operator | an operator | no_end | - | There is no receipt of this run.
VER-002 | cannot_verify | operator | an operator | no_end | - | The receipt cannot be tried on this machine.
CAP-002 | in_line | ours | nobody: it begins by itself | no_end | - | Queued: every agent is at work. The clock is running.
SLA-002 | at_risk | ours | the requester | no_end | - | Most of the time is used, and there is no pull request yet.
SYS-001 | queue_down | ours | an operator | no_end | retry | Accepted. My workers cannot be reached; the work starts when they are back. The clock runs.
SYS-002 | our_bug | ours | an operator | miss | retry table | Something of mine broke. It is reported, and the work so far is kept.
SYS-003 | worker_lost | ours | an operator | miss | retry table | A worker was lost in the middle of the work, again and again.
SYS-004 | sql_down | ours | an operator | no_end | retry table | The database does not answer, so nothing can be accepted.
SYS-005 | newer_version | ours | an operator | no_end | retry table | This needs a newer version of Sortie, which is being started. Try again soon.
SYS-500 | our_bug_web | ours | an operator | no_end | retry table | This page broke. It is reported.
"""  # noqa: E501


def _row(line: str) -> ErrorCode:
    code, name, cause, who, counts, flags, words = line.split(" | ", 6)
    return ErrorCode(
        code, name, Cause(cause), who, Counts(counts), "retry" in flags, "table" not in flags, words
    )


CODES = {row.code: row for row in map(_row, _TABLE.strip().splitlines())}


def explain(code: str) -> ErrorCode:
    """The row of a code; one we forgot to list is our bug, and said so."""
    return CODES.get(code, CODES["SYS-002"])


def sentence(code: str, recorded: str) -> str:
    """What a person reads: the recorded sentence where it may be shown, else the table's."""
    row = explain(code)
    return recorded if row.detailed and recorded.strip() else row.sentence


def label(code: str) -> str:
    """ "SBX-012 service_unhealthy"."""
    row = CODES.get(code)
    return f"{code} {row.name}" if row else code
