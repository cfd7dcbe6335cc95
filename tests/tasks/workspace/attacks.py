"""The 22 things an agent may plant to be run, or obeyed, by a git outside its sandbox (SECURITY.md 3.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attack:
    """`plant` is a bash script in the workspace; TRAP is a script there that leaves MARK on the host when it runs outside.

    `refused`: the code with which such work is not even taken, by kind of workspace. `bites`: a
    careless harness that runs plain git in the workspace is caught by it.
    """

    name: str
    plant: str
    bites: bool = True
    refused: Mapping[str, str] = field(default_factory=dict)


TRAP = """
cat >trap.sh <<'END'
#!/bin/sh
touch MARK
timeout 0.2 cat
END
chmod +x trap.sh
echo changed >>README.md
"""

_HERE = "$PWD_OUTSIDE/trap.sh"

ATTACKS = (
    Attack(
        "hooks",
        "mkdir -p .git/hooks; for h in pre-commit post-checkout post-index-change pre-push; do cp trap.sh .git/hooks/$h; done",
    ),
    Attack(
        "core.hooksPath",
        "mkdir evil; cp trap.sh evil/pre-commit; cp trap.sh evil/pre-push; git config core.hooksPath evil",
    ),
    Attack("core.fsmonitor", f'git config core.fsmonitor "{_HERE}"'),
    Attack(
        "filter",
        'rm .git/info/attributes; echo "*.md filter=x" >.gitattributes; '
        f'git config filter.x.clean "{_HERE}"; git config filter.x.smudge "{_HERE}"',
    ),
    Attack("diff.external", f'git config diff.external "{_HERE}"'),
    Attack("textconv", f'echo "*.md diff=x" >.gitattributes; git config diff.x.textconv "{_HERE}"'),
    Attack(
        "core.sshCommand", f'git config core.sshCommand "{_HERE}"; git remote add origin ssh://h.invalid/x'
    ),
    Attack("ext url", f'git config protocol.ext.allow always; git remote add origin "ext::{_HERE} %S"'),
    Attack(
        "receivepack",
        f'git init -q --bare other; git remote add origin ./other; git config remote.origin.receivepack "{_HERE}"',
    ),
    Attack("gpg.program", f'git config commit.gpgsign true; git config gpg.program "{_HERE}"'),
    Attack(
        "url.insteadOf",
        "git init -q --bare stolen; git config url.stolen.insteadOf https://code.invalid/acme/api; git remote add origin https://code.invalid/acme/api",
        bites=False,
    ),
    Attack(
        "include.path",
        f'printf "[core]\\n\\tfsmonitor = {_HERE}\\n" >evil.cfg; git config include.path ../evil.cfg',
    ),
    Attack(
        ".git file swapped",
        f'git init -q evil; git -C evil config core.fsmonitor "{_HERE}"; cp -r evil/.git evil.git; '
        "rm -rf evil .git; echo 'gitdir: evil.git' >.git",
    ),
    Attack(
        ".git replaced by another directory", f'rm -rf .git; git init -q; git config core.fsmonitor "{_HERE}"'
    ),
    Attack(
        "commondir",
        f'git init -q evil; git -C evil config core.fsmonitor "{_HERE}"; cp -r evil/.git common; rm -rf evil; '
        "echo ../common >.git/commondir",
    ),
    Attack(
        "config.worktree",
        f'git config extensions.worktreeConfig true; git config --worktree core.fsmonitor "{_HERE}"',
    ),
    Attack(
        "nested repository",
        f"git init -q nested; git -C nested -c user.name=x -c user.email=x@x commit -q --allow-empty -m x; git add nested;"
        f' git -C nested config core.fsmonitor "{_HERE}"',
        refused={"overlay": "GIT-010"},
    ),
    Attack("credential.helper", f'git config credential.helper "!{_HERE}"', bites=False),
    Attack(
        "nested filter",
        f'git init -q nested; echo x >nested/a.md; echo "* filter=x" >nested/.gitattributes; git -C nested config filter.x.clean "{_HERE}"',
        bites=False,
        refused={"overlay": "GIT-010", "clone": "GIT-012"},
    ),
    Attack(
        "gitmodules update",
        'printf "[submodule \\"x\\"]\\n\\tpath = x\\n\\turl = ./x\\n\\tupdate = !./trap.sh\\n" >.gitmodules',
        bites=False,
        refused={"overlay": "GIT-010", "clone": "GIT-010"},
    ),
    Attack(
        "working-tree-encoding",
        'echo "*.md working-tree-encoding=UTF-16" >.gitattributes',
        bites=False,
    ),
    Attack("symlink leaving the workspace", "ln -s /etc/passwd stolen; ln -s ../../../.. up", bites=False),
)
