"""What the world can answer us when it fails: three kinds, never mixed (ARCHITECTURE, Errors)."""


class IntegrationError(Exception):
    """A vendor or the machine failed us.

    `message` is one clear sentence without secrets; `code` is a stable code of the error table
    (for example "MOD-001") where the client can already tell, else None.
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Retryable(IntegrationError):
    """It may work later: nothing was done. `retry_after_s` is the vendor's wish, None when it gave none."""

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class RateLimited(Retryable):
    """The vendor refused because of our rate; nothing was done. `what` names the one limit that was met, "" where it is not known."""

    def __init__(
        self, message: str, *, code: str | None = None, retry_after_s: float | None = None, what: str = ""
    ) -> None:
        super().__init__(message, code=code, retry_after_s=retry_after_s)
        self.what = what


class Rejected(IntegrationError):
    """It was understood and refused; the same call will be refused again."""


class Conflict(Rejected):
    """The thing exists already, or moved since we looked (422 already exists, stale expected oid)."""


class NotFound(Rejected):
    """There is no such thing, or we may not know that there is."""


class Denied(Rejected):
    """Our credentials, or the person's rights, do not allow it."""


class Unknown(IntegrationError):
    """Sent, but no answer came: it may or may not have happened. Look it up before trying again."""


class Cancelled(IntegrationError):
    """We ourselves gave the call up because its run was stopped or its worker is leaving."""
