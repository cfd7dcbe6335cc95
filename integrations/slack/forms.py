"""Forms as Slack's modals (https://docs.slack.dev/reference/views/modal-views). Limits are kept by cutting."""

from typing import Any

from integrations.slack.mrkdwn import Redact, mrkdwn, plain
from integrations.types.chat import (
    Choice,
    Code,
    Form,
    Mention,
    PersonField,
    Plain,
    Quoted,
    RepoField,
    StartForm,
    Text,
    Ticks,
)

Json = dict[str, Any]

START = "start_run"
PROMPT, REPO, PROMISE, PLAN, WHERE = "form_prompt", "form_repo", "form_sla", "form_plan", "form_where"
"""Actions, and the blocks they stand in: an error of a field is shown at its block."""

_LONGEST_PROMPT = 3_000


def start_form(form: StartForm, *, redact: Redact) -> Json:
    """The view in which a run is asked for; a message that is quoted makes the words optional."""
    shown: list[Json] = []
    if form.warning:
        shown.append(_section("warning", (Plain(form.warning, bold=True),), redact))
    if form.about:
        said: Text = (Plain("About what "), Mention(form.author), Plain(" wrote: "))
        shown.append(_section("about", (*said, Quoted(form.about, limit=1_200)), redact))
    shown += [_prompt(form), _repo(form), *_reason(form, redact), _promise(form), _plan()]
    if form.asks_where:
        shown.append(_where(form))
    return {
        "type": "modal",
        "callback_id": START,
        "private_metadata": form.draft,
        "title": _plain("Fix with Sortie", 24),
        "submit": _plain("Start", 24),
        "close": _plain("Cancel", 24),
        "blocks": shown,
    }


def _prompt(form: StartForm) -> Json:
    element = {
        "type": "plain_text_input",
        "action_id": PROMPT,
        "multiline": True,
        "max_length": _LONGEST_PROMPT,
        "placeholder": _plain("Return 422 from /v1/refunds when currency is null", 150),
    }
    label = "What else should I know?" if form.about else "What should change?"
    return _input(PROMPT, label, element, optional=bool(form.about))


def _repo(form: StartForm) -> Json:
    element: Json = {
        "type": "external_select",
        "action_id": REPO,
        "min_query_length": 0,
        "placeholder": _plain("Let Sortie choose, or ask me", 150),
    }
    if form.repo and len(form.repo) <= 75:
        element["initial_option"] = {"text": _plain(form.repo, 75), "value": form.repo}
    return _input(REPO, "Repository", element, optional=True)


def _reason(form: StartForm, redact: Redact) -> list[Json]:
    if not form.repo:
        return []
    text: Text = (Code(form.repo), Plain(f" because: {form.reason}"))
    return [{"type": "context", "block_id": "why", "elements": [_mrkdwn(text, redact)]}]


def _promise(form: StartForm) -> Json:
    options = [{"text": _plain(label, 75), "value": value or "usual"} for value, label in form.promises[:10]]
    element = {
        "type": "static_select",
        "action_id": PROMISE,
        "options": options,
        "initial_option": options[0],
    }
    return _input(PROMISE, "A pull request within", element)


def _plan() -> Json:
    option = {"text": _plain("Show me the plan first", 75), "value": "plan"}
    return _input(
        PLAN, "Before the work", {"type": "checkboxes", "action_id": PLAN, "options": [option]}, optional=True
    )


def _where(form: StartForm) -> Json:
    element: Json = {
        "type": "conversations_select",
        "action_id": WHERE,
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private"], "exclude_external_shared_channels": True},
    }
    return _input(WHERE, "Where I tell you about it", element)


def _input(block: str, label: str, element: Json, *, optional: bool = False) -> Json:
    return {
        "type": "input",
        "block_id": block,
        "label": _plain(label, 2000),
        "element": element,
        "optional": optional,
    }


def _section(block: str, text: Text, redact: Redact) -> Json:
    return {"type": "section", "block_id": block, "text": _mrkdwn(text, redact)}


def _mrkdwn(text: Text, redact: Redact) -> Json:
    return {"type": "mrkdwn", "text": mrkdwn(text, longest=3000, redact=redact), "verbatim": True}


def _plain(text: str, longest: int) -> Json:
    return {"type": "plain_text", "text": plain(text, longest=longest, redact=str), "emoji": True}


def fields_form(form: Form, *, redact: Redact) -> Json:
    """A view of fields, one input each."""
    note = [_section("note", (Plain(form.note),), redact)] if form.note else []
    return {
        "type": "modal",
        "callback_id": form.callback,
        "private_metadata": form.about,
        "title": _plain(form.title, 24),
        "submit": _plain(form.submit, 24),
        "close": _plain("Cancel", 24),
        "blocks": [*note, *(_field(field) for field in form.fields)],
    }


def _field(field: Choice | Ticks | RepoField | PersonField) -> Json:
    match field:
        case Choice(action, label, options, chosen):
            shown = _options(options)
            element: Json = {"type": "static_select", "action_id": action, "options": shown}
            first = [option for option in shown if option["value"] == chosen]
            return _input(action, label, element | ({"initial_option": first[0]} if first else {}))
        case Ticks(action, label, options, ticked):
            shown = _options(options)
            element = {"type": "checkboxes", "action_id": action, "options": shown}
            on = [option for option in shown if option["value"] in ticked]
            return _input(action, label, element | ({"initial_options": on} if on else {}), optional=True)
        case RepoField(action, label, chosen):
            element = {"type": "external_select", "action_id": action, "min_query_length": 0}
            if chosen and len(chosen) <= 75:
                element["initial_option"] = {"text": _plain(chosen, 75), "value": chosen}
            return _input(action, label, element, optional=True)
        case PersonField(action, label, chosen):
            element = {"type": "users_select", "action_id": action}
            return _input(
                action, label, element | ({"initial_user": chosen} if chosen else {}), optional=True
            )


def _options(options: tuple[tuple[str, str], ...]) -> list[Json]:
    return [{"text": _plain(label, 75), "value": value} for value, label in options[:10]]
