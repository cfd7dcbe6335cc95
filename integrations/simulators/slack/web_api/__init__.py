"""Slack's Web API methods, grouped as Slack's reference groups them."""
