"""Coming in: sign-ins kept in the database, codes that set a password, and who a sign-in stands for.

A wrong password or code is *returned* as a refusal, not raised: its count must be committed, and an
exception would roll it back. `settle` commits and then raises; doors call these use cases through it.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from sqlmodel import Session, col, func, select, text, update

from notifications.templates import TemplateCode, check_variables
from notifications.variables import make_mark
from scheduler.access import passwords, throttle
from scheduler.access.actor import Actor
from scheduler.access.attribution import record
from scheduler.access.policy import Action, Resource, Scope, require
from scheduler.database.connection import Database
from scheduler.errors import Forbidden, Refusal, SignInNeeded, UnknownAccount, WrongCredentials
from scheduler.models import Account, ActivationCode, Inspector, Message, SignIn
from scheduler.rules.identifiers import half_width
from scheduler.vocabulary import Channel, Role

Outcome = TypeVar("Outcome")

SIGN_IN_LASTS = timedelta(hours=12)
CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5
CODES_AN_HOUR = 3
CODES_A_DAY = 6

STAFF = frozenset({Role.DESK_AGENT, Role.OFFICE_MANAGER, Role.INSPECTOR, Role.ADMINISTRATOR})
_WITH_PASSWORD = STAFF | {Role.ENTERPRISE_USER}
_BELOW_MANAGER = frozenset({Role.DESK_AGENT, Role.INSPECTOR})


class SignedIn(NamedTuple):
    """A sign-in that succeeded; the token is known to its bearer alone."""

    token: str
    account: Account


def settle(database: Database, work: Callable[[Session], Outcome | Refusal]) -> Outcome:
    """Run the work in a transaction of its own and commit; only then raise what it returned as refused."""
    with database.transaction() as session:
        outcome = work(session)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def normal_login(login: str) -> str:
    """Return the login as stored: half-width, lower case."""
    return half_width(login).casefold()


def digest(secret: str) -> str:
    """Return what is stored of a random token: it has 256 bits, so a plain hash suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def channel_of(role: Role) -> Channel:
    """Return the door of a person's own pages; the phone is a matter of calls."""
    return Channel.OFFICE if role in STAFF else Channel.PORTAL


def actor_of(account: Account, *, channel: Channel, request_id: str | None = None) -> Actor:
    """Return who acts when this account does."""
    return Actor(
        role=Role(account.role),
        channel=channel,
        account=account.id,
        enterprise=account.enterprise,
        office=account.office,
        inspector=account.inspector,
        request_id=request_id,
    )


def sign_in(
    session: Session, *, login: str, password: str, address: str, now: datetime, request_id: str | None = None
) -> SignedIn | WrongCredentials:
    """Open a sign-in of twelve hours, or return WrongCredentials, the same whatever the cause.

    Raises:
        TooManyTries: wait `retry_after` seconds; this try was not heard.
    """
    name = normal_login(login)
    throttle.check_tries(session, login=name, address=address, now=now)
    account = find_account(session, login=name)
    usable = account is not None and _may_come_in(session, account)
    fits = passwords.matches(password, account.password_hash if account and usable else None)
    if account is None or not fits:
        throttle.note_wrong(session, login=name, address=address, now=now)
        return WrongCredentials()
    throttle.note_right(session, login=name, address=address, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=digest(token),
            account=known_id(account.id),
            created_at=now,
            expires_at=now + SIGN_IN_LASTS,
        )
    )
    actor = actor_of(account, channel=channel_of(Role(account.role)), request_id=request_id)
    record(session, actor=actor, kind="signed_in", now=now, enterprise=account.enterprise)
    return SignedIn(token, account)


def actor_of_sign_in(
    session: Session, *, token: str, channel: Channel, now: datetime, request_id: str | None = None
) -> Actor:
    """Return who is signed in; whoever was disabled meanwhile no longer is.

    Raises:
        SignInNeeded: unknown, ended or expired, or the account was disabled.
    """
    account = session.exec(
        select(Account)
        .join(SignIn, col(SignIn.account) == col(Account.id))
        .where(
            SignIn.token_hash == digest(token),
            col(SignIn.ended_at).is_(None),
            SignIn.expires_at > now,
        )
    ).first()
    if account is None or not _may_come_in(session, account):
        raise SignInNeeded
    return actor_of(account, channel=channel, request_id=request_id)


def sign_out(session: Session, *, actor: Actor, token: str, now: datetime) -> None:
    """End the sign-in of this token; once ended it stays so."""
    ended = session.exec(
        update(SignIn)
        .where(
            col(SignIn.token_hash) == digest(token),
            col(SignIn.account) == actor.account,
            col(SignIn.ended_at).is_(None),
        )
        .values(ended_at=now)
    )
    if ended.rowcount:
        record(session, actor=actor, kind="signed_out", now=now, enterprise=actor.enterprise)


def end_sign_ins(session: Session, *, account: Account, now: datetime) -> None:
    """End every open sign-in of an account."""
    open_ones = (col(SignIn.account) == account.id) & col(SignIn.ended_at).is_(None)
    session.exec(update(SignIn).where(open_ones).values(ended_at=now))


def request_code(session: Session, *, login: str, now: datetime) -> Message | None:
    """Send a code to the mobile on file, for activation or a forgotten password.

    The door says the same in every case. None: unknown, disabled, without a mobile, or more codes
    than an hour or a day allows.
    """
    account = find_account(session, login=normal_login(login), lock=True)
    if account is None or account.mobile is None or not _may_come_in(session, account):
        return None
    if not _may_have_code(session, account, now):
        return None
    code, expires_at = _new_code(session, account, now)
    sequence = session.connection().execute(text("SELECT nextval(pg_get_serial_sequence('message', 'id'))"))
    message = Message(
        account=account.id,
        kind=TemplateCode.ACTIVATION_CODE.value,
        recipient=account.mobile,
        language=account.language,
        variables=check_variables(TemplateCode.ACTIVATION_CODE, {"code": code, "until": expires_at}),
        code=make_mark(sequence.scalar_one()),
        due=now,
        not_after=expires_at,
        created_at=now,
    )
    session.add(message)
    asker = Actor(role=Role.ANONYMOUS, channel=channel_of(Role(account.role)))
    _record_about(session, actor=asker, kind="code_requested", account=account, now=now)
    return message


