"""What a repository says for some of its paths, as an agent is told it: the base commit's words, fenced, and the checks it adds."""

from tasks.domain.plan import cut
from tasks.domain.run import Run
from tasks.gates.config import ConfigError, Profile
from tasks.gates.profiles import matching, named_paths
from tasks.prompts.render import Untrusted
from tasks.steps.run.asked_there import all_asked
from tasks.steps.run.conventions import CONVENTION_BYTES, is_path
from tasks.steps.run.provision import config_at
from tasks.workspace.workspaces import Workspaces

_MOST = 4
"""So many profiles are told in full; of more a change to the whole repository would drown in them."""


def for_change(run: Run, workspaces: Workspaces) -> tuple[Untrusted, ...]:
    """What a reviewer is told of the paths that the change touches."""
    profiles = _profiles(run, workspaces)
    if not profiles:
        return ()
    touched = [change.path for change in workspaces.changed(run.repo, run.review_base, run.review_head)]
    return tuple(_words(run, workspaces, p) for p in matching(profiles, touched)[:_MOST])


def for_request(run: Run, workspaces: Workspaces) -> tuple[tuple[Untrusted, ...], Untrusted | None]:
    """(what an author is told of the paths that the request names, or that its work touches; where else more is said)."""
    profiles = _profiles(run, workspaces)
    if not profiles:
        return (), None
    named = named_paths(all_asked(run), workspaces.files(run.repo, run.base_oid))
    work = run.wip_oid or run.pushed_oid
    touched = [change.path for change in workspaces.changed(run.repo, run.base_oid, work)] if work else []
    told = matching(profiles, (*named, *touched))[:_MOST]
    others = "\n".join(_line(p) for p in profiles if p not in told)
    return tuple(_words(run, workspaces, p) for p in told), Untrusted(
        "other parts", others
    ) if others else None


def _profiles(run: Run, workspaces: Workspaces) -> tuple[Profile, ...]:
    """None of them where the file of a newer base cannot be used: the gates say so."""
    try:
        return config_at(workspaces, run.repo, run.rules_oid).profiles
    except ConfigError:
        return ()


def _words(run: Run, workspaces: Workspaces, profile: Profile) -> Untrusted:
    said = profile.conventions
    if is_path(said):
        content = workspaces.read(run.repo, run.rules_oid, said, CONVENTION_BYTES) or b""
        said = content.decode("utf-8", "replace")
    checks = "".join(f"\n{profile.name}:{name}: {command}" for name, command in profile.checks)
    more = f"\n\nChecked too where these paths are touched:{checks}" if checks else ""
    return Untrusted(
        f"profile {profile.name} of the base commit, for {_paths(profile)}", f"{said.strip()}{more}"
    )


def _line(profile: Profile) -> str:
    where = profile.conventions if is_path(profile.conventions) else cut(profile.conventions, 200)
    return f"{_paths(profile)}: {where}"


def _paths(profile: Profile) -> str:
    return cut(", ".join(profile.paths), 200)
