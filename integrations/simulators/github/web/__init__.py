"""Pages for a browser: repository, pull request, commit."""
