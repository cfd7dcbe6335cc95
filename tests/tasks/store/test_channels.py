"""The settings of channels in SQL: the last change holds, every change is kept, one channel never speaks for another."""

from dataclasses import replace

from sqlalchemy import insert

from tasks.domain.channel import USUAL, ChannelSettings, SteerMode, Verbosity
from tasks.store import channels
from tasks.store.engine import open_engine
from tasks.store.schema import channel_changes
from tasks.store.store import Store
from tests.support.requests import NOON

SET = ChannelSettings("acme/web", SteerMode.any, Verbosity.quiet, True, True, "U9")


def test_the_last_change_of_a_channel_holds_and_all_are_kept_with_who_made_them(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine, lambda: NOON)
    with store.writing() as tx:
        channels.change(tx.conn, tx.now, ("T1", "C1"), SET, by="ada")
        channels.change(tx.conn, tx.now, ("T1", "C1"), replace(SET, repo="acme/api"), by="ben")
        channels.change(tx.conn, tx.now, ("T2", "C1"), replace(USUAL, digest=True), by="chen")
    with store.reading() as tx:
        assert channels.settings_of(tx.conn, "T1", "C1") == replace(SET, repo="acme/api")
        assert channels.settings_of(tx.conn, "T1", "C2") == USUAL
        kept = channels.changes(tx.conn, "T1", "C1")
        assert [(c.by, c.settings.repo, c.at) for c in kept] == [
            ("ben", "acme/api", NOON),
            ("ada", "acme/web", NOON),
        ]
        assert channels.all_settings(tx.conn) == {
            ("T1", "C1"): replace(SET, repo="acme/api"),
            ("T2", "C1"): replace(USUAL, digest=True),
        }
    engine.dispose()


def test_a_word_of_a_newer_version_counts_as_the_usual(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine, lambda: NOON)
    row = {
        "team": "T1",
        "channel": "C1",
        "repo": "",
        "steer": "telepathy",
        "verbosity": "silent",
        "owner": "",
    }
    with store.writing() as tx:
        tx.conn.execute(
            insert(channel_changes).values(**row, emoji_start=False, digest=False, by="ada", at=NOON)
        )
        assert channels.settings_of(tx.conn, "T1", "C1") == USUAL
    engine.dispose()
