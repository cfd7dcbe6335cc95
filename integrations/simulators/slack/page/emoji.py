"""Emoji by short name. The ones that carry meaning here are drawn, since not every machine has an emoji font."""

from html import escape

from markupsafe import Markup

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "arrows_counterclockwise": "🔄",
    "bug": "🐛",
    "clock3": "🕒",
    "eyes": "👀",
    "fire": "🔥",
    "hammer_and_wrench": "🛠️",
    "heart": "❤️",
    "hourglass_flowing_sand": "⏳",
    "large_green_circle": "🟢",
    "large_purple_circle": "🟣",
    "large_yellow_circle": "🟡",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "no_entry": "⛔",
    "octagonal_sign": "🛑",
    "pray": "🙏",
    "question": "❓",
    "raised_hands": "🙌",
    "raising_hand": "🙋",
    "red_circle": "🔴",
    "repeat": "🔁",
    "rocket": "🚀",
    "rotating_light": "🚨",
    "saluting_face": "🫡",
    "slightly_smiling_face": "🙂",
    "speech_balloon": "💬",
    "tada": "🎉",
    "thinking_face": "🤔",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "twisted_rightwards_arrows": "🔀",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "x": "❌",
}
QUICK = ("eyes", "+1", "-1", "tada", "octagonal_sign", "warning", "question", "heart")
_ALIASES = {"+1": "plus1", "thumbsup": "plus1", "-1": "minus1", "thumbsdown": "minus1"}
_DRAWN = frozenset(
    (
        "eyes",
        "plus1",
        "minus1",
        "tada",
        "octagonal_sign",
        "warning",
        "question",
        "heart",
        "raising_hand",
        "twisted_rightwards_arrows",
        "repeat",
        "large_purple_circle",
        "large_green_circle",
        "large_yellow_circle",
        "red_circle",
        "lock",
        "memo",
        "saluting_face",
        "white_check_mark",
        "x",
        "rocket",
    )
)


def picture(name: str) -> Markup:
    """The emoji for a short name as HTML: a drawing, else the character, else `:name:`."""
    plain = name.partition("::")[0]
    drawn = _ALIASES.get(plain, plain)
    label = escape(EMOJI.get(plain, f":{name}:"))
    if drawn not in _DRAWN:
        return Markup(label)
    return Markup(
        f'<svg class="emoji" role="img" aria-label="{label}"><use href="/static/emoji.svg#{drawn}"/></svg>'
    )
