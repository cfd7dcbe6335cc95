"""Answers one request: rules first, then faults, then the step of the script that is due."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from integrations.simulators.model import rules, sse, transport
from integrations.simulators.model.engine import Due, ScriptStuck, due_step, find_role
from integrations.simulators.model.faults import CONTENT_KINDS, FaultBook, http_error, overloaded
from integrations.simulators.model.journal import Entry, Journal
from integrations.simulators.model.loading import LoadedRole, LoadedScript
from integrations.simulators.model.script import Fault, FaultKind
from integrations.simulators.model.templates import MissingCapture
from integrations.simulators.model.transcript import Conversation, read_conversation
from integrations.simulators.model.turns import Answer, compose
from integrations.simulators.model.usage import PromptCache, tokens_of, usage_body
from integrations.simulators.model.wire import (
    ApiError,
    JsonObject,
    error_response,
    invalid_request,
    random_id,
    standard_headers,
)

MAX_BODY_BYTES = 32 * 1024 * 1024
_BREAKS_STREAM = frozenset({FaultKind.STREAM_ERROR, FaultKind.STREAM_EOF, FaultKind.RESET})


@dataclass(frozen=True, slots=True)
class ModelSimConfig:
    """`script` is played; `base` is where scripts posted later look up their includes; `latency_s` delays answers."""

    script: LoadedScript
    base: Path = Path()
    api_key: str = "sk-ant-simulator"
    latency_s: float = 0.0


@dataclass(slots=True)
class Simulator:
    """The state behind the routes. Conversations are not part of it: they come with each request."""

    config: ModelSimConfig
    script: LoadedScript
    faults: FaultBook = field(default_factory=FaultBook)
    cache: PromptCache = field(default_factory=PromptCache)
    journal: Journal = field(default_factory=Journal)

    async def create_message(self, request: Request) -> Response:
        """POST /v1/messages."""
        entry = self.journal.open(request.url.path, {}, random_id("req"))
        try:
            rules.check_key(request.headers, self.config.api_key)
            body = await read_json(request)
            entry.body = body if isinstance(body, dict) else {}
            rules.check_request(body, request.headers)
            response = await self._answer(request, body, entry)
        except ApiError as error:
            entry.error = error.message
            response = error_response(error, entry.request_id)
        entry.status = response.status_code
        return response

    async def count_tokens(self, request: Request) -> Response:
        """POST /v1/messages/count_tokens."""
        entry = self.journal.open(request.url.path, {}, random_id("req"))
        try:
            rules.check_key(request.headers, self.config.api_key)
            body = await read_json(request)
            entry.body = body if isinstance(body, dict) else {}
            rules.check_request(body, request.headers, counting=True)
            counted = PromptCache().charge(body).total
        except ApiError as error:
            entry.error, entry.status = error.message, error.status
            return error_response(error, entry.request_id)
        entry.status = 200
        return JSONResponse({"input_tokens": counted}, headers=standard_headers(entry.request_id))

    async def _answer(self, request: Request, body: JsonObject, entry: Entry) -> Response:
        conversation = read_conversation(body)
        due = self._due(conversation)
        entry.role, entry.step, entry.turn = due.role.name, due.index, due.turn
        entry.label = due.step.label if due.step else None
        fault = self._fault(due, conversation, stream=bool(body.get("stream")))
        entry.fault = fault.kind.value if fault else None
        await asyncio.sleep(self.config.latency_s + (due.step.delay_s if due.step else 0.0))
        if fault is not None and (broken := await _break(fault, request, stream=bool(body.get("stream")))):
            return broken
        answer = _compose(due, body, fault)
        entry.answer = answer.content
        message = self._message(body, answer)
        entry.usage = message["usage"]
        headers = _usage_headers(entry)
        if not body.get("stream"):
            return Response(json.dumps(message), media_type="application/json", headers=headers)
        cut = fault if fault and fault.kind in _BREAKS_STREAM else None
        stream = _stream(message, answer, request, request_id=entry.request_id, fault=cut)
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={**headers, "cache-control": "no-cache"}
        )

    def _due(self, conversation: Conversation) -> Due:
        role = find_role(self.script, conversation)
        if role is None:
            start = conversation.system[:120]
            raise invalid_request(
                f"script: no role of {self.script.name} matches; the system prompt begins {start!r}"
            )
        try:
            return due_step(role, conversation, lambda index: self._still_due(role, conversation, index))
        except ScriptStuck as stuck:
            raise invalid_request(f"script: {stuck}") from stuck

    def _still_due(self, role: LoadedRole, conversation: Conversation, index: int) -> bool:
        planned = role.steps[index].planned_fault
        return planned is not None and self.faults.happened(role.name, conversation, index) < planned.times

    def _fault(self, due: Due, conversation: Conversation, *, stream: bool) -> Fault | None:
        queued = self.faults.take_queued(due.role.name, conversation, stream=stream)
        if queued is not None or due.index is None or due.step is None:
            return queued
        if not self._still_due(due.role, conversation, due.index):
            return None
        self.faults.note_planned(due.role.name, conversation, due.index)
        return due.step.planned_fault

    def _message(self, body: JsonObject, answer: Answer) -> JsonObject:
        used = self.cache.charge(body)
        thoughts = [b["thinking"] for b in answer.content if b["type"] == "thinking"]
        output = tokens_of(answer.content) if answer.content else 0
        return {
            "id": random_id("msg"),
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": answer.content,
            "stop_reason": answer.stop_reason,
            "stop_sequence": None,
            "stop_details": answer.stop_details,
            "container": None,
            "usage": usage_body(used, output=output, thinking=tokens_of(thoughts) if thoughts else 0),
        }


async def read_json(request: Request) -> Any:
    """The request's body. Raises the API's 400 or 413."""
    raw = await request.body()
    if len(raw) > MAX_BODY_BYTES:
        raise ApiError(413, "request_too_large", "Request exceeds the maximum size")
    try:
        body = json.loads(raw)
        if b"\\u" in raw:
            json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise invalid_request("The request body is not valid JSON: no low surrogate in string") from error
    except ValueError as error:
        raise invalid_request(f"The request body is not valid JSON: {error}") from error
    return body


def _compose(due: Due, body: JsonObject, fault: Fault | None) -> Answer:
    if body["max_tokens"] == 0:
        return Answer([], "max_tokens")
    thinking = (body.get("thinking") or {}).get("type") != "disabled"
    spoil = fault.kind if fault and fault.kind in CONTENT_KINDS else None
    try:
        return compose(due, thinking=thinking, spoil=spoil)
    except MissingCapture as missing:
        raise invalid_request(f"script: role {due.role.name}, step {due.index}: {missing}") from missing


async def _break(fault: Fault, request: Request, *, stream: bool) -> Response | None:
    """Makes a fault that replaces the whole answer happen; None when the answer goes on (perhaps spoilt)."""
    error = http_error(fault)
    if error is not None:
        raise error
    if fault.kind is FaultKind.HANG:
        await transport.hold(request, fault.hold_s)
    elif fault.kind is FaultKind.STREAM_ERROR and not stream:
        raise overloaded()
    elif fault.kind not in _BREAKS_STREAM or (
        stream and (fault.kind is not FaultKind.RESET or fault.mid_stream)
    ):
        return None
    transport.reset(request)
    return Response(status_code=500)


async def _stream(
    message: JsonObject, answer: Answer, request: Request, *, request_id: str, fault: Fault | None
) -> AsyncIterator[bytes]:
    events = list(sse.events_of(message, answer))
    whole = len(events) if fault is None else len(events) // 2
    for event in events[:whole]:
        yield sse.frame(event)
        await asyncio.sleep(0)
    if fault is None or fault.kind is FaultKind.STREAM_EOF:
        return
    if fault.kind is FaultKind.RESET:
        transport.reset(request)
        return
    yield sse.frame(overloaded().body(request_id))


def _usage_headers(entry: Entry) -> dict[str, str]:
    usage = entry.usage or {}
    read = usage.get("input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
    return standard_headers(entry.request_id, used_input=read, used_output=usage.get("output_tokens", 0))
