"""POST /v1/charges and GET /v1/charges/{id}."""

from payments.errors import ApiError
from payments.fields import read_amount, read_currency, read_text
from payments.ledger import Ledger


def create_charge(ledger: Ledger, body: dict) -> dict:
    amount = read_amount(body)
    currency = read_currency(body)
    return ledger.add_charge(amount, currency, read_text(body, "description")).body()


def show_charge(ledger: Ledger, charge_id: str) -> dict:
    charge = ledger.charge(charge_id)
    if charge is None:
        raise ApiError(404, "not_found", "no such charge")
    return {**charge.body(), "left": ledger.left_of(charge)}
