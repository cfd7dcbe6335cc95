"""CI that really runs commands on a checkout, in a sandbox."""
