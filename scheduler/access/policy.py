"""Who may do what: the one table, from which the checks, the tests and the page in docs are made.

Deny by default: what the table does not name is refused. A scope says on which rows a role may
act; the rows themselves are chosen by predicates of the query (scheduler.access.actor), so a
foreign object is not found rather than refused. The administrator reads no business data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from scheduler.access.actor import Actor
from scheduler.errors import Forbidden, SignInNeeded
from scheduler.vocabulary import Role


class Scope(StrEnum):
    """On which rows: own enterprise's, the call's enterprise's, own office's, one's own, all, rounded."""

    NONE = "none"
    OWN = "own"
    CALL = "call"
    OFFICE = "office"
    MINE = "mine"
    ALL = "all"
    COARSE = "coarse"


class Resource(StrEnum):
    """What is acted on."""

    OFFICE = "office"
    CLOSURE = "closure"
    AVAILABILITY = "availability"
    HOLD = "hold"
    BOOKING = "booking"
    PRIORITY = "priority"
    REQUEST = "request"
    WAITLIST = "waitlist"
    BATCH = "batch"
    VISIT = "visit"
    REPLAN = "replan"
    INSTRUCTION = "instruction"
    CHANGES = "changes"
    DUTY = "duty"
    ABSENCE = "absence"
    LOAN = "loan"
    INSPECTOR = "inspector"
    CALL = "call"
    ENTERPRISE = "enterprise"
    CONTACT = "contact"
    SIGN_IN = "sign_in"
    ACCOUNT = "account"
    STAFF = "staff"
    API_TOKEN = "api_token"  # noqa: S105 - a word of the table, no secret
    AUTHORITY = "authority"
    MESSAGE = "message"
    WORK_DAYS = "work_days"
    POLICY = "policy"
    DOCUMENT = "document"
    HEALTH = "health"
    DOCTOR = "doctor"


