"""The whole product on one machine, against simulators: no account, no network."""
