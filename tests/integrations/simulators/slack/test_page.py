"""The page: what it shows to whom, that nothing in a message can script it, and that a browser can work it."""

import asyncio
from typing import Any

import pytest
from slack_sdk import WebClient

from integrations.simulators.slack.page.mrkdwn import Names, to_html
from integrations.simulators.slack.page.rich import markdown
from tests.integrations.simulators.slack import browser
from tests.integrations.simulators.slack.conftest import ADA, BEN, BOT, PAYMENTS, Control, Listener
from tests.integrations.simulators.slack.test_blocks import MESSAGES
from tests.integrations.simulators.slack.test_interactions import MODAL

NAMES = Names({"U1": "Ada <b>"}, {"C1": "payments"})
HOSTILE = '<img src=x onerror=alert(1)> "quoted" <javascript:alert(1)|click> <https://a.example/"onclick=x|l>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<strong>bold</strong> <em>it</em> <del>gone</del>"),
        ("a `*code*` b", "a <code>*code*</code> b"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("<@U1> <#C1>", '<span class="mention">@Ada &lt;b&gt;</span> <span class="mention">#payments</span>'),
        ("&lt;b&gt; &amp; co", "&lt;b&gt; &amp; co"),
        ("one\ntwo", "one<br>two"),
        ("*<https://a.example|x>*", "<strong>"),
        (
            "<!date^1795185120^{time}|14:32 UTC>",
            'data-epoch="1795185120" data-format="{time}">14:32 UTC</time>',
        ),
        ("<!channel>", '<span class="mention">@channel</span>'),
        ("```\na <@U1>\n```", "<pre>a &lt;@U1&gt;</pre>"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert html in to_html(text, NAMES)


def test_no_message_can_put_markup_or_scripts_into_the_page() -> None:
    shown = str(to_html(HOSTILE, NAMES)) + str(markdown("[x](javascript:alert(1)) <script>y</script>"))
    assert "<img" not in shown and "<script" not in shown
    assert 'href="javascript' not in shown and '"onclick' not in shown


def test_a_full_page_is_served_with_a_strict_policy(sim: Control, slack: WebClient) -> None:
    root = sim.say("hello <@U0SORTIE01>")
    for message in MESSAGES.values():
        slack.chat_postMessage(channel=PAYMENTS, thread_ts=root, **message)
    slack.chat_postMessage(channel=PAYMENTS, thread_ts=root, text=HOSTILE)
    page = sim.http.get(f"/c/{PAYMENTS}/{root}")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "<title>#payments · Slack simulator</title>" in page.text
    assert " style=" not in page.text and "<script>" not in page.text and "<img" not in page.text
    for words in ("Fix and add a regression test", "Which repo is this?", "Close PR #812?", "E-31 · Replace"):
        assert words in page.text


def test_an_ephemeral_message_is_shown_to_its_reader_only(sim: Control, slack: WebClient) -> None:
    slack.chat_postEphemeral(channel=PAYMENTS, user=BEN, text="for Ben alone")
    seen = {
        who: sim.http.get(f"/c/{PAYMENTS}", headers={"Cookie": f"sim_as={who}"}).text for who in (ADA, BEN)
    }
    assert "for Ben alone" in seen[BEN] and "Only visible to you" in seen[BEN]
    assert "for Ben alone" not in seen[ADA]


def test_a_person_does_not_see_a_channel_they_are_not_in(sim: Control) -> None:
    sim.say("secret", channel="C0SECURITY")
    dana = sim.http.get("/c/C0SECURITY", headers={"Cookie": "sim_as=U0DANA0001"})
    assert dana.status_code == 403 and "secret" not in dana.text
    assert sim.http.get("/c/C0NOWHERE").status_code == 404


def test_a_permalink_leads_to_the_thread(sim: Control, slack: WebClient) -> None:
    root = sim.say("root")
    reply = slack.chat_postMessage(channel=PAYMENTS, thread_ts=root, text="reply")["ts"]
    link = slack.chat_getPermalink(channel=PAYMENTS, message_ts=reply)["permalink"]
    assert f"/c/{PAYMENTS}/{root}#m-" in sim.http.get(link).headers["location"]


@pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine")
def test_a_person_works_the_page_in_a_browser(app: Listener, sim: Control, slack: WebClient) -> None:
    clicks: list[dict[str, Any]] = []

    @app.bolt.action("task_stop")
    async def stop(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        clicks.append(action)

    @app.bolt.options("repo_other")
    async def offer(ack: Any) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": "acme/app"}, "value": "acme/app"}])

    @app.bolt.action("repo_other")
    async def pick(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        clicks.append(action["selected_option"])

    @app.bolt.action("task_change")
    async def change(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.bolt.view("change")
    async def changed(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        clicks.append(view["state"]["values"]["what"]["text"])

    async def work() -> None:
        async with browser.tab() as tab:
            await tab.open(f"{sim.url}/c/{PAYMENTS}")
            await tab.type("#composer-main", "@sortie fix <this> & that")
            await tab.press("Enter")
            await tab.until("document.querySelectorAll('#rows .message').length === 1")
            (root,) = sim.get(f"channels/{PAYMENTS}/messages")["messages"]
            assert root["text"] == f"<@{BOT}> fix &lt;this&gt; &amp; that"
            for name in ("M1_card_working", "M2_repo_question", "M6_ready"):
                slack.chat_postMessage(channel=PAYMENTS, thread_ts=root["ts"], **MESSAGES[name])
            slack.agents_sessions_setStatus(channel_id=PAYMENTS, thread_ts=root["ts"], status="processing")
            await tab.until("document.querySelector('.replies .working')")

            await tab.open(f"{sim.url}/c/{PAYMENTS}/{root['ts']}")
            await tab.until("document.querySelectorAll('#replies .message').length === 4")
            await tab.click("[data-action=task_stop]")
            await tab.until("document.querySelector('#confirm').open")
            assert clicks == []
            await tab.click("#confirm button.deny")
            await tab.click("[data-action=task_stop]")
            await tab.until("document.querySelector('#confirm').open")
            await tab.click("#confirm button.confirm")
            await tab.type("[data-action=repo_other] input", "ap")
            await tab.until("document.querySelector('[data-action=repo_other] li')")
            await tab.press("Enter")
            await tab.click("[data-action=task_change]")
            await tab.until("document.querySelector('#modal').open")
            await tab.press("Escape")
            await tab.until("!document.querySelector('#modal').open")
            assert sim.get("views")["modals"] == {}
            await tab.click("[data-action=task_change]")
            await tab.until("document.querySelector('#modal').open")
            await tab.type("#modal textarea", "Rename it")
            await tab.click("#modal button[type=submit]")
            await tab.until("!document.querySelector('#modal').open")
            assert [row["value"] for row in clicks] == ['{"t":"R-1042","v":7}', "acme/app", "Rename it"]
            await tab.click(".session .stop")
            slack.reactions_add(channel=PAYMENTS, timestamp=root["ts"], name="eyes")
            await tab.until("document.querySelector('#replies .reaction')")
            assert tab.problems == []

    asyncio.run(work())
    assert [row["payload"]["event"]["user"] for row in sim.events("agent_session_stopped")] == [ADA]
