"""Charges and refunds over HTTP."""

__version__ = "3.4.1"
