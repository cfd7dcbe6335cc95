"""A team chat on this machine that speaks Slack's wire protocol: Web API, Events, interactivity, and a page."""