def hand_out_code(session: Session, *, actor: Actor, login: str, now: datetime) -> str:
    """Return a code that an office tells a person whom it knows; who handed it out is on record.

    An office manager: enterprise people, and desk agents and inspectors of the own office. The
    administrator: staff.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
        UnknownAccount: nobody of that login within reach.
    """
    scope = require(actor, Resource.ACCOUNT, Action.HAND_OUT_CODE)
    account = find_account(session, login=normal_login(login), lock=True)
    if account is None or account.id == actor.account or not _may_come_in(session, account):
        raise UnknownAccount(field="/login")
    if not _hands_out_to(actor, scope, account):
        raise UnknownAccount(field="/login")
    code, _ = _new_code(session, account, now)
    _record_about(session, actor=actor, kind="code_handed_out", account=account, now=now)
    return code


def set_password(
    session: Session, *, login: str, code: str, password: str, now: datetime
) -> Account | WrongCredentials:
    """Set a password by a code, end the account's sign-ins, or return WrongCredentials for all causes.

    Raises:
        PasswordTooWeak, MalformedField: said before anything is looked up.
    """
    name = normal_login(login)
    passwords.check_password(password, login=name)
    account = find_account(session, login=name, lock=True)
    if account is None or not _may_come_in(session, account):
        return WrongCredentials()
    live = _live_codes(session, account, now)
    given = _code_hash(account, half_width(code))
    if not any(secrets.compare_digest(known.code_hash, given) for known in live):
        for known in live:
            known.tries += 1
            session.add(known)
        return WrongCredentials()
    for known in live:
        known.used_at = now
        session.add(known)
    account.password_hash = passwords.hash_password(password)
    session.add(account)
    end_sign_ins(session, account=account, now=now)
    actor = actor_of(account, channel=channel_of(Role(account.role)))
    _record_about(session, actor=actor, kind="password_set", account=account, now=now)
    return account


def known_id(number: int | None) -> int:
    """Return the key of a row that the database has numbered."""
    if number is None:
        raise ValueError("the row was not written yet")
    return number


def find_account(session: Session, *, login: str, lock: bool = False) -> Account | None:
    """Return the account of a normalised login; locked, its codes are counted one after the other."""
    wanted = select(Account).where(Account.login == login)
    if lock:
        wanted = wanted.with_for_update(of=Account).execution_options(populate_existing=True)
    return session.exec(wanted).first()


def is_enterprise_administrator(session: Session, actor: Actor) -> bool:
    """Say whether the actor administers the own enterprise's accounts."""
    if actor.account is None or actor.enterprise is None:
        return False
    account = session.get(Account, actor.account)
    return account is not None and account.active and account.is_enterprise_admin


def require_enterprise_administrator(session: Session, actor: Actor) -> int:
    """Return the actor's enterprise; raise Forbidden unless the actor administers its accounts."""
    if actor.enterprise is None or not is_enterprise_administrator(session, actor):
        raise Forbidden
    return actor.enterprise


def _may_come_in(session: Session, account: Account) -> bool:
    if not account.active or account.role not in _WITH_PASSWORD:
        return False
    if account.inspector is None:
        return True
    inspector = session.get(Inspector, account.inspector)
    return inspector is not None and inspector.in_service


def _hands_out_to(actor: Actor, scope: Scope, account: Account) -> bool:
    if actor.role is Role.SYSTEM:
        return True
    if scope is Scope.OFFICE:
        own = account.office == actor.office and account.role in _BELOW_MANAGER
        return own or account.role == Role.ENTERPRISE_USER
    return account.role in STAFF


def _may_have_code(session: Session, account: Account, now: datetime) -> bool:
    """Bound the guesses at codes and the texts to one number."""
    at = col(ActivationCode.created_at)
    lately = func.count().filter(at > now - timedelta(hours=1))
    today = func.count().filter(at > now - timedelta(days=1))
    made = select(lately, today).where(ActivationCode.account == account.id)
    hour, day = session.exec(made).one()
    return hour < CODES_AN_HOUR and day < CODES_A_DAY


def _new_code(session: Session, account: Account, now: datetime) -> tuple[str, datetime]:
    code = f"{secrets.randbelow(1_000_000):06d}"
    expires_at = now + CODE_LASTS
    session.add(
        ActivationCode(
            account=known_id(account.id),
            code_hash=_code_hash(account, code),
            created_at=now,
            expires_at=expires_at,
        )
    )
    return code, expires_at


def _live_codes(session: Session, account: Account, now: datetime) -> list[ActivationCode]:
    return list(
        session.exec(
            select(ActivationCode).where(
                ActivationCode.account == account.id,
                col(ActivationCode.used_at).is_(None),
                ActivationCode.expires_at > now,
                ActivationCode.tries < CODE_TRIES,
            )
        ).all()
    )


def _code_hash(account: Account, code: str) -> str:
    return digest(f"{account.id}:{code}")


def _record_about(session: Session, *, actor: Actor, kind: str, account: Account, now: datetime) -> None:
    record(
        session,
        actor=actor,
        kind=kind,
        now=now,
        enterprise=account.enterprise,
        office=account.office,
        details={"account": account.id},
    )
