"""The Model port over the anthropic SDK's Messages API. Importing this costs seconds and 76 MB: only wiring does."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anthropic
import httpcore2
import httpx2

from integrations.errors import Cancelled, Denied, IntegrationError, Retryable
from integrations.models.failures import DENIED, UNAVAILABLE, from_status, retry_after_s
from integrations.models.stream import Assembly
from integrations.models.wire import GivenUp, TooLong, Watch, WatchedTransport, watched
from integrations.types.model import Message, ModelReply, ModelRequest

DEFAULT_URL = "https://api.anthropic.com"
_CACHE = {"type": "ephemeral"}
_DRAIN_S = 1.0
_CORE_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)
"""What a body may raise while it is read; before the headers, the SDK wraps them as APIConnectionError."""


class AnthropicModel:
    """One per process, made after fork; `complete` may be called from many threads at once.

    `idle_s` is the longest silence in a stream (the API sends pings), `connect_s` the longest wait for a connection.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None = None,
        proxy: str | None = None,
        idle_s: float = 120.0,
        connect_s: float = 5.0,
    ) -> None:
        self._has_key = bool(api_key)
        self._timeout = httpx2.Timeout(idle_s, connect=connect_s, write=30.0, pool=30.0)
        self._client = anthropic.Anthropic(
            api_key=api_key or "none",
            base_url=base_url or DEFAULT_URL,
            max_retries=0,
            open_telemetry=False,
            timeout=self._timeout,
            http_client=httpx2.Client(
                transport=WatchedTransport(proxy=proxy), timeout=self._timeout, trust_env=False
            ),
        )

    def complete(self, request: ModelRequest, *, cancelled: Callable[[], bool]) -> ModelReply:
        """One streamed call, no retries. A refusal is a reply (`stop` refusal), never an exception.

        Raises Cancelled within a second of `cancelled()`; Retryable (a broken stream too), RateLimited, Denied or
        Rejected as integrations.models.failures says. `output_schema` only asks for that shape: the caller validates,
        after looking at `stop`.
        """
        if not self._has_key:
            raise Denied("No model key is configured.", code=DENIED)
        watch = Watch(cancelled, time.monotonic() + request.timeout_s)
        try:
            with watched(watch):
                watch.check()
                return self._stream(request, watch)
        except anthropic.APIStatusError as error:
            raise _translated(error) from error
        except (GivenUp, TooLong, anthropic.APIError, httpx2.HTTPError, *_CORE_ERRORS) as error:
            raise _broken(watch) from error

    def close(self) -> None:
        """Closes idle connections."""
        self._client.close()

    def _stream(self, request: ModelRequest, watch: Watch) -> ModelReply:
        assembly = Assembly()
        with self._client.messages.with_streaming_response.create(
            **body(request), stream=True, timeout=self._timeout
        ) as response:
            events = _events(response.http_response)
            for event in events:
                watch.check()
                assembly.feed(event)
                if assembly.done:
                    _drain(events, watch)
                    break
            return assembly.reply(request_id=response.http_response.headers.get("request-id", ""))


def body(request: ModelRequest) -> dict[str, Any]:
    """The call's parameters. Cache breakpoints: after system (which covers the tools before it), and after the last user message.

    No temperature and no tool_choice: newer models refuse both (https://platform.claude.com/docs/en/about-claude/models).
    """
    output: dict[str, Any] = {}
    if request.effort:
        output["effort"] = request.effort
    if request.output_schema:
        output["format"] = {"type": "json_schema", "schema": request.output_schema}
    params: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": [{"type": "text", "text": request.system, "cache_control": _CACHE}],
        "messages": _with_breakpoint(request.messages),
    }
    if request.tools:
        params["tools"] = [
            {"name": t.name, "description": t.description, "input_schema": t.schema} for t in request.tools
        ]
    if output:
        params["output_config"] = output
    return params


def _with_breakpoint(messages: tuple[Message, ...]) -> list[Message]:
    """The messages, the last user message's last block marked. Stored messages are never changed."""
    marked = list(messages)
    for index in range(len(marked) - 1, -1, -1):
        message = marked[index]
        if message["role"] == "user" and isinstance(message["content"], list) and message["content"]:
            *rest, last = message["content"]
            marked[index] = {**message, "content": [*rest, {**last, "cache_control": _CACHE}]}
            break
    return marked


def _events(response: httpx2.Response) -> Iterator[dict[str, Any]]:
    """Decoded events. Read below the SDK's models: those would cost as much CPU as the rest of a turn."""
    for sse in anthropic.Stream.raw_events(response):
        if not sse.data or sse.event == "ping":
            continue
        try:
            event = sse.json()
        except ValueError as error:
            raise Retryable("The model's answer could not be read.", code=UNAVAILABLE) from error
        yield event if isinstance(event, dict) else {}


def _drain(events: Iterator[dict[str, Any]], watch: Watch) -> None:
    """Reads to the end of the body, so that the connection can be used again; the message is complete already."""
    watch.until = time.monotonic() + _DRAIN_S
    with suppress(GivenUp, TooLong, Retryable, httpx2.HTTPError, *_CORE_ERRORS):
        for _ in events:
            pass


def _translated(error: anthropic.APIStatusError) -> IntegrationError:
    return from_status(
        error.status_code,
        kind=error.type or "",
        error_code=error.error_code or "",
        said=error.api_message or "",
        wait_s=retry_after_s(error.response.headers),
    )


def _broken(watch: Watch) -> IntegrationError:
    """For everything that broke below HTTP. The SDK wraps what our transport raises while it waits for headers."""
    if isinstance(watch.ended, GivenUp):
        return Cancelled("The call was given up.")
    if watch.ended:
        return Retryable("The model took too long to answer.", code=UNAVAILABLE)
    return Retryable("The connection to the model broke.", code=UNAVAILABLE)
