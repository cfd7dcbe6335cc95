"""The sandbox all tests of the agent share."""

import pytest

from integrations.sandboxes.bubblewrap import BubblewrapProvider


@pytest.fixture(scope="session")
def provider() -> BubblewrapProvider:
    return BubblewrapProvider()
