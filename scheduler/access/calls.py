"""Calls to the desk: every act of an agent stands in an open call, and a call speaks for one enterprise."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor, OpenCall
from scheduler.access.attribution import record
from scheduler.access.policy import Action, Resource, require
from scheduler.errors import CallBound, CallNeeded, Forbidden, MalformedField, MalformedPhone, UnknownCall
from scheduler.models import Account, Booking, Call, Contact, Enterprise, Instruction
from scheduler.rules.identifiers import compact, normal_phone
from scheduler.vocabulary import CallEnd, Channel

CALL_LASTS = timedelta(minutes=30)
"""A call left open gives nobody's data away for longer than this."""

_LONGEST_NAME = 100
_LONGEST_NOTE = 500
_LONGEST_QUERY = 64
_BOOKING_NUMBER = re.compile(r"[A-Z][0-9]{8}")


def open_call(session: Session, *, actor: Actor, caller_name: str, caller_phone: str, now: datetime) -> Call:
    """Open a call of the agent's own; it speaks for nobody until it is bound.

    Raises:
        Forbidden, SignInNeeded: only the desk takes calls.
        MalformedField, MalformedPhone: the caller's name or number.
    """
    require(actor, Resource.CALL, Action.OPEN)
    name = caller_name.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise MalformedField(field="/caller_name")
    phone = normal_phone(caller_phone, field="/caller_phone")
    if actor.account is None or actor.office is None:
        raise Forbidden
    call = Call(
        reference=_new_reference(session),
        agent=actor.account,
        office=actor.office,
        caller_name=name,
        caller_phone=phone,
        opened_at=now,
    )
    session.add(call)
    session.flush()
    _record(session, actor=actor, kind="call_opened", call=call, now=now)
    return call


def actor_in_call(session: Session, *, actor: Actor, reference: str | None, now: datetime) -> Actor:
    """Return the agent as the one who acts by phone within an open call of their own.

    Raises:
        CallNeeded: no call was named.
        UnknownCall: not an open call of this agent, or open for longer than half an hour.
        Forbidden, SignInNeeded: only the desk takes calls.
    """
    require(actor, Resource.CALL, Action.READ)
    if not reference:
        raise CallNeeded
    call = _own_open_call(session, actor=actor, reference=reference)
    if call.opened_at <= now - CALL_LASTS:
        raise UnknownCall
    return _within(actor, call)


def bind_call(session: Session, *, actor: Actor, enterprise: int, now: datetime) -> Actor:
    """Let the actor's call speak for an enterprise, from now on for no other.

    Raises:
        CallNeeded: the actor stands in no call.
        UnknownCall: it was closed meanwhile.
        CallBound: it speaks for another enterprise.
        Forbidden: the agent belongs to that enterprise, by the mobile number.
    """
    if actor.call is None:
        raise CallNeeded
    call = _own_open_call(session, actor=actor, reference=actor.call.reference)
    if call.enterprise not in {None, enterprise}:
        raise CallBound
    if _is_of_enterprise(session, agent=call.agent, enterprise=enterprise):
        raise Forbidden
    bound = call.enterprise is None
    call.enterprise = enterprise
    session.add(call)
    session.flush()
    within = _within(actor, call)
    if bound:
        _record(session, actor=within, kind="call_bound", call=call, now=now)
    return within


def find_enterprise(session: Session, *, actor: Actor, query: str, now: datetime) -> Enterprise | None:
    """Find the caller's enterprise by complete phone, USCC, instruction reference or booking number.

    Only an exact and single hit is shown, and it binds the call. A miss is returned, not raised, so
    that it is on record as every search is; what was asked is not, as it may be a phone number.

    Raises:
        CallNeeded, CallBound, UnknownCall, Forbidden, SignInNeeded: see `bind_call`.
        MalformedField: empty or longer than any number.
    """
    require(actor, Resource.ENTERPRISE, Action.SEARCH)
    if actor.call is None:
        raise CallNeeded
    if not 0 < len(query.strip()) <= _LONGEST_QUERY:
        raise MalformedField(field="/query")
    call = _own_open_call(session, actor=actor, reference=actor.call.reference)
    hits = _hits(session, query)
    if len(hits) != 1:
        _record(session, actor=_within(actor, call), kind="enterprise_not_found", call=call, now=now)
        return None
    within = bind_call(session, actor=actor, enterprise=hits.pop(), now=now)
    _record(session, actor=within, kind="enterprise_found", call=call, now=now)
    return session.get(Enterprise, call.enterprise)


