"""What the simulated parties ask for: exact, flexible and held times, rest days, times ahead of goods."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.book import book, hold
from scheduler.booking.confirm import confirm
from scheduler.booking.orders import Details, Order
from scheduler.database.idempotency import Answer, Keep, keyed, plainly
from scheduler.errors import Refusal
from scheduler.models import Booking
from scheduler.promise.reference import ZONE
from scheduler.rules.policy import BookingRules
from scheduler.simulation.people import mobile, speaking
from scheduler.simulation.risk_system import arrive, not_sent_yet, uscc_of
from scheduler.simulation.scene import Goods, Scene, at, rest_days_from, work_days_from
from scheduler.simulation.tally import NATURAL
from scheduler.vocabulary import Channel, CreditLevel

Outcome = Booking | Refusal

AHEAD = 5
"""Over how many working days exact wishes spread."""

_WINDOWS = ((8, 30), (8, 30), (9, 30), (11, 0), (13, 0), (14, 30))
"""When windows on the simulated day begin, for whoever asks before."""

_GRID = timedelta(minutes=15)
_LOW = frozenset({CreditLevel.DISHONEST, CreditLevel.SERIOUSLY_DISHONEST})


def keep_as(scene: Scene, actor: Actor, now: datetime) -> Keep[Booking, Outcome]:
    """How a door keeps an answer: programs send an idempotency key, the others are answered plainly."""
    if actor.channel is not Channel.API:
        return plainly
    key = f"simulated-{scene.day}-{scene.next()}"

    def keep(session: Session, work: Callable[[Session], Booking]) -> Outcome:
        heard: list[Outcome] = []

        def render(_session: Session, outcome: Outcome) -> Answer:
            heard.append(outcome)
            return render_answer(outcome)

        stored = keyed(tenant=actor.tenant, key=key, request_hash=key, now=now, render=render)
        stored(session, work)
        return heard[-1]

    return keep


def render_answer(outcome: Outcome) -> Answer:
    """What a program is told, as the bytes that are kept under its key."""
    if isinstance(outcome, Refusal):
        return Answer(409, json.dumps({"code": outcome.code}).encode())
    return Answer(201, json.dumps({"number": outcome.reference, "version": outcome.version}).encode())


def heed(outcome: Outcome) -> Booking:
    """The booking, or its refusal raised, once the answer is kept."""
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def order_for(scene: Scene, goods: Goods, **facts: object) -> Order:
    """An order for some goods, with somebody to attend and up to two recipients of texts."""
    people = [
        {
            "name": "示例联系人",
            "mobile": mobile(goods.represented + 1_000 * n),
            "language": scene.random.choice(("zh_CN", "zh_CN", "en")),
        }
        for n in range(scene.random.choice((0, 1, 1, 1, 2)))
    ]
    told = {"attendee": "示例陪同人", "recipients": people, **facts}
    return Order.model_validate(
        {"instructions": [{"kind": goods.kind, "reference": goods.reference}], **told}
    )


def party_of(scene: Scene, goods: Goods, channel: Channel) -> int:
    """Who asks: by phone mostly the owner, else the broker who declared them, where there is one."""
    broker = goods.declarant
    chance = 0.3 if channel is Channel.PHONE else 0.7
    return broker if broker is not None and scene.random.random() < chance else goods.represented


def wish_flexible(scene: Scene, now: datetime, channel: Channel) -> None:
    """Any time within a window, fixed at once; on the eve mostly a time on the next day."""
    begins, ends = _window(scene, now)
    submit(scene, now, channel, "book flexible", wished_from=begins, wished_to=ends)


def wish_exact(scene: Scene, now: datetime, channel: Channel) -> None:
    """One start on the grid; when it is not true, one of the alternatives is taken."""
    submit(scene, now, channel, "book exact", start=some_start(scene, now))


def wish_with_priority(scene: Scene, now: datetime, channel: Channel) -> None:
    """A flexible booking that applies for priority, whatever the table will say."""
    begins, ends = _window(scene, now)
    facts = {"wished_from": begins, "wished_to": ends, "apply_for_priority": True}
    submit(scene, now, channel, "book with priority", fits=_urges(scene, now), **facts)


def wish_rest_day(scene: Scene, now: datetime, channel: Channel) -> None:
    """A start on a weekend day or holiday ahead: it needs the office's word."""
    fits = scene.bookable(now)
    start = at(rest_day(scene), 9 + scene.random.randrange(7), scene.random.choice((0, 30)))
    submit(
        scene,
        now,
        channel,
        "request a rest day",
        fits=lambda goods: fits(goods) and goods.credit not in _LOW and goods.must_finish_by is None,
        start=start,
    )


