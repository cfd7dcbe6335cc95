"""Why there is no sandbox, or why it did not take a command. The codes are the SBX family of the error table."""

from integrations.errors import Rejected, Retryable


class SandboxUnavailable(Rejected):
    """No sandbox can be had like this, today or later: `fix` says what to do, as a command where one exists."""

    def __init__(self, message: str, *, code: str, fix: str) -> None:
        super().__init__(f"{message} Fix: {fix}", code=code)
        self.fix = fix


class CommandRefused(Rejected):
    """The command itself cannot be run in any sandbox (a NUL byte, too long, no such directory)."""


class SandboxBroke(Retryable):
    """The sandbox failed around the command; the command did not run. A fresh one may work."""


NOT_INSTALLED = "SBX-001"
UNPROVEN = "SBX-003"
UNREACHABLE_PATH = "SBX-004"
BAD_SPEC = "SBX-005"
COMMAND_REFUSED = "SBX-006"
BROKE = "SBX-007"
CLOSED = "SBX-008"
