"""The rules a request must keep, with the API's own error messages (https://platform.claude.com/docs/en/api/errors)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from integrations.simulators.model.catalog import MODELS, ModelCard
from integrations.simulators.model.rules_messages import check_messages
from integrations.simulators.model.usage import breakpoints, pieces_of
from integrations.simulators.model.wire import ApiError, JsonObject, invalid_request

CURRENT_VERSION = "2026-10-21"
VERSIONS = frozenset({CURRENT_VERSION, "2023-06-01"})
MAX_BREAKPOINTS = 4
_SAMPLING = ("temperature", "top_p", "top_k")
_KNOWN = frozenset(
    {
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "messages",
        "metadata",
        "model",
    }
    | {
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "thinking",
        "tool_choice",
    }
    | {"tools", "user_profile_id", "workspace_id"}
)
_BETA = frozenset(
    {
        "billing_policy",
        "compaction",
        "context_management",
        "fallback_credit_token",
        "fallbacks",
        "mcp_servers",
    }
)
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})


def check_key(headers: Mapping[str, str], api_key: str) -> None:
    """Raises a 401 unless the request carries the key as a bearer token (or, as older clients do, x-api-key)."""
    bearer = headers.get("authorization", "")
    given = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else headers.get("x-api-key")
    if given is None:
        raise ApiError(
            401, "authentication_error", "Authentication required: send `Authorization: Bearer <key>`"
        )
    if given != api_key:
        raise ApiError(401, "authentication_error", "invalid bearer token" if bearer else "invalid x-api-key")


def check_request(body: Any, headers: Mapping[str, str], *, counting: bool = False) -> ModelCard:
    """Raises the ApiError the real API would answer with; returns the model's card. `counting` for count_tokens."""
    version = headers.get("anthropic-version")
    if version is None:
        raise invalid_request("anthropic-version: header is required")
    if version not in VERSIONS:
        raise invalid_request(f'"{version}" is not a valid anthropic-version')
    if not isinstance(body, dict):
        raise invalid_request("Input should be a valid dictionary")
    if "thread" in body:
        details = {"error_code": "thread_unsupported_request"}
        raise invalid_request("Threads are not available; send the full conversation.", details=details)
    _check_keys(body, beta="anthropic-beta" in headers)
    card = _check_model(body)
    _check_numbers(body, card, counting=counting)
    _check_sampling(body, card, version)
    _check_thinking(body, card)
    _check_tools(body, card)
    _check_system(body)
    check_messages(body.get("messages"), card)
    _check_cache(body)
    return card


def _check_keys(body: JsonObject, *, beta: bool) -> None:
    allowed = _KNOWN | _BETA if beta else _KNOWN
    for key in body:
        if key not in allowed and key not in _SAMPLING:
            raise invalid_request(f"{key}: Extra inputs are not permitted")


def _check_model(body: JsonObject) -> ModelCard:
    model = body.get("model")
    if model is None:
        raise invalid_request("model: Field required")
    if not isinstance(model, str):
        raise invalid_request("model: Input should be a valid string")
    if model not in MODELS:
        raise ApiError(404, "not_found_error", f"model: {model}")
    return MODELS[model]


def _check_numbers(body: JsonObject, card: ModelCard, *, counting: bool) -> None:
    if counting:
        return
    if "max_tokens" not in body:
        raise invalid_request("max_tokens: Field required")
    wanted = body["max_tokens"]
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        raise invalid_request("max_tokens: Input should be a valid integer")
    if wanted < 0:
        raise invalid_request("max_tokens: Input should be greater than or equal to 0")
    if wanted > card.max_tokens:
        raise invalid_request(
            f"max_tokens: {wanted} > {card.max_tokens}, which is the maximum allowed number of output tokens for {card.id}"
        )


def _check_sampling(body: JsonObject, card: ModelCard, version: str) -> None:
    for key in _SAMPLING:
        if key in body and (version == CURRENT_VERSION or not card.prefill):
            raise invalid_request(f"`{key}` is deprecated for this model.")


def _check_thinking(body: JsonObject, card: ModelCard) -> None:
    thinking = body.get("thinking")
    if thinking is not None:
        kind = thinking.get("type") if isinstance(thinking, dict) else None
        if kind not in {"adaptive", "enabled", "disabled", "between_tools"}:
            raise invalid_request(
                "thinking.type: Input should be 'adaptive', 'enabled', 'disabled' or 'between_tools'"
            )
        if kind == "between_tools" or (card.strict and kind != "adaptive"):
            raise invalid_request(f"thinking.type: `{kind}` is not supported by {card.id}")
        if kind == "enabled" and int(thinking.get("budget_tokens", 0)) < 1024:
            raise invalid_request(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
            )
    config = body.get("output_config") or {}
    if "effort" in config and config["effort"] not in _EFFORTS:
        raise invalid_request(
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
        )


def _check_tools(body: JsonObject, card: ModelCard) -> None:
    tools = body.get("tools") or []
    names = [tool.get("name") for tool in tools]
    for index, tool in enumerate(tools):
        if not isinstance(tool.get("name"), str):
            raise invalid_request(f"tools.{index}.custom.name: Field required")
        if not _TOOL_NAME.fullmatch(tool["name"]):
            raise invalid_request(
                f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            )
        if tool.get("type", "custom") in {"custom", None}:
            _check_schema(index, tool)
    if len(set(names)) != len(names):
        raise invalid_request("tools: Tool names must be unique.")
    _check_choice(body.get("tool_choice"), names, card)


def _check_schema(index: int, tool: JsonObject) -> None:
    schema = tool.get("input_schema")
    if schema is None:
        raise invalid_request(f"tools.{index}.custom.input_schema: Field required")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise invalid_request(f"tools.{index}.custom.input_schema.type: Input should be 'object'")


def _check_choice(choice: Any, names: Iterable[Any], card: ModelCard) -> None:
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind not in {"auto", "any", "tool", "none"}:
        raise invalid_request("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")
    if not list(names):
        raise invalid_request("tool_choice: tool_choice may only be specified while providing tools")
    if kind in {"any", "tool"} and card.strict:
        raise invalid_request("Thinking may not be enabled when tool_choice forces tool use.")
    if kind == "tool" and choice.get("name") not in set(names):
        raise invalid_request(f"Tool '{choice.get('name')}' not found in provided tools")


def _check_system(body: JsonObject) -> None:
    system = body.get("system")
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        raise invalid_request("system: Input should be a valid string or list")
    for index, block in enumerate(system):
        if block.get("type") != "text":
            raise invalid_request(f"system.{index}.type: Input should be 'text'")
        if not block.get("text"):
            raise invalid_request("system: text content blocks must be non-empty")


def _check_cache(body: JsonObject) -> None:
    found = breakpoints(body)
    if found > MAX_BREAKPOINTS:
        raise invalid_request(
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {found}."
        )
    ttls = [piece.ttl for piece in pieces_of(body) if piece.ttl]
    if any(ttl not in {"5m", "1h"} for ttl in ttls):
        raise invalid_request("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        raise invalid_request(
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
            "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
        )
