"""Which account of the code host belongs to whom in the chat: the one place that is asked, and every change of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from tasks.domain.request import Account
from tasks.store.schema import account_changes, accounts

Whose = tuple[str, str]
"""(workspace, user) of the chat."""

LINKED, REPLACED, UNLINKED = "linked", "replaced", "unlinked"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of whose account is whose: what happened, and the account that was linked, or taken away. UTC."""

    what: str
    account: Account
    at: datetime


class Accounts:
    """Looks both in the table and in what the operator wrote down, which counts first."""

    def __init__(self, written: Mapping[Whose, str]) -> None:
        self._written = {whose: Account(login) for whose, login in written.items()}

    def all_of(self, conn: Connection, people: Collection[Whose]) -> dict[Whose, Account]:
        """Those of these people who have one."""
        found = {whose: self._written[whose] for whose in people if whose in self._written}
        others = [whose for whose in people if whose not in found]
        if others:
            users = {user for _, user in others}
            wanted = set(others)
            for row in conn.execute(select(accounts).where(accounts.c.user.in_(users))):
                if (row.team, row.user) in wanted:
                    found[row.team, row.user] = Account(row.login, row.account_id)
        return found

    def of(self, conn: Connection, whose: Whose) -> Account | None:
        return self.all_of(conn, (whose,)).get(whose)

    def names(self, conn: Connection) -> dict[Whose, str]:
        """The login of everybody who has one."""
        rows = conn.execute(select(accounts.c.team, accounts.c.user, accounts.c.login))
        linked = {(row.team, row.user): row.login for row in rows}
        return linked | {whose: account.login for whose, account in self._written.items()}

    def is_written(self, whose: Whose) -> bool:
        """Whether the operator wrote it down: then nobody changes it in the chat."""
        return whose in self._written


def link(conn: Connection, now: datetime, whose: Whose, account: Account) -> None:
    """Links an account, in place of any other."""
    before = _taken_away(conn, whose)
    conn.execute(insert(accounts).values(**_row(whose, account), linked_at=now))
    _note(conn, now, whose, REPLACED if before else LINKED, account)


def unlink(conn: Connection, now: datetime, whose: Whose) -> Account | None:
    """Takes the account away; the one that was linked, None where there was none."""
    before = _taken_away(conn, whose)
    if before:
        _note(conn, now, whose, UNLINKED, before)
    return before


def changes(conn: Connection, whose: Whose) -> tuple[Change, ...]:
    """All of them, oldest first."""
    mine = (account_changes.c.team == whose[0]) & (account_changes.c.user == whose[1])
    rows = conn.execute(select(account_changes).where(mine).order_by(account_changes.c.id))
    return tuple(Change(row.what, Account(row.login, row.account_id), row.at) for row in rows)


def _taken_away(conn: Connection, whose: Whose) -> Account | None:
    mine = (accounts.c.team == whose[0]) & (accounts.c.user == whose[1])
    row = conn.execute(
        delete(accounts).where(mine).returning(accounts.c.login, accounts.c.account_id)
    ).first()
    return Account(row.login, row.account_id) if row else None


def _note(conn: Connection, now: datetime, whose: Whose, what: str, account: Account) -> None:
    conn.execute(insert(account_changes).values(**_row(whose, account), what=what, at=now))


def _row(whose: Whose, account: Account) -> dict[str, object]:
    team, user = whose
    return {"team": team, "user": user, "account_id": account.id, "login": account.login[:100]}
