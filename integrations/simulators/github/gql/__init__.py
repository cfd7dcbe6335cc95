"""A small GraphQL: enough grammar for real clients, and the part of GitHub's schema that they use here."""
