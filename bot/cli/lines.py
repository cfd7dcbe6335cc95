"""Log lines of many processes on one terminal: each with its name in front, in its own colour."""

import threading
from typing import TextIO

from rich.console import Console
from rich.text import Text

COLOURS = {
    "sortie": "bold",
    "web": "cyan",
    "worker": "green",
    "publisher": "magenta",
    "beat": "blue",
    "valkey": "yellow",
}
WIDTH = 9


class Lines:
    """Writes whole lines; safe for threads. No colour where the stream is no terminal, or NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()

    def say(self, name: str, line: str) -> None:
        shown = Text(f"{name:<{WIDTH}} ", style=COLOURS.get(name, "dim"))
        shown.append(Text.from_ansi(line) if self._console.is_terminal else Text(line))
        with self._lock:
            self._console.print(shown)
