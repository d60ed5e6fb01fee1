"""Who gets an account: first users, colleagues, programs, staff; and who loses it."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from scheduler.access.actor import SYSTEM, Actor
from scheduler.access.members import (
    StaffRow,
    add_enterprise_user,
    add_integrator,
    disable_account,
    import_staff,
    list_accounts,
    register_first_user,
)
from scheduler.errors import (
    Forbidden,
    LoginTaken,
    MalformedField,
    NotAMobile,
    Refusal,
    UnknownAccount,
    UnknownEnterprise,
    UnknownInspector,
    UnknownOffice,
    WrongState,
)
from scheduler.models import Account, Event, Inspector
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, World, make_world

MOBILE = "138 0013 8000"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district without accounts."""
    world = make_world(database_url, inspectors=1, with_duties=False)
    yield world
    world.database.close()


def _register(world: World, actor: Actor, **values: object) -> Account:
    columns: dict[str, object] = {
        "enterprise": world.enterprises[0],
        "login": "first",
        "name": "示例用户",
        "mobile": MOBILE,
        **values,
    }
    with world.database.transaction() as session:
        return register_first_user(session, actor=actor, now=NOW, **columns)  # type: ignore[arg-type] # a test's mix


def _add(world: World, actor: Actor, login: str = "second", mobile: str = MOBILE) -> Account:
    with world.database.transaction() as session:
        return add_enterprise_user(session, actor=actor, login=login, name="示例同事", mobile=mobile, now=NOW)


def _disable(world: World, actor: Actor, login: str) -> Account:
    with world.database.transaction() as session:
        return disable_account(session, actor=actor, login=login, now=NOW)


def _actor(account: Account) -> Actor:
    return Actor(
        role=Role(account.role),
        channel=Channel.PORTAL,
        account=account.id,
        enterprise=account.enterprise,
        office=account.office,
    )


def _administrator(world: World) -> Actor:
    return Actor(
        role=Role.ADMINISTRATOR,
        channel=Channel.OFFICE,
        account=world.account(Role.ADMINISTRATOR, login="root"),
    )


def test_the_first_user_administers_the_enterprise(world: World) -> None:
    """Registered by an office, with the mobile in one form, no password, and an event."""
    manager = world.manager()
    account = _register(world, manager, login=" First ")
    assert (account.login, account.role, account.is_enterprise_admin) == ("first", "enterprise_user", True)
    assert (account.mobile, account.password_hash) == ("+8613800138000", None)
    with world.database.transaction() as session:
        event = session.exec(select(Event).where(Event.kind == "account_created")).one()
    assert (event.actor, event.enterprise) == (manager.account, world.enterprises[0])


def test_an_enterprise_has_one_first_user(world: World) -> None:
    """Its administrator adds the others; when the administrator is gone the office may name a new one."""
    _register(world, SYSTEM)
    with pytest.raises(WrongState):
        _register(world, SYSTEM, login="intruder")
    _disable(world, SYSTEM, "first")
    assert _register(world, SYSTEM, login="successor").is_enterprise_admin


@pytest.mark.parametrize(
    ("values", "refusal", "field"),
    [
        ({"enterprise": 999_999}, UnknownEnterprise, "/enterprise"),
        ({"login": "a b"}, MalformedField, "/login"),
        ({"name": " "}, MalformedField, "/name"),
        ({"mobile": "010-65391234"}, NotAMobile, "/mobile"),
    ],
)
def test_a_wrong_registration_names_its_field(
    world: World, values: dict[str, object], refusal: type[Refusal], field: str
) -> None:
    """Each is refused, and nothing is written."""
    with pytest.raises(refusal) as told:
        _register(world, SYSTEM, **values)
    assert told.value.field == field
    with world.database.transaction() as session:
        assert session.exec(select(Account)).all() == []


def test_a_login_belongs_to_one_person(world: World) -> None:
    """However it is written."""
    first = _actor(_register(world, SYSTEM))
    with pytest.raises(LoginTaken) as told:
        _add(world, first, "ＦＩＲＳＴ")
    assert told.value.field == "/login"


def test_only_the_administrator_of_an_enterprise_adds_people(world: World) -> None:
    """Into the own enterprise; the one who was added adds nobody, and a manager is no member."""
    first = _actor(_register(world, SYSTEM))
    second = _add(world, first)
    assert (second.enterprise, second.is_enterprise_admin) == (world.enterprises[0], False)
    for actor in (_actor(second), world.manager()):
        with pytest.raises(Forbidden):
            _add(world, actor, "third")


def test_nobody_registers_a_first_user_for_themselves(world: World) -> None:
    """An enterprise user has no say over other enterprises; the desk trusts no caller."""
    other = world.enterprise()
    first = _actor(_register(world, SYSTEM))
    for actor in (first, world.desk(other)):
        with pytest.raises(Forbidden):
            _register(world, actor, enterprise=other, login="squatter")


def test_a_program_gets_an_account_without_password_and_mobile(world: World) -> None:
    """It will come in by tokens."""
    first = _actor(_register(world, SYSTEM))
    with world.database.transaction() as session:
        program = add_integrator(session, actor=first, login="erp", name="示例系统", now=NOW)
    assert (program.role, program.enterprise, program.mobile) == ("integrator", world.enterprises[0], None)


