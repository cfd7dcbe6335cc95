"""Which repository a request may mean, where no rule decides: a reading of the operator's words about each. Unknown is an answer."""

import json
import math

from integrations.errors import IntegrationError
from integrations.types.model import ModelReply, ModelRequest, StopReason
from tasks.domain.decisions import RepoGuessed
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.prompts.render import Untrusted, render
from tasks.roles import CHOOSER, model_for
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.asked_there import all_asked

PATIENCE_S = 10.0
_SCHEMA = {
    "type": "object",
    "properties": {
        "unknown": {"type": "boolean"},
        "likely": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"repository": {"type": "string"}, "probability": {"type": "number"}},
                "required": ["repository", "probability"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["unknown", "likely"],
    "additionalProperties": False,
}


def guess(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """What the model thinks, as far as it is about repositories we have. Without an answer in time it is unknown."""
    del log
    settings = ports.settings
    about = [
        {"name": name, "words": Untrusted(f"about {name}", settings.repo_about[name])}
        if name in settings.repo_about
        else {"name": name, "words": None}
        for name in settings.repos
    ]
    asked = render("guess_start.md", request=Untrusted("request", all_asked(run)), repositories=about)
    request = ModelRequest(
        model_for(CHOOSER, settings.model.by_role),
        render(CHOOSER.prompt),
        ({"role": "user", "content": [{"type": "text", "text": asked}]},),
        max_tokens=CHOOSER.max_tokens,
        effort=CHOOSER.effort,
        output_schema=_SCHEMA,
        timeout_s=PATIENCE_S,
    )
    try:
        reply = ports.model.complete(request, cancelled=lambda: False)
    except IntegrationError:
        return RepoGuessed()
    return RepoGuessed(likely(reply, settings.repos))


def likely(reply: ModelReply, repos: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """The answer, proven: known repositories once each, finite numbers between 0 and 1, the likeliest first."""
    if reply.stop is not StopReason.end_turn:
        return ()
    text = "".join(block["text"] for block in reply.content if block["type"] == "text").strip()
    try:
        answer = json.loads(text)
        rows = [] if answer["unknown"] is not False else list(answer["likely"])
        given = [(str(row["repository"]).lower(), float(row["probability"])) for row in rows]
    except (ValueError, KeyError, TypeError):
        return ()
    names = {name.lower(): name for name in repos}
    known: dict[str, float] = {}
    for name, probability in given:
        if name in names and math.isfinite(probability) and 0 < probability <= 1:
            known.setdefault(names[name], probability)
    return tuple(sorted(known.items(), key=lambda item: (-item[1], item[0])))[:5]
