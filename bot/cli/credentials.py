"""Credentials follow the queues: which of our processes may be given which secret. What is not listed is withheld."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, SecretStr

from tasks.settings import Settings

ALLOWED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "web": frozenset(
            {
                "SORTIE_SLACK__SIGNING_SECRET",
                "SORTIE_SLACK__APP_TOKEN",
                "SORTIE_SLACK__BOT_TOKEN",
                "SORTIE_GITHUB__WEBHOOK_SECRET",
                "SORTIE_GITHUB__PREVIOUS_WEBHOOK_SECRET",
                "SORTIE_GITHUB__CLIENT_SECRET",
                "SORTIE_DASHBOARD_TOKEN",
            }
        ),
        "worker": frozenset({"SORTIE_MODEL__API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"}),
        "publisher": frozenset(
            {
                "SORTIE_SLACK__BOT_TOKEN",
                "SORTIE_GITHUB__TOKEN",
                "SORTIE_GITHUB__PRIVATE_KEY",
                "SORTIE_GITHUB__CLIENT_SECRET",
            }
        ),
        "beat": frozenset(),
    }
)
OTHERS = frozenset({"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"})
"""Secrets that vendors' own libraries read."""


def secret_names(model: type[BaseModel] = Settings, prefix: str = "SORTIE_") -> frozenset[str]:
    """The environment names of every secret in the settings, found by type so that a new one is withheld by default."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is SecretStr:
            names.add(f"{prefix}{name.upper()}")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= secret_names(kind, f"{prefix}{name.upper()}__")
    return frozenset(names)


def secret_values(settings: BaseModel) -> tuple[str, ...]:
    """Every secret these settings hold, for the redactor: found by type, empty ones left out."""
    found: list[str] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            found.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            found += secret_values(value)
    return tuple(found)


def environment_for(child: str, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of one child: a withheld secret is set empty, so that no .env file can hand it over either."""
    withheld = (secret_names() | OTHERS) - ALLOWED[child]
    ours = {name: value for name, value in env.items() if name not in withheld}
    return ours | {name: "" for name in withheld if name not in OTHERS}
