"""Slack: the Chat port, webhooks and Block Kit."""
