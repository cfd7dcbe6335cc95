"""The Chat port over Slack's Web API. Each method is one try; trying again belongs to the outbox."""

import logging
from datetime import datetime
from typing import Any

from integrations.errors import Denied, IntegrationError, NotFound, RateLimited, Rejected, Unknown
from integrations.redaction import mask_patterns
from integrations.slack.blocks import Profile, blocks
from integrations.slack.files import Files
from integrations.slack.inbound import kind_of
from integrations.slack.mrkdwn import Redact, plain, sentence
from integrations.slack.profile import INVALID
from integrations.slack.transport import Json, Transport, error_code
from integrations.slack.webhook import readable
from integrations.types.chat import (
    ChatUser,
    FoundMessage,
    MessageRef,
    OutgoingMessage,
    PlanPart,
    PostedMessage,
    SeenReaction,
    ThreadRef,
)

log = logging.getLogger(__name__)

EVENT_TYPE = "sortie"
_PAGE = 200
_MAX_PAGES = 25
_CLOCKS_DIFFER_S = 300
_NO_SESSIONS = frozenset(
    {
        "unknown_method",
        "HTTP 404",
        "not_an_agent",
        "agent_not_enabled",
        "feature_not_enabled",
        "not_allowed",
        "method_deprecated",
    }
)


