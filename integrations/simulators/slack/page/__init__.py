"""The browser page: channels, threads, rendered Block Kit, a composer; the same workspace the app sees."""
