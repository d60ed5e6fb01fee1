"""Who may act for whom: authorities that an enterprise grants a broker, and what declarants may do."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor, authorities_of
from scheduler.access.attribution import record
from scheduler.access.policy import Action, Resource, require
from scheduler.errors import Forbidden, MalformedField, TimesOutOfOrder, UnknownAuthority, UnknownEnterprise
from scheduler.models import Authority, Enterprise, Instruction
from scheduler.rules.identifiers import normal_uscc
from scheduler.vocabulary import AuthoritySource, EnterpriseKind, InstructionState


def grant(
    session: Session,
    *,
    actor: Actor,
    broker: str,
    valid_from: date,
    valid_to: date | None,
    today: date,
    now: datetime,
) -> Authority:
    """Let a broker, named by its USCC, act for the actor's enterprise over [valid_from, valid_to).

    `today` is the date of `now` in the offices' zone; an authority does not reach into the past.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
        UnknownEnterprise: no broker has this code.
        MalformedField: it is the own enterprise, or begins before today.
        TimesOutOfOrder: it ends before it begins.
    """
    require(actor, Resource.AUTHORITY, Action.GRANT)
    if actor.enterprise is None:
        raise Forbidden
    code = normal_uscc(broker, field="/broker")
    named = select(Enterprise).where(Enterprise.uscc == code, Enterprise.kind == EnterpriseKind.BROKER.value)
    found = session.exec(named).first()
    if found is None:
        raise UnknownEnterprise(field="/broker")
    if found.id is None or found.id == actor.enterprise:
        raise MalformedField(field="/broker")
    if valid_from < today:
        raise MalformedField(field="/valid_from")
    if valid_to is not None and valid_to <= valid_from:
        raise TimesOutOfOrder(field="/valid_to")
    authority = Authority(
        broker=found.id,
        represented=actor.enterprise,
        source=AuthoritySource.GRANTED.value,
        valid_from=valid_from,
        valid_to=valid_to,
        granted_by=actor.account,
    )
    session.add(authority)
    session.flush()
    _record(session, actor=actor, kind="authority_granted", authority=authority, now=now)
    return authority


def revoke(session: Session, *, actor: Actor, authority: int, now: datetime) -> Authority:
    """Revoke an authority that the actor's enterprise granted; a second time changes nothing.

    Bookings already made under it stay: who made them and for whom is on record.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
        UnknownAuthority: no such authority of the actor's enterprise.
    """
    require(actor, Resource.AUTHORITY, Action.REVOKE)
    kept = session.exec(
        select(Authority)
        .where(Authority.id == authority, Authority.represented == actor.enterprise)
        .with_for_update()
    ).first()
    if kept is None:
        raise UnknownAuthority(field="/authority")
    if kept.revoked_at is None:
        kept.revoked_at = now
        session.add(kept)
        _record(session, actor=actor, kind="authority_revoked", authority=kept, now=now)
    return kept


def may_represent(
    session: Session, *, broker: int, represented: int, on: date, instructions: Sequence[Instruction]
) -> bool:
    """Say whether a broker may act: declarant of all instructions named, or under an authority on a date."""
    if instructions and all(
        row.declarant == broker and row.represented == represented for row in instructions
    ):
        return True
    query = select(Authority.id).where(authorities_of(broker, on), col(Authority.represented) == represented)
    return session.exec(query).first() is not None


def represented_enterprises(session: Session, *, broker: int, on: date) -> list[Enterprise]:
    """Return whom a broker may act for on a date, by code: authorities, and what it declared itself."""
    granted = select(Authority.represented).where(authorities_of(broker, on))
    declared = select(Instruction.represented).where(
        Instruction.declarant == broker, Instruction.state != InstructionState.WITHDRAWN.value
    )
    wanted = select(Enterprise).where(
        col(Enterprise.id).in_(granted) | col(Enterprise.id).in_(declared), Enterprise.id != broker
    )
    return list(session.exec(wanted.order_by(Enterprise.uscc)).all())


def authorities_seen(session: Session, *, actor: Actor) -> list[Authority]:
    """Return the authorities that the actor's (or the call's) enterprise gave or holds, newest first.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
    """
    require(actor, Resource.AUTHORITY, Action.READ)
    party = actor.call.enterprise if actor.call is not None else actor.enterprise
    if party is None:
        return []
    wanted = select(Authority).where((col(Authority.broker) == party) | (col(Authority.represented) == party))
    return list(session.exec(wanted.order_by(col(Authority.id).desc())).all())


def _record(session: Session, *, actor: Actor, kind: str, authority: Authority, now: datetime) -> None:
    record(
        session,
        actor=actor,
        kind=kind,
        now=now,
        enterprise=authority.represented,
        details={"authority": authority.id, "broker": authority.broker},
    )
