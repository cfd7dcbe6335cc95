import json

import pytest


def test_health(client):
    assert client.get("/healthz").json == {"ok": True}


@pytest.mark.parametrize("raw", [b"", b"{", b"[1, 2]", b"null", b'"text"'])
def test_a_body_that_is_no_object_is_refused(client, raw):
    answer = client.post("/v1/charges", raw)
    assert (answer.status, answer.code) == (400, "invalid_json")


def test_an_unknown_route_is_not_found(client):
    assert client.get("/v2/charges").code == "not_found"


def test_a_known_route_with_another_method_says_so(client):
    answer = client.get("/v1/refunds")
    assert (answer.status, answer.code) == (405, "method_not_allowed")


def test_errors_have_one_shape(client):
    error = json.loads(client.get("/nowhere").text)["error"]
    assert set(error) == {"code", "message", "field"}
