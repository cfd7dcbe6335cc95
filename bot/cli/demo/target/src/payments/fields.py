"""Reads fields of a request body. Each function answers bad input with a 422 that names the field."""

from payments.errors import ApiError

CURRENCIES = frozenset({"CHF", "DKK", "EUR", "GBP", "JPY", "NOK", "SEK", "USD"})
MAX_TEXT = 500


def read_amount(body: dict) -> int:
    """A whole number of minor units above zero."""
    if "amount" not in body:
        raise ApiError(422, "missing_field", "amount is required", "amount")
    amount = body["amount"]
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0:
        raise ApiError(
            422, "invalid_amount", "amount must be a whole number of minor units above zero", "amount"
        )
    return amount


def read_currency(body: dict) -> str:
    """A supported currency code, in capitals whatever the client wrote."""
    if "currency" not in body:
        raise ApiError(422, "missing_field", "currency is required", "currency")
    currency = body["currency"]
    if not isinstance(currency, str) or currency.upper() not in CURRENCIES:
        raise ApiError(422, "invalid_currency", "currency must be a supported three-letter code", "currency")
    return currency.upper()


def read_text(body: dict, name: str, default: str = "") -> str:
    """An optional short text."""
    text = body.get(name, default)
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ApiError(422, "invalid_text", f"{name} must be a string of at most {MAX_TEXT} characters", name)
    return text


def read_id(body: dict, name: str) -> str:
    """A required object id."""
    if name not in body:
        raise ApiError(422, "missing_field", f"{name} is required", name)
    value = body[name]
    if not isinstance(value, str) or not value:
        raise ApiError(422, "invalid_text", f"{name} must be an id", name)
    return value
