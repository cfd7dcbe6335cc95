"""The models this API knows, and which request rules each of them has."""

from dataclasses import dataclass

from integrations.simulators.model.wire import JsonObject

MAX_INPUT_TOKENS = 1_000_000
MAX_OUTPUT_TOKENS = 128_000
_EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model. `strict` models refuse forced tool choice, thinking turned off, and thinking budgets."""

    id: str
    display_name: str
    line: str
    released: str
    strict: bool = False
    prefill: bool = False
    max_tokens: int = MAX_OUTPUT_TOKENS

    def wire(self) -> JsonObject:
        """The model as `GET /v1/models` shows it."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "line": self.line,
            "created_at": f"{self.released}T00:00:00Z",
            "lifecycle": "active",
            "deprecated_at": None,
            "retires_at": None,
            "max_input_tokens": MAX_INPUT_TOKENS,
            "max_tokens": self.max_tokens,
            "capabilities": self._capabilities(),
        }

    def _capabilities(self) -> JsonObject:
        yes, no = {"supported": True}, {"supported": False}
        loose = no if self.strict else yes
        plain = ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")
        return {
            **dict.fromkeys(plain, yes),
            "context_management": yes,
            "effort": {**yes, **dict.fromkeys(_EFFORTS, yes)},
            "server_tools": {**no, "code_execution": no, "web_search": no},
            "thinking": {
                **yes,
                "types": {"adaptive": yes, "between_tools": no, "disabled": loose, "enabled": loose},
            },
        }


_CARDS = (
    ModelCard("claude-fable-5-2", "Claude Fable 5.2", "fable", "2026-11-01", strict=True),
    ModelCard("claude-mythos-5-2", "Claude Mythos 5.2", "mythos", "2026-11-01", strict=True),
    ModelCard("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", "2026-09-15"),
    ModelCard("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", "2026-09-15"),
    ModelCard("claude-fable-5-1", "Claude Fable 5.1", "fable", "2026-09-01", strict=True),
    ModelCard("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-01", strict=True),
    ModelCard("claude-sonnet-5", "Claude Sonnet 5", "sonnet", "2026-06-01"),
    ModelCard("claude-opus-5", "Claude Opus 5", "opus", "2026-06-01"),
    ModelCard("claude-opus-4-8", "Claude Opus 4.8", "opus", "2026-04-01"),
    ModelCard("claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet", "2026-02-01"),
    ModelCard("claude-haiku-4-5", "Claude Haiku 4.5", "haiku", "2025-10-01", prefill=True, max_tokens=64_000),
)
MODELS = {card.id: card for card in _CARDS}
