"""Our labels: what each is called, its colour and its description, and what people read of a change's risk."""

from integrations.types.code_host import Label
from tasks.domain.risk import Risk, Seen, Sign
from tasks.messages.markdown import code
from tasks.messages.words import count

LABELS = {
    label.name: label
    for label in (
        Label("sortie", "5b5fc7", "Opened by Sortie"),
        Label("sortie:ready", "2da44e", "Gates, CI and review are done: a person decides"),
        Label("sortie:needs-human", "d93f0b", "Sortie waits for a person"),
        Label("sortie:hold", "bf8700", "Sortie pushes nothing until somebody lifts the hold"),
        Label("risk:low", "c2e0c6", "Sortie saw no sign of risk in this change"),
        Label("risk:medium", "fbca04", "Sortie saw signs of risk: the description names them"),
        Label("risk:high", "b60205", "Sortie saw grave signs of risk: the description names them"),
    )
}
"""By name. A label that is there already keeps what people made of it."""


def styled(names: tuple[str, ...]) -> tuple[Label, ...]:
    """These labels with their colours."""
    return tuple(LABELS[name] for name in names)


def risk_words(risk: Risk) -> str:
    """The level and what led to it, as Markdown; names of files are data."""
    told = "; ".join(_sign_words(seen) for seen in risk.signs)
    return f"{risk.level.value}: {told}" if told else f"{risk.level.value}"


def _sign_words(seen: Seen) -> str:
    match seen.sign:
        case Sign.asks_person:
            return f"a person must approve {_named(seen)}"
        case Sign.unproven:
            return "no test ran on it"
        case Sign.migration:
            return f"changes what is stored ({_named(seen)})"
        case Sign.large:
            return f"very large ({_size(seen)})"
        case Sign.dependency:
            return f"may change what is installed ({_named(seen)})"
        case Sign.owned:
            return f"{count(seen.count, 'file')} with an owner of {'its' if seen.count == 1 else 'their'} own ({_named(seen)})"
        case Sign.untested:
            return "no test was changed"
        case Sign.wide:
            return f"not small ({_size(seen)})"


def _size(seen: Seen) -> str:
    return f"{count(seen.lines, 'line')} in {count(seen.count, 'file')}"


def _named(seen: Seen) -> str:
    more = f" and {seen.count - len(seen.names)} more" if seen.count > len(seen.names) else ""
    return ", ".join(code(name, 60) for name in seen.names) + more
