import pytest

from payments.testing import Client


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def charge(client: Client) -> str:
    """The id of a charge of 10.00 USD."""
    return client.post("/v1/charges", {"amount": 1000, "currency": "USD"}).json["id"]
