"""Statements that are asked at every arrival and every step: putting one together costs several times as much as carrying it out."""

from sqlalchemy import Integer, String, bindparam, insert, select, update

from tasks.store.schema import counters, events, leases, runs, streams

RUN = "run"
_OF = bindparam("of", type_=String)
_STREAM = (streams.c.kind == RUN) & (streams.c.id == _OF)

COUNT = (
    update(counters)
    .where(counters.c.name == _OF)
    .values(value=counters.c.value + bindparam("more", type_=Integer))
    .returning(counters.c.value)
)
NEW_STREAM, NEW_EVENT, NEW_RUN = insert(streams), insert(events), insert(runs)
SEQ = select(streams.c.seq).where(_STREAM).with_for_update()
EPOCH = select(leases.c.epoch).where(leases.c.kind == RUN, leases.c.id == _OF)
ADVANCE = update(streams).where(_STREAM).values(seq=bindparam("to"))
ADVANCE_DUE = ADVANCE.values(due_at=bindparam("when"))
PROJECT = update(runs).where(runs.c.id == _OF)
EVENTS = (
    select(events)
    .where(events.c.kind == RUN, events.c.id == _OF, events.c.seq > bindparam("after", type_=Integer))
    .order_by(events.c.seq)
)
RING = update(streams).where(_STREAM, streams.c.woken_at.is_(None)).values(woken_at=bindparam("when"))
