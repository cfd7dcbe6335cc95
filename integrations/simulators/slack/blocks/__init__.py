"""Block Kit, as strictly as Slack documents it: https://docs.slack.dev/reference/block-kit"""
