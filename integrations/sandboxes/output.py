"""Keeps the head and the tail of a command's output and counts the rest."""

from collections import deque

CHUNK_BYTES = 65_536


class Kept:
    """A stream's first and last `limit_bytes // 2` bytes; never holds more than the limit and one chunk."""

    def __init__(self, limit_bytes: int) -> None:
        self._head_limit = limit_bytes - limit_bytes // 2
        self._tail_limit = limit_bytes // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.seen_bytes = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self.seen_bytes += len(chunk)
        room = self._head_limit - len(self._head)
        self._head += chunk[:room]
        self._push(chunk[room:] if room > 0 else chunk)

    def _push(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._tail.append(chunk)
        self._tail_bytes += len(chunk)
        while self._tail_bytes > self._tail_limit:
            first = self._tail.popleft()
            extra = self._tail_bytes - self._tail_limit
            if len(first) > extra:
                self._tail.appendleft(first[extra:])
            self._tail_bytes -= min(extra, len(first))

    @property
    def dropped_bytes(self) -> int:
        """How many bytes of the stream are in neither the head nor the tail."""
        return self.seen_bytes - len(self._head) - self._tail_bytes

    def text(self) -> bytes:
        """Head, a marker line where something is missing, tail."""
        marker = f"\n[... {self.dropped_bytes} bytes left out ...]\n".encode() if self.dropped_bytes else b""
        return bytes(self._head) + marker + b"".join(self._tail)