class Action(StrEnum):
    """What is done to it."""

    READ = "read"
    EXPLAIN = "explain"
    LIST = "list"
    SEARCH = "search"
    REVEAL = "reveal"
    CREATE = "create"
    WRITE = "write"
    MOVE = "move"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    REPORT = "report"
    APPLY = "apply"
    DECIDE = "decide"
    ANSWER = "answer"
    RECORD = "record"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    REMOVE = "remove"
    OPEN = "open"
    CLOSE = "close"
    IMPORT = "import"
    DISABLE = "disable"
    REQUEST_CODE = "request_code"
    HAND_OUT_CODE = "hand_out_code"
    GRANT = "grant"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table."""

    role: Role
    resource: Resource
    action: Action
    scope: Scope


_ROLES = (
    Role.ENTERPRISE_USER,
    Role.DESK_AGENT,
    Role.OFFICE_MANAGER,
    Role.INSPECTOR,
    Role.ADMINISTRATOR,
    Role.INTEGRATOR,
    Role.ANONYMOUS,
)

_R, _A = Resource, Action
_NO, _OWN, _CALL, _OFFICE = Scope.NONE, Scope.OWN, Scope.CALL, Scope.OFFICE
_MINE, _ALL, _COARSE = Scope.MINE, Scope.ALL, Scope.COARSE

# Columns as in _ROLES:     enterprise desk  office   inspector admin integrator anonymous
_GRID: tuple[tuple[Resource, Action, tuple[Scope, ...]], ...] = (
    (_R.OFFICE, _A.READ, (_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _ALL)),
    (_R.OFFICE, _A.WRITE, (_NO, _NO, _NO, _NO, _ALL, _NO, _NO)),
    (_R.CLOSURE, _A.READ, (_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _ALL)),
    (_R.CLOSURE, _A.WRITE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.AVAILABILITY, _A.READ, (_ALL, _ALL, _ALL, _OFFICE, _NO, _ALL, _COARSE)),
    (_R.AVAILABILITY, _A.EXPLAIN, (_ALL, _ALL, _ALL, _OFFICE, _NO, _ALL, _NO)),
    (_R.HOLD, _A.CREATE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.CREATE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.CONFIRM, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.READ, (_OWN, _CALL, _OFFICE, _MINE, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.LIST, (_OWN, _CALL, _OFFICE, _MINE, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.WRITE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.MOVE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.BOOKING, _A.CANCEL, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    # Goods ready, or late.
    (_R.BOOKING, _A.REPORT, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.PRIORITY, _A.APPLY, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.PRIORITY, _A.DECIDE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.REQUEST, _A.LIST, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.REQUEST, _A.ANSWER, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    # Many at once: whoever asked answers.
    (_R.BATCH, _A.CREATE, (_OWN, _CALL, _NO, _NO, _NO, _OWN, _NO)),
    (_R.BATCH, _A.READ, (_OWN, _CALL, _NO, _NO, _NO, _OWN, _NO)),
    (_R.BATCH, _A.CONFIRM, (_OWN, _CALL, _NO, _NO, _NO, _OWN, _NO)),
    # Something earlier; the answer is a no, the yes is a confirmed hold.
    (_R.WAITLIST, _A.LIST, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.WAITLIST, _A.READ, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.WAITLIST, _A.CREATE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.WAITLIST, _A.REMOVE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.WAITLIST, _A.ANSWER, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.VISIT, _A.READ, (_OWN, _CALL, _OFFICE, _MINE, _NO, _OWN, _NO)),
    # The office enters what its day sheet on paper says, and results that come later.
    (_R.VISIT, _A.RECORD, (_NO, _NO, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.VISIT, _A.CORRECT, (_NO, _NO, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.REPLAN, _A.LIST, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.REPLAN, _A.READ, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.REPLAN, _A.CREATE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.REPLAN, _A.APPLY, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.INSTRUCTION, _A.READ, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.INSTRUCTION, _A.LIST, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.INSTRUCTION, _A.WRITE, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.INSTRUCTION, _A.WITHDRAW, (_OWN, _NO, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.CHANGES, _A.READ, (_OWN, _NO, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.DUTY, _A.READ, (_NO, _NO, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.DUTY, _A.WRITE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.DUTY, _A.REMOVE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.ABSENCE, _A.READ, (_NO, _NO, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.ABSENCE, _A.WRITE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    (_R.LOAN, _A.READ, (_NO, _NO, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.LOAN, _A.WRITE, (_NO, _NO, _OFFICE, _NO, _NO, _NO, _NO)),
    # Whom customs employs is personnel data, which the administrator keeps; it is no business data.
    (_R.INSPECTOR, _A.READ, (_NO, _NO, _OFFICE, _MINE, _ALL, _NO, _NO)),
    (_R.INSPECTOR, _A.WRITE, (_NO, _NO, _NO, _NO, _ALL, _NO, _NO)),
    (_R.CALL, _A.READ, (_NO, _MINE, _NO, _NO, _NO, _NO, _NO)),
    (_R.CALL, _A.OPEN, (_NO, _MINE, _NO, _NO, _NO, _NO, _NO)),
    (_R.CALL, _A.CLOSE, (_NO, _MINE, _NO, _NO, _NO, _NO, _NO)),
    (_R.ENTERPRISE, _A.SEARCH, (_NO, _CALL, _NO, _NO, _NO, _NO, _NO)),
    (_R.ENTERPRISE, _A.READ, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.ENTERPRISE, _A.CREATE, (_NO, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    (_R.CONTACT, _A.READ, (_OWN, _CALL, _OFFICE, _MINE, _NO, _OWN, _NO)),
    (_R.CONTACT, _A.WRITE, (_OWN, _CALL, _NO, _NO, _NO, _NO, _NO)),
    # The whole number instead of 138****8000: a POST with an event.
    (_R.CONTACT, _A.REVEAL, (_OWN, _CALL, _OFFICE, _MINE, _NO, _NO, _NO)),
    (_R.SIGN_IN, _A.OPEN, (_ALL, _ALL, _ALL, _ALL, _ALL, _NO, _ALL)),
    (_R.SIGN_IN, _A.CLOSE, (_MINE, _MINE, _MINE, _MINE, _MINE, _NO, _NO)),
    (_R.SIGN_IN, _A.REQUEST_CODE, (_ALL, _ALL, _ALL, _ALL, _ALL, _NO, _ALL)),
    (_R.ACCOUNT, _A.READ, (_MINE, _MINE, _MINE, _MINE, _MINE, _MINE, _NO)),
    # An enterprise's own administrator; of an office, its desk agents and inspectors.
    (_R.ACCOUNT, _A.LIST, (_OWN, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    (_R.ACCOUNT, _A.CREATE, (_OWN, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    (_R.ACCOUNT, _A.DISABLE, (_OWN, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    (_R.ACCOUNT, _A.HAND_OUT_CODE, (_NO, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    (_R.STAFF, _A.IMPORT, (_NO, _NO, _NO, _NO, _ALL, _NO, _NO)),
    (_R.API_TOKEN, _A.LIST, (_OWN, _NO, _NO, _NO, _NO, _NO, _NO)),
    (_R.API_TOKEN, _A.CREATE, (_OWN, _NO, _NO, _NO, _NO, _NO, _NO)),
    (_R.API_TOKEN, _A.REVOKE, (_OWN, _NO, _NO, _NO, _ALL, _NO, _NO)),
    (_R.AUTHORITY, _A.READ, (_OWN, _CALL, _NO, _NO, _NO, _OWN, _NO)),
    (_R.AUTHORITY, _A.GRANT, (_OWN, _NO, _NO, _NO, _NO, _NO, _NO)),
    (_R.AUTHORITY, _A.REVOKE, (_OWN, _NO, _NO, _NO, _NO, _NO, _NO)),
    (_R.MESSAGE, _A.READ, (_OWN, _CALL, _OFFICE, _NO, _NO, _OWN, _NO)),
    (_R.WORK_DAYS, _A.READ, (_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _ALL)),
    (_R.WORK_DAYS, _A.WRITE, (_NO, _NO, _NO, _NO, _ALL, _NO, _NO)),
    (_R.POLICY, _A.READ, (_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _NO)),
    (_R.POLICY, _A.WRITE, (_NO, _NO, _OFFICE, _NO, _ALL, _NO, _NO)),
    # The API's description, the guides, empty templates of import files.
    (_R.DOCUMENT, _A.READ, (_ALL, _ALL, _ALL, _ALL, _ALL, _ALL, _ALL)),
    (_R.HEALTH, _A.READ, (_COARSE, _COARSE, _COARSE, _COARSE, _ALL, _COARSE, _COARSE)),
    (_R.DOCTOR, _A.READ, (_NO, _NO, _NO, _NO, _ALL, _NO, _NO)),
)


def _make_rows() -> Iterator[Row]:
    for resource, action, scopes in _GRID:
        for role, scope in zip(_ROLES, scopes, strict=True):
            yield Row(role, resource, action, scope)
        # The clock, imports and the command line of the machine itself; no account has this role.
        yield Row(Role.SYSTEM, resource, action, Scope.ALL)


_ROWS = tuple(_make_rows())
_TABLE: Mapping[tuple[Role, Resource, Action], Scope] = MappingProxyType(
    {(row.role, row.resource, row.action): row.scope for row in _ROWS}
)


class TokenScope(StrEnum):
    """What an API token was made for; it narrows its account's rights and never widens them.

    A sandbox token stands for an example enterprise and adds no right of its own.
    """

    READ = "read"
    BOOK = "book"
    INSTRUCTIONS = "instructions"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class TokenActor(Actor):
    """Who acts by an API token: the account's role, narrowed to the token's scopes."""

    scopes: frozenset[TokenScope] = frozenset()


_BY_TOKEN: Mapping[TokenScope, frozenset[tuple[Resource, Action]]] = MappingProxyType(
    {
        TokenScope.READ: frozenset(
            {
                (_R.AVAILABILITY, _A.READ),
                (_R.AVAILABILITY, _A.EXPLAIN),
                (_R.BOOKING, _A.READ),
                (_R.BOOKING, _A.LIST),
                (_R.WAITLIST, _A.READ),
                (_R.WAITLIST, _A.LIST),
                (_R.BATCH, _A.READ),
                (_R.VISIT, _A.READ),
                (_R.INSTRUCTION, _A.READ),
                (_R.INSTRUCTION, _A.LIST),
                (_R.CHANGES, _A.READ),
                (_R.ENTERPRISE, _A.READ),
                (_R.CONTACT, _A.READ),
                (_R.ACCOUNT, _A.READ),
                (_R.AUTHORITY, _A.READ),
                (_R.MESSAGE, _A.READ),
                (_R.POLICY, _A.READ),
            }
        ),
        TokenScope.BOOK: frozenset(
            {
                (_R.AVAILABILITY, _A.READ),
                (_R.AVAILABILITY, _A.EXPLAIN),
                (_R.HOLD, _A.CREATE),
                (_R.BOOKING, _A.CREATE),
                (_R.BOOKING, _A.CONFIRM),
                (_R.BOOKING, _A.WRITE),
                (_R.BOOKING, _A.MOVE),
                (_R.BOOKING, _A.CANCEL),
                (_R.BOOKING, _A.REPORT),
                (_R.PRIORITY, _A.APPLY),
                (_R.WAITLIST, _A.CREATE),
                (_R.WAITLIST, _A.REMOVE),
                (_R.WAITLIST, _A.ANSWER),
                (_R.BATCH, _A.CREATE),
                (_R.BATCH, _A.CONFIRM),
            }
        ),
        TokenScope.INSTRUCTIONS: frozenset({(_R.INSTRUCTION, _A.WRITE), (_R.INSTRUCTION, _A.WITHDRAW)}),
        TokenScope.SANDBOX: frozenset(),
    }
)


def permitted(role: Role, resource: Resource, action: Action) -> Scope:
    """Return on which rows the role may do this; `none` for whatever the table does not name."""
    return _TABLE.get((role, resource, action), Scope.NONE)


def token_scopes_for(resource: Resource, action: Action) -> frozenset[TokenScope]:
    """Return the token scopes any one of which suffices; empty: no token may do this."""
    return frozenset(scope for scope, pairs in _BY_TOKEN.items() if (resource, action) in pairs)


def require(actor: Actor, resource: Resource, action: Action) -> Scope:
    """Return the actor's scope, which is never `none`.

    What anybody may do without signing in, any token may do too.

    Raises:
        SignInNeeded: nobody is signed in, and this is not for everybody.
        Forbidden: the role may not do this, or the token was not made for it.
    """
    scope = permitted(actor.role, resource, action)
    if scope is Scope.NONE:
        raise SignInNeeded if actor.role is Role.ANONYMOUS else Forbidden
    is_public = permitted(Role.ANONYMOUS, resource, action) is scope
    if isinstance(actor, TokenActor) and not is_public:
        _require_token_scope(actor, resource, action)
    return scope


def _require_token_scope(actor: TokenActor, resource: Resource, action: Action) -> None:
    if not actor.scopes & token_scopes_for(resource, action):
        raise Forbidden


def as_rows() -> tuple[Row, ...]:
    """Return every cell, refusals included: what tests run through and docs print."""
    return _ROWS
