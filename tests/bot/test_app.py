"""What the web process does by itself, while nobody asks anything of it."""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bot.app import LOOK_EVERY_S, create_app, keep_looking_at
from tasks.settings import Settings
from tasks.store.clock import FOLLOWED_AFTER_S, utc_now
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tests.support.eventually import until
from tests.support.web import NotedBell, serving


class Looked:
    """A clock that counts who looks at it."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> datetime:
        self.times += 1
        return utc_now()


def test_it_looks_at_its_clock_though_nobody_asks_for_anything(tmp_path: Path) -> None:
    clock, engine = Looked(), open_engine(f"sqlite:///{tmp_path / 'sortie.db'}")
    upgrade(engine)
    app = create_app(Settings(_env_file=None, home=tmp_path), store=Store(engine, clock), waker=NotedBell())
    assert clock.times == 0
    with serving(app):
        until(lambda: clock.times, within_s=5, what="a look")
    engine.dispose()


def test_it_looks_again_and_again_and_much_oftener_than_a_jump_takes_to_be_believed() -> None:
    clock = Looked()

    async def a_while() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await keep_looking_at(clock, every_s=0.02)

    asyncio.run(a_while())
    assert 3 <= clock.times <= 11
    assert LOOK_EVERY_S < FOLLOWED_AFTER_S / 4
