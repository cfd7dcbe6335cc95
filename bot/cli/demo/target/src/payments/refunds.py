"""POST /v1/refunds and GET /v1/refunds/{id}."""

from payments.errors import ApiError
from payments.fields import read_amount, read_id, read_text
from payments.ledger import Ledger


def create_refund(ledger: Ledger, body: dict) -> dict:
    charge = ledger.charge(read_id(body, "charge"))
    if charge is None:
        raise ApiError(422, "unknown_charge", "charge does not exist", "charge")
    amount = read_amount(body)
    currency = body.get("currency", charge.currency).upper()
    if currency != charge.currency:
        raise ApiError(422, "currency_mismatch", "currency differs from the charge's", "currency")
    return ledger.add_refund(charge, amount, read_text(body, "reason")).body()


def show_refund(ledger: Ledger, refund_id: str) -> dict:
    refund = ledger.refund(refund_id)
    if refund is None:
        raise ApiError(404, "not_found", "no such refund")
    return refund.body()
