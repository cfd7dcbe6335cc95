"""The one way to answer a client with an error."""

from dataclasses import dataclass
from typing import Optional


@dataclass
class ApiError(Exception):
    """Answered as `status` with a JSON body. Codes are listed in docs/errors.md."""

    status: int
    code: str
    message: str
    field: Optional[str] = None

    def body(self) -> dict:
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}
