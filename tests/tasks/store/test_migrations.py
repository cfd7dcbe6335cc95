"""The migrations make exactly the schema that the code knows, one after the other."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from tasks.store.engine import open_engine
from tasks.store.migrate import expected, revision, upgrade
from tasks.store.schema import metadata


def test_the_schema_that_migrations_make_is_the_one_in_the_code(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert revision(engine) == expected()
    before = inspect(engine).get_table_names()
    upgrade(engine)
    assert inspect(engine).get_table_names() == before, "a second time changes nothing"
    engine.dispose()
