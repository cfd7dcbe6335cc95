"""Each demo script plays in a real tool loop over the real target; nothing but what ran decides the outcome."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.simulators.model.loading import load_script
from tests.integrations.simulators.model.acting import Agent
from tests.integrations.simulators.model.conftest import DEMO
from tests.integrations.simulators.model.serving import Served, request_body, serve

REQUEST = "/v1/refunds 500s when currency is null, should be a 422"
LENSES = ("correctness", "security", "tests")
SCRIPTS = sorted((DEMO / "scripts").glob("*.json"))


def served(name: str) -> Any:
    path = DEMO / "scripts" / f"{name}.json"
    return serve(load_script(path), path.parent)


def suite(workspace: Path, toolchain: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the target with the system's Python."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(toolchain), "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = command or ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    return subprocess.run(
        ["/usr/bin/python3", *arguments],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def review(simulator: Served, workspace: Path, toolchain: Path) -> dict[str, dict[str, Any]]:
    """Every lens in a fresh conversation over the same head."""
    verdicts = {}
    for lens in LENSES:
        verdict = Agent(simulator.client(), f"reviewer:{lens}", workspace, toolchain).work(
            f"Review this.\n{REQUEST}"
        )
        assert verdict is not None, lens
        verdicts[lens] = verdict
    return verdicts


def decisions(verdicts: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {lens: verdict["decision"] for lens, verdict in verdicts.items()}


def worker(simulator: Served, workspace: Path, toolchain: Path) -> Agent:
    return Agent(simulator.client(), "worker", workspace, toolchain)


def test_the_target_is_green_and_has_the_bug(checkout: Path, toolchain: Path) -> None:
    ran = suite(checkout, toolchain)
    assert ran.returncode == 0, ran.stdout
    assert int(ran.stdout.split(" passed")[0].split()[-1]) >= 20
    assert suite(checkout, toolchain, "tools/check_docs.py").returncode == 0
    assert suite(checkout, toolchain, "-m", "compileall", "-q", "src").returncode == 0
    probe = (
        "import sys; sys.path.insert(0, 'src')\n"
        "from payments.testing import Client; c = Client()\n"
        "i = c.post('/v1/charges', {'amount': 9, 'currency': 'USD'}).json['id']\n"
        "print(c.post('/v1/refunds', {'charge': i, 'amount': 1, 'currency': None}).status,"
        " c.post('/v1/charges', {'amount': 1, 'currency': None}).status)"
    )
    assert suite(checkout, toolchain, "-c", probe).stdout.split() == ["500", "422"]


def test_happy_worker_fixes_the_bug_and_every_reviewer_passes(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    with served("happy") as simulator:
        agent = worker(simulator, checkout, toolchain)
        submission = agent.work(REQUEST)
        assert submission is not None
        assert commit_head().split() == ["src/payments/refunds.py", "tests/test_refund_currency.py"]
        ran = suite(checkout, toolchain)
        assert ran.returncode == 0
        assert f"{ran.stdout.split(' passed')[0].split()[-1]} tests pass" in submission["summary"]
        line = submission["look_first"][0]["line"]
        assert "read_currency" in (checkout / "src/payments/refunds.py").read_text().splitlines()[line - 1]
        assert [name for name, _ in agent.calls][:2] == ["plan", "bash"]

        verdicts = review(simulator, checkout, toolchain)
        assert decisions(verdicts) == dict.fromkeys(LENSES, "pass"), verdicts


def test_happy_worker_does_not_finish_when_the_bug_is_not_there(checkout: Path, toolchain: Path) -> None:
    """The script may not claim what it did not see: with a 200 from the handler it stops and says so."""
    source = checkout / "src/payments/refunds.py"
    old = 'body.get("currency", charge.currency).upper()'
    source.write_text(source.read_text().replace(old, '(body.get("currency") or charge.currency).upper()'))
    with served("happy") as simulator:
        assert worker(simulator, checkout, toolchain).work(REQUEST) is None


def test_reviewers_block_the_base_itself(checkout: Path, toolchain: Path) -> None:
    with served("happy") as simulator:
        assert decisions(review(simulator, checkout, toolchain)) == dict.fromkeys(LENSES, "block")


def test_wrong_patch_is_blocked_by_what_the_reviewers_ran(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    with served("wrong_patch") as simulator:
        assert worker(simulator, checkout, toolchain).work(REQUEST) is not None
        commit_head()
        assert suite(checkout, toolchain).returncode == 0
        verdicts = review(simulator, checkout, toolchain)
    assert decisions(verdicts) == dict.fromkeys(LENSES, "block")
    finding = verdicts["correctness"]["findings"][0]
    assert "null=201" in finding["evidence"]["output"]
    assert finding["evidence"]["command"].startswith("PYTHONPATH=src python3")
    source = (checkout / "src/payments/refunds.py").read_text().splitlines()
    assert "currency" in source[finding["line"] - 1]
    assert "moves money" in verdicts["security"]["summary"]


def test_a_patch_that_swallows_the_error_is_blocked(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    """A wrong patch that no script wrote, under the reviewers of happy.json."""
    source = checkout / "src/payments/refunds.py"
    source.write_text(
        source.read_text().replace(
            '    currency = body.get("currency", charge.currency).upper()\n',
            '    try:\n        currency = body.get("currency", charge.currency).upper()\n'
            "    except Exception:\n        return {}\n",
        )
    )
    commit_head()
    with served("happy") as simulator:
        assert set(decisions(review(simulator, checkout, toolchain)).values()) == {"block"}


def test_the_reviewers_are_the_same_file_in_every_script() -> None:
    reviewers = {
        path.stem: [role for role in load_script(path).roles if role.name.startswith("reviewer:")]
        for path in SCRIPTS
    }
    assert len(reviewers) >= 9
    assert all(roles == reviewers["happy"] and len(roles) == 4 for roles in reviewers.values())


@pytest.mark.parametrize("fresh", [True, False], ids=["a new conversation", "the same conversation"])
def test_block_then_revise_passes_in_the_second_round(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str], fresh: bool
) -> None:
    with served("block_then_revise") as simulator:
        agent = worker(simulator, checkout, toolchain)
        assert agent.work(REQUEST) is not None
        commit_head()
        first = review(simulator, checkout, toolchain)
        assert (first["correctness"]["decision"], first["tests"]["decision"]) == ("block", "pass")
        assert "number=500" in first["correctness"]["findings"][0]["evidence"]["output"]
        again = worker(simulator, checkout, toolchain) if fresh else agent
        assert again.work("Blocking findings: a number still crashes.") is not None
        commit_head()
        assert decisions(review(simulator, checkout, toolchain)) == dict.fromkeys(LENSES, "pass")


@pytest.mark.parametrize("fresh", [True, False], ids=["a new conversation", "the same conversation"])
def test_red_ci_is_repaired_in_the_second_round(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str], fresh: bool
) -> None:
    with served("red_ci_then_repair") as simulator:
        agent = worker(simulator, checkout, toolchain)
        assert agent.work(REQUEST) is not None
        commit_head()
        assert suite(checkout, toolchain).returncode == 0
        red = suite(checkout, toolchain, "tools/check_docs.py")
        assert red.returncode == 1 and "currency_not_text" in red.stdout
        again = worker(simulator, checkout, toolchain) if fresh else agent
        assert again.work(f"CI is red:\n{red.stdout}") is not None
        commit_head()
        assert suite(checkout, toolchain, "tools/check_docs.py").returncode == 0
        assert decisions(review(simulator, checkout, toolchain)) == dict.fromkeys(LENSES, "pass")


def test_a_disputed_finding_is_never_fixed_and_always_blocked(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    with served("disputed") as simulator:
        heads = set()
        for _ in range(3):
            submission = worker(simulator, checkout, toolchain).work(REQUEST)
            assert submission is not None and submission["not_done"]
            commit_head()
            heads.add((checkout / "src/payments/refunds.py").read_text())
            expected = {"correctness": "block", "security": "block", "tests": "pass"}
            assert decisions(review(simulator, checkout, toolchain)) == expected
        assert len(heads) >= 2


def test_gives_up_never_finishes_and_changes_nothing(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    with served("gives_up") as simulator:
        agent = worker(simulator, checkout, toolchain)
        assert agent.work(REQUEST) is None
        agent.messages.append({"role": "assistant", "content": "I cannot do this safely."})
        assert agent.work("Please go on.") is None
    assert commit_head() == ""


def test_loops_makes_the_same_call_for_ever(checkout: Path, toolchain: Path) -> None:
    with served("loops") as simulator:
        agent = worker(simulator, checkout, toolchain)
        assert agent.work(REQUEST, turns=12) is None
    assert agent.calls == [("bash", {"command": "ls src/payments"})] * 12


def test_empty_diff_finishes_without_a_change(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str]
) -> None:
    with served("empty_diff") as simulator:
        assert worker(simulator, checkout, toolchain).work(REQUEST) is not None
    assert commit_head() == ""


@pytest.mark.parametrize("late", [False, True], ids=["as the result", "in words afterwards"])
@pytest.mark.parametrize(("answer", "fixed"), [("Refuse with 422", True), ("Treat null as absent", False)])
def test_asks_does_what_the_answer_says(
    checkout: Path, toolchain: Path, commit_head: Callable[[], str], answer: str, fixed: bool, late: bool
) -> None:
    with served("asks") as simulator:
        agent = worker(simulator, checkout, toolchain)
        agent.answer = "The question was sent." if late else answer
        agent.say(REQUEST)
        while not any(name == "ask" for name, _ in agent.calls):
            agent.run_tools(agent.turn())
        assert (agent.work(answer if late else "Go on.") is not None) is fixed
    assert agent.calls[-1][0] == ("finish" if fixed else "ask")
    assert (commit_head() != "") is fixed


def test_the_triager_restates_the_request_of_the_demo_and_no_other() -> None:
    with served("happy") as simulator:
        titles = []
        for request in (REQUEST, "Make the README shorter"):
            reply = simulator.client().messages.create(
                **request_body({"role": "user", "content": request}, system="Sortie-Role: triager")
            )
            assert reply.content[0].type == "text"
            titles.append(json.loads(reply.content[0].text)["title"])
    assert titles == ["Return 422 from /v1/refunds when currency is null", ""]
