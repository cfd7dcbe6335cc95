import pytest


def test_a_charge_is_created(client):
    answer = client.post("/v1/charges", {"amount": 1200, "currency": "EUR", "description": "two teapots"})
    assert answer.status == 201
    assert answer.json["amount"] == 1200
    assert answer.json["description"] == "two teapots"


def test_the_currency_is_stored_in_capitals(client):
    assert client.post("/v1/charges", {"amount": 1, "currency": "gbp"}).json["currency"] == "GBP"


@pytest.mark.parametrize("amount", [0, -5, 1.5, "10", None, True])
def test_a_bad_amount_is_refused(client, amount):
    answer = client.post("/v1/charges", {"amount": amount, "currency": "USD"})
    assert (answer.status, answer.code) == (422, "invalid_amount")


@pytest.mark.parametrize("currency", ["XXX", "", "dollars", 840, None, ["USD"]])
def test_a_bad_currency_is_refused(client, currency):
    answer = client.post("/v1/charges", {"amount": 100, "currency": currency})
    assert (answer.status, answer.code) == (422, "invalid_currency")
    assert answer.json["error"]["field"] == "currency"


@pytest.mark.parametrize("field", ["amount", "currency"])
def test_a_missing_field_is_named(client, field):
    body = {"amount": 100, "currency": "USD"}
    del body[field]
    answer = client.post("/v1/charges", body)
    assert (answer.status, answer.code) == (422, "missing_field")
    assert answer.json["error"]["field"] == field


def test_a_long_description_is_refused(client):
    answer = client.post("/v1/charges", {"amount": 1, "currency": "USD", "description": "x" * 501})
    assert (answer.status, answer.code) == (422, "invalid_text")


def test_a_charge_shows_what_is_left(client, charge):
    client.post("/v1/refunds", {"charge": charge, "amount": 400})
    assert client.get(f"/v1/charges/{charge}").json["left"] == 600


def test_an_unknown_charge_is_not_found(client):
    assert client.get("/v1/charges/ch_99").status == 404
