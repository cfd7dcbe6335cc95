import pytest


def test_a_refund_takes_the_currency_of_its_charge(client, charge):
    answer = client.post("/v1/refunds", {"charge": charge, "amount": 250, "reason": "broken lid"})
    assert answer.status == 201
    assert answer.json["currency"] == "USD"
    assert answer.json["reason"] == "broken lid"


def test_the_currency_may_be_named(client, charge):
    answer = client.post("/v1/refunds", {"charge": charge, "amount": 250, "currency": "usd"})
    assert answer.status == 201


def test_another_currency_is_refused(client, charge):
    answer = client.post("/v1/refunds", {"charge": charge, "amount": 250, "currency": "EUR"})
    assert (answer.status, answer.code) == (422, "currency_mismatch")


def test_a_charge_can_be_refunded_in_parts(client, charge):
    for amount in (400, 600):
        assert client.post("/v1/refunds", {"charge": charge, "amount": amount}).status == 201


def test_more_than_is_left_is_refused(client, charge):
    client.post("/v1/refunds", {"charge": charge, "amount": 900})
    answer = client.post("/v1/refunds", {"charge": charge, "amount": 101})
    assert (answer.status, answer.code) == (422, "amount_too_large")


def test_an_unknown_charge_is_refused(client):
    answer = client.post("/v1/refunds", {"charge": "ch_99", "amount": 1})
    assert (answer.status, answer.code) == (422, "unknown_charge")


@pytest.mark.parametrize("amount", [0, -1, 2.5, None, "7"])
def test_a_bad_amount_is_refused(client, charge, amount):
    answer = client.post("/v1/refunds", {"charge": charge, "amount": amount})
    assert (answer.status, answer.code) == (422, "invalid_amount")


def test_a_missing_charge_is_named(client):
    answer = client.post("/v1/refunds", {"amount": 1})
    assert (answer.status, answer.code) == (422, "missing_field")
    assert answer.json["error"]["field"] == "charge"


def test_a_refund_can_be_read_back(client, charge):
    refund = client.post("/v1/refunds", {"charge": charge, "amount": 5}).json["id"]
    assert client.get(f"/v1/refunds/{refund}").json["charge"] == charge