def close_call(
    session: Session, *, actor: Actor, reference: str, reason: CallEnd, note: str | None, now: datetime
) -> Call:
    """Close an own call with the reason of its end; one left open too long is closed the same way.

    Raises:
        UnknownCall: not an open call of this agent.
        MalformedField: the note is too long.
        Forbidden, SignInNeeded: only the desk takes calls.
    """
    require(actor, Resource.CALL, Action.CLOSE)
    told = (note or "").strip()
    if len(told) > _LONGEST_NOTE:
        raise MalformedField(field="/note", longest=_LONGEST_NOTE)
    call = _own_open_call(session, actor=actor, reference=reference)
    call.ended_at, call.end_reason, call.note = now, reason.value, told or None
    session.add(call)
    within = _within(actor, call)
    _record(session, actor=within, kind="call_closed", call=call, now=now)
    return call


def _own_open_call(session: Session, *, actor: Actor, reference: str) -> Call:
    """Read and lock the call, so that two searches at once cannot bind it twice."""
    call = session.exec(
        select(Call)
        .where(
            Call.reference == compact(reference), Call.agent == actor.account, col(Call.ended_at).is_(None)
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if call is None:
        raise UnknownCall
    return call


def _within(actor: Actor, call: Call) -> Actor:
    if call.id is None:
        raise UnknownCall
    return replace(actor, channel=Channel.PHONE, call=OpenCall(call.id, call.reference, call.enterprise))


def _new_reference(session: Session) -> str:
    while True:
        reference = f"C{secrets.randbelow(10**8):08d}"
        if session.exec(select(Call.id).where(Call.reference == reference)).first() is None:
            return reference


def _is_of_enterprise(session: Session, *, agent: int, enterprise: int) -> bool:
    """Whether the agent would serve the own enterprise: the only link on file is the mobile number."""
    account = session.get(Account, agent)
    if account is None or account.mobile is None:
        return False
    people = select(Account.id).where(Account.enterprise == enterprise, Account.mobile == account.mobile)
    contacts = select(Contact.id).where(Contact.enterprise == enterprise, Contact.phone == account.mobile)
    return session.exec(people).first() is not None or session.exec(contacts).first() is not None


def _hits(session: Session, query: str) -> set[int]:
    """Return the enterprises that the whole query names, however many."""
    code = compact(query)
    named = [
        select(Enterprise.id).where(Enterprise.uscc == code),
        select(Instruction.represented).where(Instruction.reference == code),
    ]
    if _BOOKING_NUMBER.fullmatch(code):
        named.append(select(Booking.enterprise).where(Booking.reference == f"{code[:5]}-{code[5:]}"))
    phone = _phone_in(query)
    if phone is not None:
        named.append(select(Contact.enterprise).where(Contact.phone == phone))
        named.append(select(Account.enterprise).where(Account.mobile == phone, col(Account.active)))
    return {found for one in named for found in session.exec(one).all() if found is not None}


def _phone_in(query: str) -> str | None:
    try:
        return normal_phone(query, field="/query")
    except MalformedPhone:
        return None


def _record(session: Session, *, actor: Actor, kind: str, call: Call, now: datetime) -> None:
    """Record an act of a call; until it is bound it speaks for nobody and is an act of the office."""
    by_phone = actor.call is not None and actor.call.enterprise is not None
    told = replace(actor, channel=Channel.PHONE if by_phone else Channel.OFFICE)
    event = record(
        session,
        actor=told,
        kind=kind,
        now=now,
        enterprise=call.enterprise,
        office=call.office,
        details={"call": call.reference},
    )
    event.call = call.id