def test_an_administrator_disables_colleagues_of_the_own_enterprise(world: World) -> None:
    """Foreign and unknown logins look alike; the own account stays."""
    first = _actor(_register(world, SYSTEM))
    _add(world, first)
    world.account(Role.ENTERPRISE_USER, login="foreign", enterprise=world.enterprise())
    assert not _disable(world, first, "second").active
    for login in ("foreign", "unknown"):
        with pytest.raises(UnknownAccount):
            _disable(world, first, login)
    with pytest.raises(Forbidden):
        _disable(world, first, "first")


def test_a_colleague_disables_nobody(world: World) -> None:
    """It takes the enterprise's administrator."""
    second = _add(world, _actor(_register(world, SYSTEM)))
    with pytest.raises(Forbidden):
        _disable(world, _actor(second), "first")


def test_disabling_twice_is_one_event(world: World) -> None:
    """The second time changes nothing."""
    _register(world, SYSTEM)
    for _ in range(2):
        _disable(world, SYSTEM, "first")
    with world.database.transaction() as session:
        assert len(session.exec(select(Event).where(Event.kind == "account_disabled")).all()) == 1


def test_a_manager_disables_the_own_desk(world: World) -> None:
    """Not another manager, nor an enterprise's people."""
    _register(world, SYSTEM)
    world.account(Role.DESK_AGENT, login="desk")
    world.account(Role.OFFICE_MANAGER, login="peer")
    manager = world.manager()
    assert not _disable(world, manager, "desk").active
    for login in ("peer", "first"):
        with pytest.raises(UnknownAccount):
            _disable(world, manager, login)


def test_accounts_are_listed_within_reach(world: World) -> None:
    """An enterprise's administrator sees the enterprise's, a manager the office's desk and inspectors."""
    first = _actor(_register(world, SYSTEM))
    _add(world, first)
    world.account(Role.DESK_AGENT, login="desk")
    world.account(Role.ENTERPRISE_USER, login="foreign", enterprise=world.enterprise())
    manager = world.manager()
    with world.database.transaction() as session:
        assert [one.login for one in list_accounts(session, actor=first)] == ["first", "second"]
        assert [one.login for one in list_accounts(session, actor=manager)] == ["desk"]


def _badge(world: World) -> str:
    with world.database.transaction() as session:
        inspector = session.get(Inspector, world.inspectors[0])
        assert inspector is not None
        return inspector.badge


def test_staff_come_by_import_without_passwords(world: World) -> None:
    """Good rows are kept, bad ones told by number and field; inspectors belong to their office."""
    rows = [
        StaffRow(login="desk", name="示例坐席", role="desk_agent", office="north"),
        StaffRow(login="chief", name="示例科长", role="office_manager", office="nowhere"),
        StaffRow(login="officer", name="示例查检员", role="inspector", badge=_badge(world)),
        StaffRow(login="ghost", name="示例查检员", role="inspector", badge="B99999"),
        StaffRow(login="super", name="示例", role="system"),
        StaffRow(login="root", name="示例管理员", role="administrator", mobile=MOBILE),
    ]
    with world.database.transaction() as session:
        report = import_staff(session, actor=SYSTEM, rows=rows, now=NOW)
    assert [(one.login, one.role) for one in report.created] == [
        ("desk", "desk_agent"),
        ("officer", "inspector"),
        ("root", "administrator"),
    ]
    assert [one.office for one in report.created] == [world.offices["north"]] * 2 + [None]
    assert [one.password_hash for one in report.created] == [None] * 3
    told = [(number, type(refusal), refusal.field) for number, refusal in report.rejected]
    assert told == [
        (2, UnknownOffice, "/office"),
        (4, UnknownInspector, "/badge"),
        (5, MalformedField, "/role"),
    ]


def test_the_same_staff_file_twice_changes_nothing(world: World) -> None:
    """The second time every row is unchanged and no event is written."""
    rows = [StaffRow(login="desk", name="示例坐席", role="desk_agent", office="north")]
    for expected in ((1, 0), (0, 1)):
        with world.database.transaction() as session:
            report = import_staff(session, actor=SYSTEM, rows=rows, now=NOW)
        assert (len(report.created), report.unchanged) == expected
    with world.database.transaction() as session:
        assert len(session.exec(select(Event)).all()) == 1


def test_an_import_does_not_take_over_an_enterprises_login(world: World) -> None:
    """A row whose login is an enterprise user's is refused, not turned into staff."""
    _register(world, SYSTEM)
    rows = [StaffRow(login="first", name="示例", role="administrator")]
    with world.database.transaction() as session:
        report = import_staff(session, actor=SYSTEM, rows=rows, now=NOW)
    assert [(number, refusal.field) for number, refusal in report.rejected] == [(1, "/login")]


def test_only_the_administrator_imports_staff(world: World) -> None:
    """A manager does not make managers."""
    with world.database.transaction() as session:
        assert import_staff(session, actor=_administrator(world), rows=[], now=NOW).created == ()
        with pytest.raises(Forbidden):
            import_staff(session, actor=world.manager(), rows=[], now=NOW)
