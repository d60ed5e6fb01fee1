"""Whom a manager may put on duty: the own office's inspectors, and those who are lent to it."""

from datetime import time

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.database.idempotency import plainly
from scheduler.roster.absences import lend_inspector
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import add_duty
from scheduler.roster.orders import DutyOrder, LoanOrder
from tests.factories import NOW, SATURDAY, World, at, make_world


def _put_on_duty(world: World, badge: str, *, begins: int, ends: int) -> RosterChange:
    asked = DutyOrder(badge=badge, date=SATURDAY, begins=time(begins), ends=time(ends))
    return add_duty(world.database, actor=world.manager("south"), order=asked, now=NOW, keep=plainly)


def test_only_who_is_lent_over_the_whole_duty_is_put_on_it(database_url: str) -> None:
    """Another office's inspector is unknown before the loan and outside it, and on duty within it."""
    world = make_world(database_url)
    world.office("south")
    with world.database.snapshot() as session:
        badge = session.execute(text("SELECT badge FROM inspector ORDER BY id LIMIT 1")).scalar_one()
    with pytest.raises(errors.UnknownInspector):
        _put_on_duty(world, badge, begins=9, ends=11)
    lent = LoanOrder(
        badge=badge, office="south", begins=at(SATURDAY, 8), ends=at(SATURDAY, 12), reason="示例"
    )
    lend_inspector(world.database, actor=world.manager(), order=lent, displace=False, now=NOW, keep=plainly)
    with pytest.raises(errors.UnknownInspector):
        _put_on_duty(world, badge, begins=9, ends=13)
    assert len(_put_on_duty(world, badge, begins=9, ends=11).duties) == 1
    world.database.close()
