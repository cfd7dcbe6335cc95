"""What is said about linked accounts: the offer to connect one, and what became of it."""

from integrations.types.chat import Button, Buttons, Code, Context, OutgoingMessage, Plain, Section
from tasks.messages.errors import label

CONNECT = "acct_connect"
"""The button of the offer; it only opens a page."""

WRITTEN_DOWN = (
    "Your GitHub account is written down by an operator (links in sortie.toml), so only they can change it."
)

_WHY = {
    "start": "Connect your GitHub account to start this.",
    "act": "Connect your GitHub account to do that.",
    "asked": "Connect your GitHub account, or another one.",
}
_KEPT = "Your request is kept for an hour and starts by itself once you have."
_OPERATOR = "People cannot connect one themselves here: ask an operator to link yours, then ask again."
_ONCE = "The link is for you alone and works once, within 10 minutes."
READ_ALONG = (
    "Guests and people from other workspaces can read along here, but not start, steer or stop a run."
)


def offer(url: str, *, why: str) -> OutgoingMessage:
    """Seen by one person: one button. Without an address only an operator can help."""
    first = _WHY.get(why, _WHY["asked"])
    more = ([_KEPT] if why == "start" else []) if url else [_OPERATOR]
    said = " ".join([first, *more])
    parts = [Section("connect", (Plain(first, bold=True), *(_line(m) for m in more)))]
    if not url:
        return OutgoingMessage(said, (*parts, Context("connectc", (Code(label("AUTH-001")),))))
    button = Button(CONNECT, "Connect GitHub", url=url, style="primary", hint="Connect your GitHub account")
    note = Context("connectc", (Plain(f"{_ONCE} "), Code(label("AUTH-001"))))
    return OutgoingMessage(said, (*parts, Buttons("connectb", (button,)), note))


def offered(*, can_link: bool) -> str:
    """To somebody who asked by a command or a form, beside the offer itself."""
    return f"{_WHY['start']} {f'You are sent a link. {_KEPT}' if can_link else _OPERATOR}"


def read_along() -> OutgoingMessage:
    """To a guest, or somebody of another workspace, who asked for something."""
    return OutgoingMessage(READ_ALONG, (Section("guest", (Plain(READ_ALONG),)),))


def unlinked(login: str) -> str:
    """What a person reads who wanted no account to be linked any more; `login` is the one that was, "" for none."""
    if not login:
        return "No GitHub account was linked with yours."
    return f"Your GitHub account {login} is no longer linked. Runs that you started go on; `link` connects one again."


def _line(text: str) -> Plain:
    return Plain(f" {text}")
