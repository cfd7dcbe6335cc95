"""Sends webhooks as GitHub does: signed, once, 10 s to answer, kept for redelivery."""

from __future__ import annotations

import hmac
import http.client
import itertools
import queue
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from integrations.simulators.github.hooks.faults import HookFaults
from integrations.simulators.github.model.state import Hook

USER_AGENT = "GitHub-Hookshot/51a2f0c"
KEPT = 20_000
MAX_RESPONSE = 64 * 1024


@dataclass(slots=True)
class Delivery:
    """One attempt to deliver. `guid` stays the same over redeliveries; `duration` is in seconds."""

    id: int
    guid: str
    hook: Hook
    event: str
    action: str | None
    body: bytes
    headers: dict[str, str]
    installation_id: int | None = None
    repo_id: int | None = None
    redelivery: bool = False
    queued_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    delivered_at: datetime | None = None
    status: str = "pending"
    status_code: int = 0
    duration: float = 0.0
    response_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A payload on its way to one hook."""

    event: str
    action: str | None
    body: bytes
    installation_id: int | None = None
    repo_id: int | None = None


def sign(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """The value of X-Hub-Signature-256.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    return f"{algorithm}=" + hmac.new(secret.encode(), body, algorithm).hexdigest()


class Deliveries:
    """One queue and one thread per hook, so that deliveries keep their order unless a fault says otherwise."""

    def __init__(self, timeout_s: float) -> None:
        self.faults: HookFaults[Delivery] = HookFaults()
        self.log: deque[Delivery] = deque(maxlen=KEPT)
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._queues: dict[int, queue.SimpleQueue[Delivery | None]] = {}
        self._lock = threading.Lock()
        self._pending = 0
        self._closed = False
        self._timers: list[threading.Timer] = []

    def send(self, hook: Hook, message: Message) -> None:
        """Queue one payload for one hook."""
        if not hook.active:
            return
        delivery = self._delivery(hook, message, guid=str(uuid.uuid4()))
        self.log.append(delivery)
        plan = self.faults.plan(delivery, event=message.event, action=message.action)
        if not plan:
            delivery.status = "held or dropped by a fault"
        for each, delay_s in plan:
            self._later(each, delay_s)

    def redeliver(self, original: Delivery) -> Delivery:
        """Send a recorded payload again under the same GUID."""
        message = Message(
            original.event, original.action, original.body, original.installation_id, original.repo_id
        )
        delivery = self._delivery(original.hook, message, guid=original.guid)
        delivery.redelivery = True
        self.log.append(delivery)
        self._later(delivery, 0.0)
        return delivery

    def find(self, delivery_id: int) -> Delivery | None:
        return next((d for d in self.log if d.id == delivery_id), None)

    @property
    def pending(self) -> int:
        """Deliveries queued or under way (delayed ones included)."""
        return self._pending

    def close(self) -> None:
        """Stop sending; what is queued is dropped."""
        with self._lock:
            self._closed = True
            for each in self._queues.values():
                each.put(None)
            for timer in self._timers:
                timer.cancel()

    def _delivery(self, hook: Hook, message: Message, *, guid: str) -> Delivery:
        target = "integration" if hook.app_id else "repository"
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": message.event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-ID": str(hook.app_id or hook.repo_id),
            "X-GitHub-Hook-Installation-Target-Type": target,
        }
        if hook.secret:
            headers["X-Hub-Signature"] = sign(hook.secret, message.body, "sha1")
            headers["X-Hub-Signature-256"] = sign(hook.secret, message.body)
        return Delivery(
            id=next(self._ids),
            guid=guid,
            hook=hook,
            event=message.event,
            action=message.action,
            body=message.body,
            headers=headers,
            installation_id=message.installation_id,
            repo_id=message.repo_id,
        )

    def _later(self, delivery: Delivery, delay_s: float) -> None:
        with self._lock:
            if self._closed:
                return
            self._pending += 1
            if not delay_s:
                self._queue(delivery.hook).put(delivery)
                return
            timer = threading.Timer(delay_s, self._queue(delivery.hook).put, (delivery,))
            timer.daemon = True
            self._timers.append(timer)
            timer.start()

    def _queue(self, hook: Hook) -> queue.SimpleQueue[Delivery | None]:
        if hook.id not in self._queues:
            self._queues[hook.id] = queue.SimpleQueue()
            name = f"github-sim-hook-{hook.id}"
            threading.Thread(target=self._run, args=(self._queues[hook.id],), name=name, daemon=True).start()
        return self._queues[hook.id]

    def _run(self, waiting: queue.SimpleQueue[Delivery | None]) -> None:
        while (delivery := waiting.get()) is not None and not self._closed:
            self._attempt(delivery)
            with self._lock:
                self._pending -= 1

    def _attempt(self, delivery: Delivery) -> None:
        started = time.monotonic()
        delivery.delivered_at = datetime.now(UTC)
        try:
            delivery.status_code = self._post(delivery)
            ok = 200 <= delivery.status_code < 300
            delivery.status = "OK" if ok else f"Invalid HTTP Response: {delivery.status_code}"
        except TimeoutError:
            delivery.status = "timed out"
        except (OSError, http.client.HTTPException):
            delivery.status = "failed to connect to host"
        delivery.duration = round(time.monotonic() - started, 3)
        delivery.hook.last_status, delivery.hook.last_code = delivery.status, delivery.status_code or None

    def _post(self, delivery: Delivery) -> int:
        url = urlsplit(delivery.hook.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=self._timeout_s)
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("POST", path, delivery.body, {**delivery.headers, "Connection": "close"})
            answer = connection.getresponse()
            delivery.response_headers = dict(answer.getheaders())
            delivery.response_body = answer.read(MAX_RESPONSE).decode(errors="replace")
            return answer.status
        finally:
            connection.close()
