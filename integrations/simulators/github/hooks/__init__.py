"""Webhooks: payloads, signatures, deliveries and their faults."""
