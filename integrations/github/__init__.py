"""GitHub: the CodeHost port and webhooks."""
