"""Signed deliveries to the app: events with Slack's retries, interactions without; and their log."""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import httpx2

from integrations.simulators.slack.config import Json, SlackSimConfig

_KEPT = 5_000
_BODY_KEPT = 2_000


class Socket(Protocol):
    """Where deliveries go instead of HTTP while an app is connected."""

    @property
    def connected(self) -> bool: ...

    async def send(self, kind: str, payload: Json, *, retry_num: int, reason: str | None) -> Json | None:
        """The payload of the app's acknowledgement (`{}` for a bare one); None when none came in time."""


@dataclass(slots=True)
class Attempt:
    """One HTTP exchange. `status` is None when none came; `reason` is Slack's retry reason for a failure."""

    at: float
    retry_num: int
    status: int | None = None
    reason: str | None = None
    duration_s: float = 0.0
    body: str = ""


@dataclass(slots=True)
class Delivery:
    """Something the app is told. `state`: pending, delivered, failed, dropped or no_url.

    `kind`: events_api, interactive, slash_commands or url_verification; `type` is the event or payload type.
    """

    id: int
    kind: str
    type: str
    payload: Json
    created_at: float
    event_id: str | None = None
    url: str | None = None
    state: str = "pending"
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def answer(self) -> Json:
        """The JSON object of the last answer; a plain text answer is `{"text": …}`, none is `{}`."""
        body = self.attempts[-1].body if self.attempts else ""
        if not body.strip():
            return {}
        try:
            parsed = json.loads(body)
        except ValueError:
            return {"text": body}
        return parsed if isinstance(parsed, dict) else {}


def sign(*, secret: str, timestamp: int, body: bytes) -> str:
    """The value of X-Slack-Signature: https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Courier:
    """Delivers to the app over HTTP, or over a connected socket when there is one."""

    def __init__(self, config: SlackSimConfig) -> None:
        self.config = config
        self.events_url = config.events_url
        self.actions_url = config.actions_url
        self.retry_delays_s = config.retry_delays_s
        self.socket: Socket | None = None
        self.log: deque[Delivery] = deque(maxlen=_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._serial = 0
        self._http: httpx2.AsyncClient | None = None

    def post_event(self, payload: Json, *, delay_s: float = 0.0) -> Delivery:
        """Start delivering an event_callback envelope; retries go on in the background."""
        delivery = self._record("events_api", str(payload["event"]["type"]), payload)
        delivery.event_id = payload.get("event_id")
        task = asyncio.create_task(self._deliver_event(delivery, delay_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def interact(self, payload: Json) -> Delivery:
        """Deliver one interaction payload (`payload=<json>`), once, and wait for the answer."""
        delivery = self._record("interactive", str(payload["type"]), payload)
        await self._deliver_form(delivery, urlencode({"payload": json.dumps(payload)}))
        return delivery

    async def command(self, fields: Json) -> Delivery:
        """Deliver one slash command (form fields), once, and wait for the answer."""
        delivery = self._record("slash_commands", str(fields["command"]), fields)
        await self._deliver_form(delivery, urlencode(fields))
        return delivery

    async def verify_url(self, challenge: str) -> bool:
        """The url_verification handshake: does the events URL echo `challenge` in any allowed form?"""
        payload = {
            "token": self.config.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        delivery = self._record("url_verification", "url_verification", payload)
        delivery.url = self.events_url
        attempt = await self._post(delivery, json.dumps(payload).encode(), "application/json", 0)
        delivery.state = "delivered" if _accepted(attempt) else "failed"
        return delivery.state == "delivered" and challenge in attempt.body

    async def settle(self, timeout_s: float) -> bool:
        """Wait until no delivery is pending; False when some still are after `timeout_s`."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)
        return not self._tasks

    async def close(self) -> None:
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def rows(self, *, after: int = 0) -> list[Json]:
        return [asdict(d) for d in self.log if d.id > after]

    def _record(self, kind: str, kind_type: str, payload: Json) -> Delivery:
        self._serial += 1
        delivery = Delivery(self._serial, kind, kind_type, payload, self.config.now())
        self.log.append(delivery)
        return delivery

    async def _deliver_event(self, delivery: Delivery, delay_s: float) -> None:
        if delay_s:
            await asyncio.sleep(delay_s)
        body = json.dumps(delivery.payload).encode()
        reason: str | None = None
        for number, wait_s in enumerate((0.0, *self.retry_delays_s)):
            if wait_s:
                await asyncio.sleep(wait_s)
            attempt = await self._try(delivery, self.events_url, body, number, reason)
            if attempt is None:
                return
            if _accepted(attempt):
                delivery.state = "delivered"
                return
            if attempt.reason == "no_retry":
                break
            reason = attempt.reason
        delivery.state = "failed"

    async def _deliver_form(self, delivery: Delivery, form: str) -> None:
        attempt = await self._try(delivery, self.actions_url or self.events_url, form.encode())
        if attempt is not None:
            delivery.state = "delivered" if _accepted(attempt) else "failed"

    async def _try(
        self, delivery: Delivery, url: str | None, body: bytes, number: int = 0, reason: str | None = None
    ) -> Attempt | None:
        """One attempt over the socket (even while the app reconnects) or else to `url`; None when there is neither."""
        if self.socket is not None and (self.socket.connected or url is None):
            delivery.url = "socket"
            return await self._send(self.socket, delivery, number, reason)
        delivery.url = url
        if url is None:
            delivery.state = "no_url"
            return None
        form = delivery.kind in ("interactive", "slash_commands")
        content_type = "application/x-www-form-urlencoded" if form else "application/json"
        return await self._post(delivery, body, content_type, number, reason)

    async def _send(self, socket: Socket, delivery: Delivery, number: int, reason: str | None) -> Attempt:
        attempt = Attempt(self.config.now(), number)
        delivery.attempts.append(attempt)
        answer = await socket.send(delivery.kind, delivery.payload, retry_num=number, reason=reason)
        if answer is None:
            attempt.reason = "timeout"
        else:
            attempt.status, attempt.body = 200, json.dumps(answer) if answer else ""
        return attempt

    async def _post(
        self, delivery: Delivery, body: bytes, content_type: str, number: int, reason: str | None = None
    ) -> Attempt:
        attempt = Attempt(self.config.now(), number)
        delivery.attempts.append(attempt)
        headers = self._headers(body, content_type)
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason or "unknown_error"}
        started = time.monotonic()
        try:
            response = await self._client().post(str(delivery.url), content=body, headers=headers)
        except httpx2.TimeoutException:
            attempt.reason = "http_timeout"
        except httpx2.TooManyRedirects:
            attempt.reason = "too_many_redirects"
        except httpx2.HTTPError:
            attempt.reason = "connection_failed"
        else:
            attempt.status, attempt.body = response.status_code, response.text[:_BODY_KEPT]
            if not _accepted(attempt):
                no_retry = response.headers.get("x-slack-no-retry") == "1"
                attempt.reason = "no_retry" if no_retry else "http_error"
        attempt.duration_s = round(time.monotonic() - started, 4)
        return attempt

    def _headers(self, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = int(self.config.now())
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": sign(secret=self.config.signing_secret, timestamp=timestamp, body=body),
        }

    def _client(self) -> httpx2.AsyncClient:
        if self._http is None:
            self._http = httpx2.AsyncClient(
                timeout=self.config.delivery_timeout_s,
                trust_env=False,
                follow_redirects=True,
                max_redirects=2,
            )
        return self._http


def _accepted(attempt: Attempt) -> bool:
    return attempt.status is not None and 200 <= attempt.status < 300
