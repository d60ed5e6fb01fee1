"""The one table of rights: complete, closed by default, and narrowed by tokens."""

import pytest

from scheduler.access.actor import SYSTEM, Actor
from scheduler.access.policy import (
    Action,
    Resource,
    Row,
    Scope,
    TokenActor,
    TokenScope,
    as_rows,
    permitted,
    require,
    token_scopes_for,
)
from scheduler.errors import Forbidden, SignInNeeded
from scheduler.vocabulary import Channel, Role

PEOPLE = (
    Role.ENTERPRISE_USER,
    Role.DESK_AGENT,
    Role.OFFICE_MANAGER,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
    Role.INTEGRATOR,
    Role.ANONYMOUS,
)
BUSINESS = (
    Resource.HOLD,
    Resource.BOOKING,
    Resource.PRIORITY,
    Resource.REQUEST,
    Resource.VISIT,
    Resource.INSTRUCTION,
    Resource.CHANGES,
    Resource.CONTACT,
    Resource.MESSAGE,
    Resource.AUTHORITY,
    Resource.CALL,
)
WORDS_OF_ROLE = {
    Role.ENTERPRISE_USER: {Scope.OWN, Scope.MINE},
    Role.INTEGRATOR: {Scope.OWN, Scope.MINE},
    Role.DESK_AGENT: {Scope.CALL, Scope.MINE},
    Role.OFFICE_MANAGER: {Scope.OFFICE, Scope.MINE},
    Role.INSPECTOR: {Scope.OFFICE, Scope.MINE},
    Role.ADMINISTRATOR: {Scope.MINE},
    Role.ANONYMOUS: set(),
    Role.SYSTEM: set(),
}
PUBLIC = {
    (Resource.OFFICE, Action.READ),
    (Resource.CLOSURE, Action.READ),
    (Resource.AVAILABILITY, Action.READ),
    (Resource.SIGN_IN, Action.OPEN),
    (Resource.SIGN_IN, Action.REQUEST_CODE),
    (Resource.WORK_DAYS, Action.READ),
    (Resource.DOCUMENT, Action.READ),
    (Resource.HEALTH, Action.READ),
}
MATRIX = [
    # role, resource, action, scope: the words of the rules, written out once more
    (Role.ENTERPRISE_USER, Resource.BOOKING, Action.CREATE, Scope.OWN),
    (Role.DESK_AGENT, Resource.BOOKING, Action.CREATE, Scope.CALL),
    (Role.OFFICE_MANAGER, Resource.BOOKING, Action.CREATE, Scope.OFFICE),
    (Role.INSPECTOR, Resource.BOOKING, Action.CREATE, Scope.NONE),
    (Role.INSPECTOR, Resource.BOOKING, Action.READ, Scope.MINE),
    (Role.INTEGRATOR, Resource.BOOKING, Action.CANCEL, Scope.OWN),
    (Role.OFFICE_MANAGER, Resource.PRIORITY, Action.DECIDE, Scope.OFFICE),
    (Role.ENTERPRISE_USER, Resource.PRIORITY, Action.DECIDE, Scope.NONE),
    (Role.DESK_AGENT, Resource.REQUEST, Action.ANSWER, Scope.NONE),
    (Role.OFFICE_MANAGER, Resource.REQUEST, Action.ANSWER, Scope.OFFICE),
    (Role.INSPECTOR, Resource.VISIT, Action.RECORD, Scope.MINE),
    (Role.ENTERPRISE_USER, Resource.VISIT, Action.RECORD, Scope.NONE),
    (Role.INSPECTOR, Resource.DUTY, Action.WRITE, Scope.NONE),
    (Role.OFFICE_MANAGER, Resource.LOAN, Action.WRITE, Scope.OFFICE),
    (Role.DESK_AGENT, Resource.ENTERPRISE, Action.SEARCH, Scope.CALL),
    (Role.OFFICE_MANAGER, Resource.ENTERPRISE, Action.SEARCH, Scope.NONE),
    (Role.INTEGRATOR, Resource.API_TOKEN, Action.CREATE, Scope.NONE),
    (Role.ANONYMOUS, Resource.AVAILABILITY, Action.READ, Scope.COARSE),
    (Role.ADMINISTRATOR, Resource.STAFF, Action.IMPORT, Scope.ALL),
    (Role.ADMINISTRATOR, Resource.DOCTOR, Action.READ, Scope.ALL),
    (Role.OFFICE_MANAGER, Resource.DOCTOR, Action.READ, Scope.NONE),
]


def _actor(role: Role, scopes: frozenset[TokenScope] | None = None) -> Actor:
    if scopes is None:
        return Actor(role=role, channel=Channel.PORTAL, account=1)
    return TokenActor(role=role, channel=Channel.API, account=1, enterprise=1, scopes=scopes)


def test_every_pair_names_every_role_once() -> None:
    """No cell is missing or said twice: roles times pairs, the system included."""
    cells = [(row.role, row.resource, row.action) for row in as_rows()]
    pairs = {(row.resource, row.action) for row in as_rows()}
    assert len(cells) == len(set(cells)) == len(pairs) * len(Role)


def test_every_resource_and_action_is_used() -> None:
    """A word that no row uses would be a route that nobody may take."""
    assert {row.resource for row in as_rows()} == set(Resource)
    assert {row.action for row in as_rows()} == set(Action)


