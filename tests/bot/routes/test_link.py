"""Linking an account over HTTP: our pages, the simulated GitHub's login, a browser that keeps its cookies. And every way to cheat."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from bot.link import keep
from bot.routed import Kept
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.server import GitHubSimulator
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.request import Account, Channel, ChatPlace, Person, RunRequest
from tasks.kept import begin_overdue
from tasks.seals import Note, Purpose, Seals
from tasks.settings import GitHubSettings, LinkSettings
from tasks.store import accounts, kept
from tasks.store.accounts import Accounts
from tests.support.eventually import until
from tests.support.front_door import ADA, BEN, BOT, CHEN, TEAM, FrontDoor, front_door
from tests.support.ports import free_port

CLIENT, SECRET = "Iv1.0123456789abcdef", "c" * 40


@dataclass(slots=True)
class Place:
    """A front door, a GitHub behind it, and the key that links are signed with."""

    door: FrontDoor
    github: GitHubSimulator
    seals: Seals

    @contextmanager
    def browser(self) -> Iterator[httpx2.Client]:
        with httpx2.Client(timeout=20, headers={"accept": "text/html"}) as http:
            yield http

    def offered(self, user: str = CHEN, *, ago: timedelta = timedelta()) -> str:
        """The address a person was sent in Slack."""
        return f"{self.door.url}/link/{self.seals.offer(TEAM, user, datetime.now(UTC) - ago)}"

    def asked(self, http: httpx2.Client, url: str) -> httpx2.URL:
        """Where the browser is sent when it opens a link."""
        answer = http.get(url)
        assert answer.status_code == 302, answer.text
        return httpx2.URL(answer.headers["location"])

    def agreed(self, http: httpx2.Client, where: httpx2.URL, login: str) -> str:
        """The address at which GitHub sends the browser back, once the person said who they are."""
        form = dict(where.params) | {"as": login}
        answer = http.post(f"{self.github.url}/login/oauth/authorize", data=form)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def confirmed(self, http: httpx2.Client, page: httpx2.Response) -> httpx2.Response:
        found = re.search(r'name="agreed" value="([^"]+)"', page.text)
        assert page.status_code == 200 and found, page.text
        return http.post(f"{self.door.url}/link/confirm", data={"agreed": found.group(1)})

    def links(self, login: str, *, user: str = CHEN) -> httpx2.Response:
        """The whole way."""
        with self.browser() as http:
            back = self.agreed(http, self.asked(http, self.offered(user)), login)
            return self.confirmed(http, http.get(back))

    def account(self, user: str = CHEN) -> Account | None:
        with self.door.store.reading() as tx:
            return Accounts({}).of(tx.conn, (TEAM, user))

    def history(self, user: str = CHEN) -> list[tuple[str, str]]:
        with self.door.store.reading() as tx:
            return [(c.what, c.account.login) for c in accounts.changes(tx.conn, (TEAM, user))]

    def waiting(self, user: str = CHEN) -> list[str]:
        with self.door.store.reading() as tx:
            return list(kept.waiting(tx.conn, (TEAM, user)))

    def texts(self) -> list[str]:
        """What the runs there are were asked for, oldest first."""
        with self.door.store.reading() as tx:
            found = [tx.load(row.id) for row in tx.recent(100)]
        return [run.request.text for run in reversed(found) if run]

    def grows_old(self, by: timedelta) -> None:
        """What is kept was asked for so much earlier."""
        with self.door.store.writing() as tx:
            tx.conn.exec_driver_sql(
                "UPDATE kept_requests SET at = ?",
                ((datetime.now(UTC) - by).strftime("%Y-%m-%d %H:%M:%S.%f"),),
            )


TABLES = ("accounts", "account_changes", "kept_requests", "runs", "streams", "events", "outbox")


@pytest.fixture
def place(house: Place) -> Iterator[Place]:
    """Nobody is linked, nothing was asked for."""
    yield house
    with house.door.store.writing() as tx:
        for table in TABLES:
            tx.conn.exec_driver_sql(f"DELETE FROM {table}")
    house.door.bell.rung.clear()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    tmp_path, port = tmp_path_factory.mktemp("linking"), free_port()
    web = f"http://127.0.0.1:{port}"
    config = GitHubSimConfig(
        root=tmp_path / "github",
        client_id=CLIENT,
        client_secret=SECRET,
        callback_url=f"{web}/link/callback",
        seed={"users": [{"login": "ada"}, {"login": "chen-gh"}, {"login": "mallory"}]},
    )
    with GitHubSimulator(config) as github:
        settings = GitHubSettings(
            api_url=github.url, git_url=github.url, client_id=CLIENT, client_secret=SecretStr(SECRET)
        )
        links = (LinkSettings(team=TEAM, user=ADA, login="ada"),)
        with front_door(tmp_path, port=port, public_url=web, github=settings, links=links) as door:
            yield Place(door, github, Seals(SECRET))


def code_of(page: httpx2.Response) -> str:
    """The stable code a page says."""
    found = re.search(r"<code>([A-Z]+-\d+)</code>", page.text)
    return found.group(1) if found else ""


def test_a_person_is_linked_with_the_account_github_says_is_theirs(place: Place) -> None:
    with place.browser() as http:
        where = place.asked(http, place.offered())
        assert str(where).startswith(f"{place.github.url}/login/oauth/authorize?")
        assert where.params["code_challenge_method"] == "S256" and "scope" not in where.params
        page = http.get(place.agreed(http, where, "chen-gh"))
        assert "Chen" in page.text and CHEN in page.text and "chen-gh" in page.text
        assert place.account() is None, "not before they said so"
        done = place.confirmed(http, page)
    assert done.status_code == 200 and "Connected" in done.text
    assert CHEN in done.text and "chen-gh" in done.text
    found = place.account()
    assert found is not None and found.login == "chen-gh" and found.id > 0
    assert place.history() == [("linked", "chen-gh")]


def test_the_token_is_thrown_away(place: Place) -> None:
    place.links("chen-gh")
    sql = Path(str(place.door.store.engine.url.database)).parent
    stored = b"".join(p.read_bytes() for p in sql.iterdir())
    assert b"chen-gh" in stored and b"ghu_" not in stored and b"ghr_" not in stored


def test_another_link_takes_the_place_of_the_first_and_both_are_on_record(place: Place) -> None:
    place.links("chen-gh")
    place.links("mallory")
    found = place.account()
    assert found is not None and found.login == "mallory"
    assert place.history() == [("linked", "chen-gh"), ("replaced", "mallory")]


def test_unlink_takes_it_back(place: Place) -> None:
    place.links("chen-gh")
    place.door.says(f"{BOT} unlink", user=CHEN)
    assert place.account() is None
    assert place.history() == [("linked", "chen-gh"), ("unlinked", "chen-gh")]


def test_a_link_works_once(place: Place) -> None:
    """D6: whoever finds it afterwards links nothing, however far they came before."""
    with place.browser() as http, place.browser() as late:
        url = place.offered()
        back = place.agreed(http, place.asked(http, url), "chen-gh")
        other = late.get(place.agreed(late, place.asked(late, url), "mallory"))
        assert place.confirmed(http, http.get(back)).status_code == 200
        again = place.confirmed(late, other)
        assert (again.status_code, code_of(again)) == (400, "AUTH-008")
        assert code_of(late.get(url)) == "AUTH-008"
        assert code_of(http.get(back)) == "AUTH-008"
    found = place.account()
    assert found is not None and found.login == "chen-gh"


def test_a_link_lives_ten_minutes(place: Place) -> None:
    with place.browser() as http:
        assert code_of(http.get(place.offered(ago=timedelta(minutes=11)))) == "AUTH-007"
        assert place.asked(http, place.offered(ago=timedelta(minutes=9)))


@pytest.mark.parametrize("text", ["x", "x.y", "e30.e30", "%00", "é", "a" * 5000])
def test_a_forged_link_is_refused(place: Place, text: str) -> None:
    with place.browser() as http:
        page = http.get(f"{place.door.url}/link/{text}")
        assert (page.status_code, code_of(page)) == (400, "AUTH-006")


def test_a_note_of_another_purpose_or_of_another_key_is_forged(place: Place) -> None:
    until = int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    note = Note(TEAM, CHEN, "n1", until, {"id": "1", "login": "mallory", "browser": ""})
    with place.browser() as http:
        for seals, purpose in ((place.seals, Purpose.state), (Seals("another"), Purpose.offer)):
            page = http.get(f"{place.door.url}/link/{seals.seal(purpose, note)}")
            assert code_of(page) == "AUTH-006"
        offer = place.seals.seal(Purpose.offer, note)
        form = {"agreed": offer}
        assert code_of(http.post(f"{place.door.url}/link/confirm", data=form)) == "AUTH-006"
        back = {"state": offer, "code": "0" * 20}
        assert code_of(http.get(f"{place.door.url}/link/callback", params=back)) == "AUTH-006"
    assert place.account() is None


def test_a_callback_without_a_start_is_refused(place: Place) -> None:
    with place.browser() as http:
        for query in ({}, {"code": "0" * 20}, {"code": "0" * 20, "state": "xyz"}):
            page = http.get(f"{place.door.url}/link/callback", params=query)
            assert (page.status_code, code_of(page)) == (400, "AUTH-006")
    assert place.account() is None


def test_what_one_person_began_cannot_be_finished_in_the_browser_of_another(place: Place) -> None:
    """D6: Mallory begins a link for her own chat account, and gets Ada to log in."""
    with place.browser() as mallory, place.browser() as victim:
        where = place.asked(mallory, place.offered(BEN))
        back = place.agreed(victim, where, "ada")
        page = victim.get(back)
        assert (page.status_code, code_of(page)) == (400, "AUTH-009")
        place.asked(victim, place.offered(CHEN))
        assert code_of(victim.get(back)) == "AUTH-009", "nor with a cookie of her own"
    assert place.account(BEN) is None and place.account(CHEN) is None


def test_a_form_from_another_site_or_from_another_browser_links_nothing(place: Place) -> None:
    with place.browser() as http, place.browser() as other:
        page = http.get(place.agreed(http, place.asked(http, place.offered()), "chen-gh"))
        found = re.search(r'name="agreed" value="([^"]+)"', page.text)
        assert found
        form, url = {"agreed": found.group(1)}, f"{place.door.url}/link/confirm"
        foreign = http.post(url, data=form, headers={"origin": "https://evil.example"})
        assert (foreign.status_code, code_of(foreign)) == (403, "AUTH-403")
        assert code_of(other.post(url, data=form)) == "AUTH-009"
        assert place.account() is None
        assert http.post(url, data=form).status_code == 200


def test_who_declines_is_linked_with_nothing(place: Place) -> None:
    with place.browser() as http:
        page = http.get(place.agreed(http, place.asked(http, place.offered()), ""))
        assert (page.status_code, code_of(page)) == (400, "AUTH-010")
        assert place.asked(http, place.offered()), "and may try again"


def test_github_that_does_not_take_the_code_or_does_not_answer_links_nothing(place: Place) -> None:
    with place.browser() as http:
        back = place.agreed(http, place.asked(http, place.offered()), "chen-gh")
        http.post(f"{place.github.url}/_sim/codes/expire", json={})
        assert code_of(http.get(back)) == "AUTH-010"
        again = place.agreed(http, place.asked(http, place.offered()), "chen-gh")
        fault = {"match": "POST /login/oauth/access_token", "kind": "status", "status": 503}
        http.post(f"{place.github.url}/_sim/faults", json=fault)
        page = http.get(again)
        assert (page.status_code, code_of(page)) == (503, "OUT-010")
    assert place.account() is None


def test_a_request_without_an_account_is_kept_and_starts_by_itself(place: Place) -> None:
    for text in ("fix the first", "fix the second"):
        place.door.says(f"{BOT} {text} in acme/api", user=CHEN)
    assert place.door.runs() == ()
    assert place.waiting() == ["fix the first in acme/api", "fix the second in acme/api"]
    done = place.links("chen-gh")
    assert "2 requests that were kept start" in done.text
    assert place.texts() == ["fix the first in acme/api", "fix the second in acme/api"]
    assert place.waiting() == []
    with place.door.store.reading() as tx:
        run = tx.load(place.door.runs()[0])
    assert run is not None and run.request.kept and run.request.account == place.account()
    until(lambda: len(place.door.bell.rung) == 2, what="a ring for each")
    place.links("chen-gh")
    assert len(place.door.runs()) == 2, "and not once more"


def test_a_stranger_who_asks_five_hundred_times_costs_ten_rows_and_no_run(place: Place) -> None:
    """H3: nothing is spent, and after ten nobody is even answered."""
    with place.door.store.writing() as tx:
        for n in range(500):
            chat = ChatPlace(ThreadRef(TEAM, "C0PAYMENTS", f"{n}.0"), MessageRef("C0PAYMENTS", f"{n}.0"))
            by = Person("slack", TEAM, CHEN)
            asked = RunRequest(f"fix {n}", by, Channel.slack_mention, chat, tx.now, 1800)
            keep(tx, Kept(asked, "fix", True), Accounts({}))
    with place.door.store.reading() as tx:
        said = tx.conn.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one()
    assert len(place.waiting()) == 10 and said == 20 and place.door.runs() == ()


def test_what_somebody_else_asked_for_keeps_waiting(place: Place) -> None:
    place.door.says(f"{BOT} fix mine in acme/api", user=CHEN)
    place.door.says(f"{BOT} fix theirs in acme/api", user=BEN)
    place.links("chen-gh")
    assert place.texts() == ["fix mine in acme/api"] and place.waiting(BEN) == ["fix theirs in acme/api"]


def test_an_hour_later_it_is_dropped_in_silence(place: Place) -> None:
    place.door.says(f"{BOT} fix it in acme/api", user=CHEN)
    place.grows_old(timedelta(minutes=61))
    place.links("chen-gh")
    assert place.door.runs() == () and place.waiting() == []


def test_what_was_kept_in_the_moment_of_linking_is_started_by_the_sweep_once(place: Place) -> None:
    """The web process died, or another one kept it, between the link and the start."""
    place.door.says(f"{BOT} fix it in acme/api", user=CHEN)
    place.door.says(f"{BOT} fix theirs in acme/api", user=BEN)
    with place.door.store.writing() as tx:
        accounts.link(tx.conn, tx.now, (TEAM, CHEN), Account("chen-gh", 7))
    for _ in range(2):
        with place.door.store.writing() as tx:
            begin_overdue(tx)
    assert place.texts() == ["fix it in acme/api"] and place.waiting(BEN)
