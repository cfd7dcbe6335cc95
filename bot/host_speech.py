"""What somebody wrote on the code host as an inbound value: whose words count, and which command is in them. Pure."""

from bot.commands import ordered
from bot.inbound import Delivery, HostPress, HostSpeech
from integrations.github.inbound import ButtonPressed, Wrote
from integrations.types.code_host import Role
from tasks.domain.buttons import BUTTONS
from tasks.domain.commands import BY_VERB
from tasks.domain.remarks import PROGRAM, Place, Remark
from tasks.domain.request import Person

OURS = "<!-- sortie "
"""Everything we write begins a line with this: with a plain token our account looks like a person's."""
LONGEST = 20_000


def host_speech(wrote: Wrote, digest: str, allowed_bots: tuple[int, ...]) -> HostSpeech | str:
    """The remark, or why it is none. Programs are known by their account's id, never by a name."""
    if any(line.startswith(OURS) for line in wrote.body.splitlines()):
        return "written by us"
    program = wrote.sender.is_bot or wrote.by_app
    if program and wrote.sender.id not in allowed_bots:
        return "written by a program"
    order = ordered(wrote.body)
    if order is None and not wrote.body.strip() and wrote.state != "approved":
        return "a review without words of its own"
    spec = BY_VERB[order.verb] if order else BY_VERB["request"]
    remark = Remark(
        place=Place(wrote.place),
        id=wrote.id,
        by=Person(PROGRAM if program else "github", "github", str(wrote.sender.id), wrote.sender.login),
        text=wrote.body[:LONGEST],
        verb=order.verb if order else "",
        words=order.words[:LONGEST] if order else "",
        needs=Role.none if program else spec.needs,
        owner=spec.owner,
        path=wrote.path,
        line=wrote.line,
        thread=wrote.thread,
        review=wrote.review,
        state=wrote.state,
    )
    meaning = f"{wrote.place}:{wrote.repo.lower()}:{wrote.id}"
    return HostSpeech(
        Delivery("github", wrote.delivery_id or digest, meaning),
        wrote.repo,
        wrote.number,
        wrote.on_pull,
        remark,
        wrote.title,
        wrote.text[:LONGEST],
    )


def host_press(pressed: ButtonPressed, digest: str) -> HostPress | str:
    """The command a button stands for, or why it is none. A press has no id of its own: the hash of its delivery names it."""
    verb = BUTTONS.get(pressed.action)
    run_id, _, kind = pressed.external_id.partition(":")
    if verb is None or kind != "review":
        return f"button {pressed.action[:60]}"
    if pressed.sender.is_bot:
        return "pressed by a program"
    spec = BY_VERB[verb]
    remark = Remark(
        place=Place.button,
        id=int(digest[:12], 16),
        by=Person("github", "github", str(pressed.sender.id), pressed.sender.login),
        text=verb,
        verb=verb,
        needs=spec.needs,
        owner=spec.owner,
        head=pressed.head_oid,
    )
    delivery = Delivery("github", pressed.delivery_id or digest, f"body:{digest}")
    return HostPress(delivery, pressed.repo, run_id, remark)
