"""Words can be read: every pair of text and ground in the style sheet has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3)."""

import re

import pytest

from bot.dashboard.render import STATIC

CSS = (STATIC / "style.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
)
TONES = ("working", "waiting", "ready", "merged", "failed", "stopped")
PAIRS = [
    *((text, ground) for text in ("ink", "soft", "link") for ground in ("paper", "sheet", "well")),
    *((tone, f"{tone}-bg") for tone in TONES),
    *((tone, "sheet") for tone in ("working", "ready", "failed", "merged")),
    ("add", "add-bg"),
    ("del", "del-bg"),
    ("paper", "ink"),
    ("sheet", "failed"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(scheme: dict[str, str], text: str, ground: str) -> None:
    bright, dim = sorted((luminance(scheme[text]), luminance(scheme[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5
