"""What our loop adds to a model's turn, and a sandboxed tool to the same command: against the bare SDK and bare bubblewrap."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import anthropic

from bench import bare, measure
from bench.measure import Cost, timed
from bench.places import in_memory
from bench.processes import serving
from bench.report import Report, Table, Target
from integrations.models.anthropic import AnthropicModel, body
from integrations.sandboxes import profile, seccomp
from integrations.sandboxes.bubblewrap import BubblewrapProvider, BubblewrapSandbox
from integrations.sandboxes.descriptors import sealed
from integrations.types.model import Message, ModelRequest
from integrations.types.sandbox import Command, CommandResult, Limits, SandboxSpec
from tasks.agent import specs
from tasks.agent.journal import Said, Turn
from tasks.agent.loop import AgentLimits, AgentSpec, run_agent
from tasks.agent.outcome import Finished
from tasks.agent.tools import Toolbox

KEY = "sk-ant-bench"
TURNS = 8
SYSTEM = (
    "Sortie-Role: worker\n" + "You change code in /workspace with the tools and hand in with finish. " * 20
)
SPEC = AgentSpec(
    "claude-opus-5-5", SYSTEM, specs.WORKER, (Said("# The work", "Make the greeting polite. " * 40),)
)
TARGETS = {"cpu_vs_sdk": Target("≤", 1.5), "wall_vs_sdk": Target("≤", 1.5), "tool_vs_exec": Target("≤", 1.5)}
COMMAND = "cat greeting.py"


def script() -> dict[str, Any]:
    """Seven turns that say something and call a tool, and one that hands in."""
    steps = [
        {
            "say": "I look at the next place. " * 8,
            "calls": [{"tool": "bash", "input": {"command": f"sed -n {n}p a.py"}}],
        }
        for n in range(1, TURNS)
    ]
    done = {"title": "Greet politely", "summary": "It says please.", "look_first": [], "not_done": []}
    last = {"calls": [{"tool": "finish", "input": done}], "label": "done", "goto": "done"}
    return {"roles": {"worker": {"match": {}, "steps": [*steps, last]}}}


def run() -> Report:
    """The whole measurement."""
    return measured(rounds=7, conversations=15, calls=30)


def measured(*, rounds: int, conversations: int, calls: int) -> Report:
    """`rounds` samples a side: of so many conversations of eight turns, and of so many tool calls."""
    turns = _turns(rounds, conversations)
    tools = _tools(rounds, calls)
    sdk, ours = turns["sdk"], turns["ours"]
    walls = {side: [c.wall_s for c in cost] for side, cost in tools.items()}
    cpus = {side: [c.cpu_s for c in cost] for side, cost in tools.items()}
    return Report(
        "turn_overhead",
        {
            "cpu_vs_sdk": measure.ratio([c.cpu_s for c in ours], [c.cpu_s for c in sdk]),
            "wall_vs_sdk": measure.ratio([c.wall_s for c in ours], [c.wall_s for c in turns["sdk stream"]]),
            "wall_vs_sdk_create": measure.ratio([c.wall_s for c in ours], [c.wall_s for c in sdk]),
            "tool_vs_exec": measure.added_ratio(walls["ours"], walls["bubblewrap"], walls["exec"]),
            "tool_cpu_vs_exec": measure.added_ratio(cpus["ours"], cpus["bubblewrap"], cpus["exec"]),
        },
        {
            "turn_cpu_ms": _ms(c.cpu_s for c in sdk),
            "turn_wall_ms": _ms(c.wall_s for c in turns["sdk stream"]),
            "tool_added_ms": _ms(walls["bubblewrap"]) - _ms(walls["exec"]),
        },
        {
            "turn_cpu_ms": _ms(c.cpu_s for c in ours),
            "turn_wall_ms": _ms(c.wall_s for c in ours),
            "tool_added_ms": _ms(walls["ours"]) - _ms(walls["exec"]),
        },
        n=rounds,
        targets=TARGETS,
        tables=(_turn_table(turns), _tool_table(tools)),
        notes=(
            "The ratios take the SDK's plain `messages.create`; streaming through the SDK stands beside it.",
        ),
    )


def _turn_table(turns: Mapping[str, list[Cost]]) -> Table:
    names = {
        "sdk": "bare SDK loop, messages.create",
        "sdk stream": "bare SDK loop, messages.stream",
        "ours": "Sortie's loop (streams)",
    }
    rows = [
        (names[side], _ms(c.cpu_s for c in cost), _ms(c.wall_s for c in cost)) for side, cost in turns.items()
    ]
    return Table("one turn, model only, 0 s latency", ("loop", "CPU ms", "wall ms"), rows)


def _tool_table(tools: Mapping[str, list[Cost]]) -> Table:
    names = {
        "exec": "plain exec",
        "bubblewrap": "bubblewrap, the same profile",
        "ours": "Sortie's tool call (limits, output caps, result)",
    }
    rows = [
        (
            names[side],
            _ms(c.wall_s for c in cost),
            1000 * min(c.wall_s for c in cost),
            _ms(c.cpu_s for c in cost),
        )
        for side, cost in tools.items()
    ]
    return Table(f"`{COMMAND}`, one call", ("how", "wall ms", "least", "CPU ms"), rows)


def _ms(values: Iterable[float]) -> float:
    return 1000 * float(median(values))


def _turns(rounds: int, conversations: int) -> dict[str, list[Cost]]:
    with in_memory("turns") as root:
        (root / "script.json").write_text(json.dumps(script()))
        options = ("--script", str(root / "script.json"), "--api-key", KEY)
        with (
            serving("integrations.simulators.model", *options) as server,
            bare.client(server.url, KEY) as sdk,
            closing(AnthropicModel(KEY, base_url=server.url)) as model,
        ):
            return measure.take_turns(_loops(sdk, model, conversations), rounds=rounds)


def _loops(
    sdk: anthropic.Anthropic, model: AnthropicModel, conversations: int
) -> dict[str, Callable[[], Cost]]:
    asked = _first_call()

    def per_turn(conversation: Callable[[], None]) -> Callable[[], Cost]:
        def side() -> Cost:
            with timed() as watch:
                for _ in range(conversations):
                    conversation()
            return watch.cost(conversations * TURNS)

        return side

    def plain(*, stream: bool) -> Callable[[], None]:
        def conversation() -> None:
            assert bare.loop(sdk, asked, lambda _, given: echoed(given["command"]), stream=stream) == TURNS

        return conversation

    def ours() -> None:
        journal = Memory()
        toolbox = Toolbox(Echo(), Limits(), lambda: 600.0, journal.cancelled)
        limits = AgentLimits(datetime.now(UTC) + timedelta(hours=1), 100.0, 40)
        ended = run_agent(SPEC, model=model, toolbox=toolbox, journal=journal, limits=limits)
        assert isinstance(ended, Finished) and journal.turns == TURNS

    return {
        "sdk": per_turn(plain(stream=False)),
        "ours": per_turn(ours),
        "sdk stream": per_turn(plain(stream=True)),
    }


def _first_call() -> dict[str, Any]:
    """The call that our loop begins with, so that both sides send the same."""
    said = SPEC.opening[0]
    first = {"role": "user", "content": [{"type": "text", "text": f"{said.label}\n\n{said.text}".strip()}]}
    return body(ModelRequest(SPEC.model, SPEC.system, (first,), SPEC.tools))


def echoed(command: str) -> str:
    """What a tool returns where tools are not what is measured."""
    return f"exit code: 0\n{command}\n" + "    return greeting.format(name=name)\n" * 20


class Echo:
    """A sandbox that runs nothing."""

    def run(self, command: Command, *, cancelled: Callable[[], bool] = lambda: False) -> CommandResult:
        output = echoed(command.argv[-1]).partition("\n")[2]
        return CommandResult(0, output.encode(), b"", 0, None, 0.0)

    def close(self) -> None:
        pass


@dataclass(slots=True)
class Memory:
    """A journal that forgets everything but how many turns there were."""

    turns: int = 0

    def conversation(self) -> tuple[Message, ...]:
        return ()

    def keep(self, turn: Turn) -> None:
        self.turns += 1

    def planned(self, items: tuple[str, ...]) -> None:
        pass

    def assumed(self, question: str, options: tuple[str, ...], default: str) -> None:
        pass

    def words(self) -> tuple[Said, ...]:
        return ()

    def spent_usd(self) -> float:
        return 0.0

    def cancelled(self) -> bool:
        return False

    def now(self) -> datetime:
        return datetime.now(UTC)


def _tools(rounds: int, calls: int) -> dict[str, list[Cost]]:
    """What one call costs, by side."""
    provider = BubblewrapProvider()
    with in_memory("tools") as root:
        workspace = root / "workspace"
        workspace.mkdir()
        (workspace / "greeting.py").write_text("def greet():\n    return 'hello'\n")
        provider.adopt(workspace)
        spec = SandboxSpec(workspace)
        with provider.open(spec) as sandbox:
            sides = {
                "exec": lambda: _exec(workspace),
                "bubblewrap": _bubblewrap(provider, spec),
                "ours": _tool(sandbox),
            }
            return measure.take_turns(
                {name: _each(side, calls) for name, side in sides.items()}, rounds=rounds
            )


def _each(call: Callable[[], None], calls: int) -> Callable[[], Cost]:
    def side() -> Cost:
        with timed() as watch:
            for _ in range(calls):
                call()
        return watch.cost(calls)

    return side


def _exec(workspace: Path) -> None:
    subprocess.run(("/bin/bash", "-c", COMMAND), cwd=workspace, capture_output=True, check=True)


def _tool(sandbox: BubblewrapSandbox) -> Callable[[], None]:
    toolbox = Toolbox(sandbox, Limits(), lambda: 600.0, lambda: False)

    def call() -> None:
        result = toolbox.run("bash", {"command": COMMAND})
        assert result.text.startswith("exit code: 0\ndef greet"), result.text

    return call


def _bubblewrap(provider: BubblewrapProvider, spec: SandboxSpec) -> Callable[[], None]:
    """The same namespaces, mounts, filter and limits, by one subprocess.run; everything that can be prepared is."""
    limits = Limits()
    become: tuple[str, ...] = ()
    if provider.owner:
        uid, gid = provider.owner
        become = ("/usr/bin/setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--")
    checked = profile.checked(spec, provider.owner)
    program = seccomp.program()

    def call() -> None:
        with _profile(checked, limits, program) as (options, keep):
            limited = profile.limited(("/bin/bash", "-c", COMMAND), limits)
            done = subprocess.run(
                (*become, "/usr/bin/bwrap", "--args", str(options), "--", *limited),
                capture_output=True,
                env={"PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                pass_fds=keep,
            )
        assert done.stdout.startswith(b"def greet"), done.stderr

    return call


@contextmanager
def _profile(spec: SandboxSpec, limits: Limits, program: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The descriptor of bubblewrap's options, and all that it inherits."""
    with ExitStack() as held:
        etc = {path: sealed(text.encode(), held) for path, text in profile.ETC.items()}
        nowhere = os.open("/dev/null", os.O_WRONLY)
        held.callback(os.close, nowhere)
        files = profile.Files(etc, sealed(program, held), nowhere, sealed(b"1", held))
        options = sealed(profile.options(spec, limits, "/workspace", files), held)
        yield options, (*etc.values(), files.seccomp, files.status, files.block, options)
