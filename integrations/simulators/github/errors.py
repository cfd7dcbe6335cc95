"""GitHub's error answers, with the bodies the real service sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCS = "https://docs.github.com/rest"


class ApiError(Exception):
    """An answer other than success: HTTP status, message, optional `errors`, documentation URL, headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Any] | None = None,
        docs: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = errors
        self.docs = docs
        self.headers = dict(headers or {})
        self.extra: dict[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """The JSON body; `status` is a string, as on the real service."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = list(self.errors)
        body.update(self.extra)
        body["documentation_url"] = f"{DOCS}{self.docs}"
        body["status"] = str(self.status)
        return body


def not_found(docs: str = "") -> ApiError:
    return ApiError(404, "Not Found", docs=docs)


def bad_credentials() -> ApiError:
    return ApiError(401, "Bad credentials")


def requires_authentication() -> ApiError:
    return ApiError(401, "Requires authentication")


def forbidden(message: str, docs: str = "") -> ApiError:
    return ApiError(403, message, docs=docs)


def validation(*errors: Mapping[str, Any], docs: str = "") -> ApiError:
    """422 "Validation Failed" with structured errors (resource, code, field, message)."""
    return ApiError(422, "Validation Failed", errors=[dict(e) for e in errors], docs=docs)


def unprocessable(*errors: str, docs: str = "") -> ApiError:
    """422 "Unprocessable Entity" with plain sentences, the form of the review endpoints."""
    return ApiError(422, "Unprocessable Entity", errors=list(errors), docs=docs)


def invalid_request(detail: str, docs: str = "") -> ApiError:
    """422 of the JSON schema layer, e.g. `"title" wasn't supplied.`"""
    return ApiError(422, f"Invalid request.\n\n{detail}", docs=docs)


def custom(resource: str, message: str, *, field: str | None = None) -> dict[str, Any]:
    """One structured error with code "custom"."""
    error: dict[str, Any] = {"resource": resource, "code": "custom", "message": message}
    if field:
        error["field"] = field
    return error


def invalid(resource: str, field: str, value: Any = None) -> dict[str, Any]:
    """One structured error with code "invalid"."""
    error: dict[str, Any] = {"resource": resource, "field": field, "code": "invalid"}
    if value is not None:
        error["value"] = value
    return error
