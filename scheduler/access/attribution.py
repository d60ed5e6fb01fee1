"""One event row a change: who did it, for whom, by which door."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.models import Event
from scheduler.vocabulary import Channel


def record(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    enterprise: int | None = None,
    office: int | None = None,
    details: Mapping[str, str | int | bool | None] | None = None,
) -> Event:
    """Add the event of a change that is no booking's; `details` hold no phone number and no secret.

    By phone the call and its enterprise are named, as the database demands.
    """
    called = actor.call if actor.channel is Channel.PHONE else None
    event = Event(
        at=now,
        kind=kind,
        enterprise=enterprise,
        office=office if office is not None else actor.office,
        made_by=actor.enterprise,
        actor=actor.account,
        actor_role=actor.role.value,
        on_behalf_of=called.enterprise if called else None,
        channel=actor.channel.value,
        call=actor.call.id if actor.call else None,
        request_id=actor.request_id,
        details=dict(details or {}),
    )
    session.add(event)
    return event