def wish_ahead_of_goods(scene: Scene, now: datetime, channel: Channel) -> None:
    """A request for goods whose instruction has not arrived; the risk system sends it some hours later."""
    fits = scene.bookable(now)
    goods = scene.take(lambda one: fits(one) and not one.needs_papers)
    if goods is None:
        return
    scene.goods.append(goods)
    coming = not_sent_yet(scene, goods)
    facts = scene.facts()
    awaited = {
        "office": facts.offices[goods.office].code,
        "site": goods.site,
        "type": goods.type,
        "goods_category": goods.category,
        "represented": uscc_of(scene, goods.represented),
    }
    start = at(work_days_from(facts, scene.day, 4)[3], 10)
    order = order_for(scene, coming, start=start, awaited=awaited)
    with (
        scene.tally.asking("request ahead of goods", channel),
        speaking(scene, channel, goods.represented, now) as actor,
    ):
        heed(book(scene.database, actor=actor, order=order, now=now, keep=keep_as(scene, actor, now)))
        scene.agenda.put(now + timedelta(hours=1), lambda when: arrive(scene, when, coming))


def wish_hold(scene: Scene, now: datetime, channel: Channel) -> None:
    """A time held while a form is filled: confirmed soon, too late, or never."""
    goods = scene.take(scene.bookable(now))
    if goods is None:
        return
    order = order_for(scene, goods, start=some_start(scene, now), attendee="")
    # by phone the owner: a broker's call does not see what it holds for others
    party = goods.represented if channel is Channel.PHONE else party_of(scene, goods, channel)
    held: list[Booking] = []
    with scene.tally.asking("hold", channel), speaking(scene, channel, party, now) as actor:
        keep = keep_as(scene, actor, now)
        held.append(heed(hold(scene.database, actor=actor, order=order, now=now, keep=keep)))
    if not held:
        scene.goods.append(goods)
        return
    patience = scene.random.choice((2, 2, 2, 2, 3, 4, 7, None))
    if patience is not None:
        later = partial(_confirm, scene, channel, party, held[0])
        scene.agenda.put(now + timedelta(minutes=patience), later)


def _confirm(scene: Scene, channel: Channel, party: int, held: Booking, now: datetime) -> None:
    may = NATURAL | {"stale_version"}  # a program's, when the clock was faster
    with scene.tally.asking("confirm", channel, may=may), speaking(scene, channel, party, now) as actor:
        heed(
            confirm(
                scene.database,
                actor=actor,
                reference=held.reference,
                version=held.version if channel is Channel.API else None,
                details=Details(attendee="示例陪同人"),
                now=now,
                keep=keep_as(scene, actor, now),
            )
        )


def submit(
    scene: Scene,
    now: datetime,
    channel: Channel,
    act: str,
    *,
    fits: Callable[[Goods], bool] | None = None,
    **facts: object,
) -> None:
    """Book some goods; who is refused an exact time takes the first alternative, if there is one."""
    goods = scene.take(fits or scene.bookable(now))
    if goods is None:
        return
    party = party_of(scene, goods, channel)
    order = order_for(scene, goods, **facts)
    refusal = _book(scene, now, channel, party, Said(act, order))
    if refusal is not None and refusal.alternatives:
        again = order.model_copy(
            update={"start": refusal.alternatives[0], "wished_from": None, "wished_to": None}
        )
        refusal = _book(scene, now, channel, party, Said("book an alternative", again))
    if refusal is not None:
        scene.goods.append(goods)


class Said(NamedTuple):
    """An order, and under which name what becomes of it is counted."""

    act: str
    order: Order


def _book(scene: Scene, now: datetime, channel: Channel, party: int, said: Said) -> Refusal | None:
    heard: list[Outcome] = []
    with scene.tally.asking(said.act, channel), speaking(scene, channel, party, now) as actor:
        try:
            heard.append(
                book(scene.database, actor=actor, order=said.order, now=now, keep=keep_as(scene, actor, now))
            )
        except Refusal as refusal:
            heard.append(refusal)
        heed(heard[0])
    return heard[0] if isinstance(heard[0], Refusal) else None


def some_start(scene: Scene, now: datetime) -> datetime:
    """A start on the grid within opening hours of the next working days, from now on."""
    facts = scene.facts()
    lead = facts.policy(BookingRules, office=None, on=scene.day).lead.workday.regular
    for _ in range(100):
        day = scene.random.choice(work_days_from(facts, max(scene.day, now.astimezone(ZONE).date()), AHEAD))
        start = at(day, 8, 30) + _GRID * scene.random.randrange(32)
        if start > now + timedelta(hours=lead):
            return start
    return at(work_days_from(facts, scene.day, 2)[1], 10)


def rest_day(scene: Scene) -> date:
    """A rest day that can still be asked for on the simulated day, all day."""
    facts = scene.facts()
    after = work_days_from(facts, scene.day + timedelta(days=1), 1)[0]
    return scene.random.choice(rest_days_from(facts, after, 2))


def _window(scene: Scene, now: datetime) -> tuple[datetime, datetime]:
    facts = scene.facts()
    days = work_days_from(facts, scene.day, 4)
    last = days[0] if scene.random.random() < 0.7 else days[3]  # noqa: PLR2004 - most want it soon
    begins = max(now, at(scene.day, *scene.random.choice(_WINDOWS)))
    return (begins, at(last, 17, 30)) if begins < at(last, 15) else (begins, at(days[3], 17, 30))


def _urges(scene: Scene, now: datetime) -> Callable[[Goods], bool]:
    fits = scene.bookable(now)
    fresh = {"live_animals", "aquatic", "meat", "vegetables", "fruit", "food", "relief", "dangerous"}
    return lambda goods: fits(goods) and goods.category in fresh