@pytest.mark.parametrize("role", list(Role))
def test_what_the_table_does_not_name_is_refused(role: Role) -> None:
    """Deny by default, for the system too."""
    named = {(row.resource, row.action) for row in as_rows()}
    unnamed = {(resource, action) for resource in Resource for action in Action} - named
    assert unnamed
    assert {permitted(role, *pair) for pair in unnamed} == {Scope.NONE}


@pytest.mark.parametrize("row", as_rows(), ids=lambda row: f"{row.role}-{row.resource}-{row.action}")
def test_require_agrees_with_the_row(row: Row) -> None:
    """An allowed cell gives its scope; a refused one asks strangers to sign in and forbids the others."""
    if row.scope is not Scope.NONE:
        assert require(_actor(row.role), row.resource, row.action) is row.scope
        return
    expected = SignInNeeded if row.role is Role.ANONYMOUS else Forbidden
    with pytest.raises(expected):
        require(_actor(row.role), row.resource, row.action)


@pytest.mark.parametrize(("role", "resource", "action", "scope"), MATRIX)
def test_the_matrix_says(role: Role, resource: Resource, action: Action, scope: Scope) -> None:
    """Cells that people rely on, stated independently of the table."""
    assert permitted(role, resource, action) is scope


@pytest.mark.parametrize("resource", BUSINESS)
def test_the_administrator_sees_no_business_data(resource: Resource) -> None:
    """Bookings, instructions, visits, contacts, messages, calls: nothing at all."""
    cells = {row.scope for row in as_rows() if row.role is Role.ADMINISTRATOR and row.resource is resource}
    assert cells == {Scope.NONE}


def test_strangers_may_do_what_is_public_and_no_more() -> None:
    """The list of what works without signing in, written out."""
    open_cells = {row for row in as_rows() if row.role is Role.ANONYMOUS and row.scope is not Scope.NONE}
    assert {(row.resource, row.action) for row in open_cells} == PUBLIC


@pytest.mark.parametrize("role", list(Role))
def test_a_role_has_only_scopes_it_can_fill(role: Role) -> None:
    """An enterprise user has no office, a manager no call: such a scope would have no rows or all."""
    used = {row.scope for row in as_rows() if row.role is role}
    assert used <= WORDS_OF_ROLE[role] | {Scope.NONE, Scope.ALL, Scope.COARSE}


def test_business_data_is_never_open_to_all() -> None:
    """Whoever reads bookings does so within a scope; only the machine itself sees all."""
    open_to_all = [row for row in as_rows() if row.resource in BUSINESS and row.scope is Scope.ALL]
    assert {row.role for row in open_to_all} == {Role.SYSTEM}


def test_the_system_may_do_what_the_table_names() -> None:
    """Imports and the clock are not refused."""
    assert require(SYSTEM, Resource.INSTRUCTION, Action.WRITE) is Scope.ALL


@pytest.mark.parametrize("role", [Role.ENTERPRISE_USER, Role.INTEGRATOR])
def test_a_token_never_widens_its_account(role: Role) -> None:
    """With every scope a token may do at most what its account may."""
    every = _actor(role, frozenset(TokenScope))
    for row in as_rows():
        if row.role is role and row.scope is Scope.NONE:
            with pytest.raises(Forbidden):
                require(every, row.resource, row.action)


def test_a_reading_token_does_not_book() -> None:
    """The scope `read` reads bookings and makes none."""
    reader = _actor(Role.INTEGRATOR, frozenset({TokenScope.READ}))
    assert require(reader, Resource.BOOKING, Action.LIST) is Scope.OWN
    with pytest.raises(Forbidden):
        require(reader, Resource.BOOKING, Action.CREATE)


def test_a_booking_token_does_not_read_or_send_instructions() -> None:
    """Each scope stands for itself."""
    booker = _actor(Role.ENTERPRISE_USER, frozenset({TokenScope.BOOK, TokenScope.SANDBOX}))
    assert require(booker, Resource.BOOKING, Action.MOVE) is Scope.OWN
    for pair in ((Resource.BOOKING, Action.READ), (Resource.INSTRUCTION, Action.WRITE)):
        with pytest.raises(Forbidden):
            require(booker, *pair)


def test_a_token_does_not_handle_accounts_or_rights() -> None:
    """No scope lets a token make users, tokens or authorities: that needs a person who signed in."""
    for resource, action in (
        (Resource.ACCOUNT, Action.CREATE),
        (Resource.API_TOKEN, Action.CREATE),
        (Resource.API_TOKEN, Action.REVOKE),
        (Resource.AUTHORITY, Action.GRANT),
        (Resource.CONTACT, Action.REVEAL),
    ):
        assert token_scopes_for(resource, action) == frozenset()
        with pytest.raises(Forbidden):
            require(_actor(Role.ENTERPRISE_USER, frozenset(TokenScope)), resource, action)


def test_a_token_may_read_what_is_public() -> None:
    """The directory of offices needs no scope, because it needs no sign-in."""
    booker = _actor(Role.INTEGRATOR, frozenset({TokenScope.BOOK}))
    assert require(booker, Resource.OFFICE, Action.READ) is Scope.ALL