class SlackChat:
    """`profile` is `classic` where the workspace refuses the plan block; `redact` masks secrets in everything sent.

    `token` is a bot token (xoxb-…), `api_url` ends in "/api/". Every method raises the errors of integrations/errors.py.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        profile: Profile = "plan",
        redact: Redact = mask_patterns,
        timeout_s: float = 10.0,
    ) -> None:
        self._slack = Transport(token, api_url=api_url, timeout_s=timeout_s)
        self._files = Files(token, api_url=api_url, timeout_s=timeout_s)
        self._profile = profile
        self._redact = redact
        self._sessions = True

    def post(self, thread: ThreadRef, message: OutgoingMessage, *, outbox_id: str) -> MessageRef:
        """Raises Unknown when it may stand in the thread: look with `find_post` before another try."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"outbox_id": outbox_id}}
        arguments = {
            "channel": thread.channel,
            **({"thread_ts": thread.thread_ts} if thread.thread_ts else {}),
            **self._content(message),
            **_QUIET,
            "metadata": metadata,
        }
        answer = self._drawn("chat.postMessage", arguments, message, repeatable=False)
        return MessageRef(str(answer.get("channel") or thread.channel), str(answer.get("ts", "")))

    def find_post(
        self, thread: ThreadRef, *, outbox_id: str, since: datetime | None = None
    ) -> PostedMessage | None:
        """None means that it surely is not there; a thread that cannot be read raises Unknown."""
        where: Json = {"ts": thread.thread_ts} if thread.thread_ts else {}
        if since and not thread.thread_ts:
            where = {"oldest": f"{since.timestamp() - _CLOCKS_DIFFER_S:.6f}"}
        cursor = ""
        for _ in range(_MAX_PAGES):
            arguments: Json = {
                "channel": thread.channel,
                **where,
                "include_all_metadata": True,
                "limit": _PAGE,
            }
            page = self._read(thread, arguments | ({"cursor": cursor} if cursor else {}))
            if page is None:
                return None
            for message in page.get("messages") or ():
                if _outbox_id(message) == outbox_id:
                    return PostedMessage(MessageRef(thread.channel, str(message["ts"])), outbox_id)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None
        raise Unknown("The thread is too long to be searched for our post", code="OUT-006")

    def direct(self, user: str) -> str:
        """https://docs.slack.dev/reference/methods/conversations.open: the same channel every time."""
        opened: Json = self._slack.call("conversations.open", {"users": user}).get("channel") or {}
        return str(opened.get("id", ""))

    def message(self, ref: MessageRef) -> FoundMessage | None:
        """https://docs.slack.dev/reference/methods/conversations.replies also finds a reply by its own time."""
        arguments: Json = {
            "channel": ref.channel,
            "ts": ref.ts,
            "oldest": ref.ts,
            "latest": ref.ts,
            "inclusive": True,
            "limit": 2,
        }
        try:
            found = self._slack.call("conversations.replies", arguments).get("messages") or ()
        except NotFound as error:
            if error_code(error) == "thread_not_found":
                return None
            raise
        for said in found:
            if said.get("ts") == ref.ts:
                return _found(said)
        return None

    def publish_home(self, user: str, content: OutgoingMessage) -> None:
        """https://docs.slack.dev/reference/methods/views.publish"""
        shown = blocks(content, profile=self._profile, redact=self._redact)
        self._slack.call("views.publish", {"user_id": user, "view": {"type": "home", "blocks": shown}})

    def update(self, message: MessageRef, content: OutgoingMessage) -> None:
        arguments = {"channel": message.channel, "ts": message.ts, **self._content(content), **_QUIET_EDIT}
        self._drawn("chat.update", arguments, content)

    def whisper(self, thread: ThreadRef, *, user: str, content: OutgoingMessage) -> None:
        """Without a thread's time it is said in the channel."""
        arguments = {"channel": thread.channel, "user": user, **self._content(content), **_QUIET_EDIT}
        if thread.thread_ts:
            arguments["thread_ts"] = thread.thread_ts
        self._slack.call("chat.postEphemeral", arguments, repeatable=False, look_up=False)

    def set_reaction(self, message: MessageRef, *, name: str, previous: tuple[str, ...]) -> None:
        """Takes the old ones away first, so that people never see two of ours."""
        where = {"channel": message.channel, "timestamp": message.ts}
        for old in previous:
            if old != name:
                self._tolerate("reactions.remove", {**where, "name": old}, "no_reaction")
        self._tolerate("reactions.add", {**where, "name": name}, "already_reacted")

    def set_session(self, thread: ThreadRef, *, status: str, title: str, user: str) -> None:
        """Workspaces without agent sessions are told once in the log and left in peace from then on."""
        if not self._sessions:
            return
        arguments = {
            "channel_id": thread.channel,
            "thread_ts": thread.thread_ts,
            "status": status,
            "title": plain(title, longest=200, redact=self._redact),
            "initiator_user_id": user,
        }
        try:
            self._slack.call("agents.sessions.setStatus", arguments)
        except Rejected as error:
            if error_code(error) not in _NO_SESSIONS:
                raise
            self._sessions = False
            log.warning("agent sessions are not available in this workspace: %s", error.message)

    def user(self, user_id: str) -> ChatUser:
        found: Json = self._slack.call("users.info", {"user": user_id}).get("user") or {}
        profile = found.get("profile") or {}
        name = profile.get("display_name") or found.get("real_name") or found.get("name") or user_id
        return ChatUser(
            team=str(found.get("team_id", "")),
            id=str(found.get("id", user_id)),
            name=str(name),
            kind=kind_of(found),
        )

    def read_file(self, url: str, *, limit: int) -> bytes:
        """https://docs.slack.dev/reference/objects/file-object: `url_private` wants our token, and nobody else may get that."""
        return self._files.read(url, limit=limit)

    def _drawn(
        self, method: str, arguments: Json, message: OutgoingMessage, *, repeatable: bool = True
    ) -> Json:
        """A workspace that takes no plan after all is written to in the classic profile from then on: nothing stays unsaid."""
        try:
            return self._slack.call(method, arguments, repeatable=repeatable)
        except Rejected as refused:
            planned = any(isinstance(part, PlanPart) for part in message.parts)
            if error_code(refused) != INVALID or self._profile == "classic" or not planned:
                raise
        self._profile = "classic"
        log.warning("this workspace refuses the plan block: cards are written in the classic profile")
        return self._slack.call(method, arguments | self._content(message), repeatable=repeatable)

    def _content(self, message: OutgoingMessage) -> Json:
        shown = blocks(message, profile=self._profile, redact=self._redact)
        return {"text": sentence(message.text, redact=self._redact), **({"blocks": shown} if shown else {})}

    def _read(self, thread: ThreadRef, arguments: Json) -> Json | None:
        """Where we are not in a channel, nothing of ours was posted into it."""
        method = "conversations.replies" if thread.thread_ts else "conversations.history"
        try:
            return self._slack.call(method, arguments)
        except RateLimited:
            raise
        except (NotFound, Denied) as error:
            gone = ("thread_not_found",) if thread.thread_ts else ("channel_not_found", "not_in_channel")
            if error_code(error) in gone:
                return None
            raise Unknown(error.message, code="OUT-006") from None
        except IntegrationError as error:
            raise Unknown(error.message, code="OUT-006") from None

    def _tolerate(self, method: str, arguments: Json, done: str) -> None:
        try:
            self._slack.call(method, arguments)
        except Rejected as error:
            if error_code(error) != done:
                raise


_QUIET_EDIT: Json = {"parse": "none", "link_names": False}
_QUIET: Json = {**_QUIET_EDIT, "unfurl_links": False, "unfurl_media": False}


def _outbox_id(message: Any) -> str:
    if not isinstance(message, dict):
        return ""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return ""
    return str((metadata.get("event_payload") or {}).get("outbox_id") or "")


def _found(said: Json) -> FoundMessage:
    app = (said.get("bot_profile") or {}).get("name") or said.get("username")
    author = str(said.get("user") or app or "")
    reactions = tuple(
        SeenReaction(str(r.get("name", "")), tuple(map(str, users)), len(users) >= int(r.get("count", 0)))
        for r in said.get("reactions") or ()
        for users in (r.get("users") or (),)
    )
    return FoundMessage(
        author, readable(str(said.get("text", ""))), str(said.get("thread_ts", "")), reactions
    )
