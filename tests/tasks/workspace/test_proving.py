"""Overlays are taken where they are proven, refused where they were asked for and are not, and left alone where they do not hold."""

from dataclasses import dataclass
from pathlib import Path

from integrations.errors import Retryable
from integrations.ports import Sandbox
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.sandboxes.process import ProcessProvider
from integrations.types.sandbox import Isolation, ProbeReport, SandboxSpec
from tasks.workspace.proving import choose
from tasks.workspace.workspace import Kind


@dataclass
class NoMount:
    """A machine whose kernel mounts no overlay for ordinary users."""

    inner: BubblewrapProvider
    drop: bool = False
    """Instead of refusing it, shows the lower layer itself: a mount that is none."""

    name = "bubblewrap"
    isolation = Isolation.FULL

    @property
    def owner(self) -> tuple[int, int] | None:
        return self.inner.owner

    def adopt(self, path: Path) -> None:
        self.inner.adopt(path)

    def probe(self) -> ProbeReport:
        return self.inner.probe()

    def open(self, spec: SandboxSpec) -> Sandbox:
        if spec.overlay and not self.drop:
            raise Retryable("The workspace could not be mounted: permission denied", code="SBX-007")
        plain = SandboxSpec(spec.overlay.lower if spec.overlay else spec.workspace, limits=spec.limits)
        return self.inner.open(plain)


def test_overlays_are_taken_where_they_are_proven(home: Path, sandboxes: BubblewrapProvider) -> None:
    found = choose("auto", sandboxes, home / "made")
    assert (found.kind, found.problem, found.holds) == (Kind.overlay, "", True)
    assert found.sentence == "workspaces are overlays on a shared checkout"
    assert list((home / "made").iterdir()) == []


def test_without_overlays_workspaces_are_clones_and_the_reason_is_shown(
    home: Path, sandboxes: BubblewrapProvider
) -> None:
    found = choose("auto", NoMount(sandboxes), home)
    assert (found.kind, found.holds) == (Kind.clone, True)
    assert found.sentence.startswith("workspaces are isolated clones (") and "permission" in found.sentence


def test_an_overlay_that_was_asked_for_by_name_is_never_silently_a_clone(
    home: Path, sandboxes: BubblewrapProvider
) -> None:
    found = choose("overlay", NoMount(sandboxes), home)
    assert (found.kind, found.holds) == (Kind.overlay, False)
    assert "cannot be had" in found.sentence
    assert choose("overlay", sandboxes, home).holds


def test_a_mount_that_writes_through_to_the_lower_layer_is_not_proven(
    home: Path, sandboxes: BubblewrapProvider
) -> None:
    assert choose("auto", NoMount(sandboxes, drop=True), home).kind is Kind.clone


def test_plain_processes_and_those_who_ask_for_clones_get_clones(
    home: Path, sandboxes: BubblewrapProvider
) -> None:
    assert choose("clone", sandboxes, home).kind is Kind.clone
    plain = choose("auto", ProcessProvider(i_accept_no_isolation=True), home)
    assert plain.kind is Kind.clone and "overlay" in plain.problem
