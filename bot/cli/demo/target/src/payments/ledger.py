"""Keeps charges and refunds in memory, and how much of each charge is left to refund."""

import itertools
import threading
from dataclasses import asdict, dataclass
from typing import Optional

from payments.errors import ApiError


@dataclass(frozen=True)
class Charge:
    id: str
    amount: int
    currency: str
    description: str

    def body(self) -> dict:
        return {"object": "charge", **asdict(self)}


@dataclass(frozen=True)
class Refund:
    id: str
    charge: str
    amount: int
    currency: str
    reason: str

    def body(self) -> dict:
        return {"object": "refund", **asdict(self)}


class Ledger:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._charges: dict[str, Charge] = {}
        self._refunds: dict[str, Refund] = {}

    def add_charge(self, amount: int, currency: str, description: str) -> Charge:
        with self._lock:
            charge = Charge(f"ch_{next(self._numbers)}", amount, currency, description)
            self._charges[charge.id] = charge
            return charge

    def charge(self, charge_id: str) -> Optional[Charge]:
        return self._charges.get(charge_id)

    def refund(self, refund_id: str) -> Optional[Refund]:
        return self._refunds.get(refund_id)

    def left_of(self, charge: Charge) -> int:
        refunded = sum(r.amount for r in self._refunds.values() if r.charge == charge.id)
        return charge.amount - refunded

    def add_refund(self, charge: Charge, amount: int, reason: str) -> Refund:
        with self._lock:
            if amount > self.left_of(charge):
                raise ApiError(422, "amount_too_large", "amount exceeds what is left of the charge", "amount")
            refund = Refund(f"re_{next(self._numbers)}", charge.id, amount, charge.currency, reason)
            self._refunds[refund.id] = refund
            return refund
