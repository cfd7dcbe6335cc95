"""`python -m tests.gallery [FOLDER]`: every message of the catalogue on the simulator's thread page, on a phone and on a desktop."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

import httpx2

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from integrations.slack.client import SlackChat
from integrations.types.chat import OutgoingMessage, ThreadRef
from tests.integrations.simulators.slack.browser import Tab, tab
from tests.tasks.messages import catalogue
from tests.tasks.messages.rendering import REDACT

TEAM, CHANNEL, ADA = "T0ACME0001", "C0PAYMENTS", "U0ADA00001"
WIDTHS = {"phone": 390, "desktop": 1280}
A_PAGE = 6
"""So many messages a picture: more of them cannot be read."""
WORDS = {
    "usual": "Return 422 when `currency` is null in /v1/refunds",
    "long": "Refunds without a currency answer 500 because the serializer assumes one, see <!channel> " * 12,
    "rtl": "\u05d4\u05d7\u05d6\u05e8 \u05de\u05d8\u05d1\u05e2 \u05d7\u05e1\u05e8 `currency` <https://evil.example|Approve>",
}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "gallery")
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_drawn(folder))


async def _drawn(folder: Path) -> None:
    with running(SlackSimConfig()) as url:
        async with tab() as page:
            for name, words in WORDS.items():
                shown = list(catalogue.of(words))
                for n in range(0, len(shown), A_PAGE):
                    part = shown[n : n + A_PAGE]
                    thread = await asyncio.to_thread(_thread, url, part)
                    for device, width in WIDTHS.items():
                        file = folder / f"{name}-{n // A_PAGE + 1}-{device}.png"
                        wide = await _shot(page, f"{url}/c/{CHANNEL}/{thread}", width, file)
                        over = f"  WIDER THAN THE SCREEN: {wide} px" if wide > width else ""
                        said = ", ".join(what for what, _ in part)
                        sys.stdout.write(f"{file}: {said}{over}\n")


def _thread(url: str, messages: list[tuple[str, OutgoingMessage]]) -> str:
    said = {"user": ADA, "channel": CHANNEL, "text": "the catalogue"}
    root = str(httpx2.post(f"{url}/_sim/messages", json=said).json()["ts"])
    chat = SlackChat("xoxb-simulated-bot", api_url=f"{url}/api/", redact=REDACT)
    for n, (_, message) in enumerate(messages):
        chat.post(ThreadRef(TEAM, CHANNEL, root), message, outbox_id=f"gallery:{n}")
    return root


async def _shot(page: Tab, url: str, width: int, file: Path) -> int:
    """How wide the page wants to be, in CSS pixels."""
    await page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
    )
    await page.open(url)
    await page.until("document.querySelectorAll('[data-ts], .message, li').length > 0")
    height = int(await page.run(_TALL))
    await page.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=min(height + 200, 12_000),
        deviceScaleFactor=1,
        mobile=width < 600,
    )
    await asyncio.sleep(0.3)
    wide = int(await page.run("document.documentElement.scrollWidth"))
    taken: dict[str, Any] = await page.call(
        "Page.captureScreenshot", format="png", captureBeyondViewport=False
    )
    file.write_bytes(base64.b64decode(taken["data"]))
    return wide


_TALL = f"""Math.max(...[document.documentElement, ...document.querySelectorAll({json.dumps("*")})].map(e => e.scrollHeight))"""


if __name__ == "__main__":
    main()
