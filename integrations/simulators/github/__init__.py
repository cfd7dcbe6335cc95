"""A GitHub that runs on one machine: REST, GraphQL, git over HTTP, webhooks, CI and a pull request page."""
