"""What can be wrong in the order of a booking."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from scheduler.access.actor import SYSTEM
from scheduler.booking.book import book, hold
from scheduler.database.idempotency import Answer, Keep, keyed, plainly
from scheduler.errors import Refusal
from scheduler.instruction.put import withdraw_instruction
from scheduler.models import Booking
from scheduler.simulation.people import enterprise_actor, mobile
from scheduler.simulation.risk_system import not_sent_yet, uscc_of
from scheduler.simulation.scene import Goods, Scene, at, work_days_from
from scheduler.simulation.wishes import order_for, render_answer, rest_day
from scheduler.vocabulary import Channel, CreditLevel, Mode

_LANDLINE = "010-65391234"


def _try_to_book(scene: Scene, now: datetime, goods: Goods | None, *codes: str, **facts: object) -> None:
    """Book with one thing wrong; the goods stay on the list."""
    if goods is None:
        return
    scene.goods.append(goods)
    actor = enterprise_actor(scene, goods.represented, Channel.PORTAL, now)
    told = {"start": a_good_start(scene), **facts}
    with scene.tally.erring(*codes):
        book(scene.database, actor=actor, order=order_for(scene, goods, **told), now=now, keep=plainly)


def a_good_start(scene: Scene) -> datetime:
    """A start at which nothing is wrong."""
    return at(work_days_from(scene.facts(), scene.day + timedelta(days=1), 2)[1], 10)


def calm_goods(scene: Scene, now: datetime) -> Goods | None:
    """Goods that nothing presses and that need no word of the office, of an enterprise in good standing."""
    fits = scene.bookable(now)
    good = {CreditLevel.ADVANCED_CERTIFIED, CreditLevel.CERTIFIED, CreditLevel.REGULAR}
    return scene.take(
        lambda one: (
            fits(one)
            and one.must_finish_by is None
            and one.credit in good
            and one.mode not in {Mode.SPECIAL_ARTICLES, Mode.EXHIBITION}
        )
    )


def an_unknown_reference(scene: Scene, now: datetime) -> None:
    """A reference of the right form that nobody sent."""
    goods = calm_goods(scene, now)
    if goods is None:
        return
    scene.goods.append(goods)
    actor = enterprise_actor(scene, goods.represented, Channel.PORTAL, now)
    order = order_for(scene, not_sent_yet(scene, goods), start=a_good_start(scene))
    with scene.tally.erring("unknown_instruction"):
        book(scene.database, actor=actor, order=order, now=now, keep=plainly)


def somebody_elses_goods(scene: Scene, now: datetime) -> None:
    """Another enterprise's instruction looks like none at all."""
    goods = calm_goods(scene, now)
    other = calm_goods(scene, now)
    if goods is None or other is None:
        return
    scene.goods += [goods, other]
    stranger = scene.ask(
        "SELECT id FROM enterprise WHERE kind = 'trader' AND id <> :owner ORDER BY id LIMIT 1",
        owner=goods.represented,
    )[0].id
    actor = enterprise_actor(scene, stranger, Channel.PORTAL, now)
    with scene.tally.erring("unknown_instruction"):
        book(
            scene.database,
            actor=actor,
            order=order_for(scene, goods, start=a_good_start(scene)),
            now=now,
            keep=plainly,
        )


def a_malformed_reference(scene: Scene, now: datetime) -> None:
    """Not the form of any reference."""
    wrong = [{"kind": "declaration", "reference": "12345"}]
    _try_to_book(scene, now, calm_goods(scene, now), "malformed_code", instructions=wrong)


def off_the_grid(scene: Scene, now: datetime) -> None:
    """Seven minutes past the quarter."""
    start = a_good_start(scene) + timedelta(minutes=7)
    _try_to_book(scene, now, calm_goods(scene, now), "off_grid", start=start)


def in_the_past(scene: Scene, now: datetime) -> None:
    """A start that has passed."""
    start = at(scene.eve - timedelta(days=1), 10)
    _try_to_book(scene, now, calm_goods(scene, now), "past_time", start=start)


def far_away(scene: Scene, now: datetime) -> None:
    """A start beyond the horizon."""
    start = at(scene.day + timedelta(days=45), 10)
    _try_to_book(scene, now, calm_goods(scene, now), "beyond_horizon", start=start)


def a_long_window(scene: Scene, now: datetime) -> None:
    """Any time within the next month."""
    window = {"start": None, "wished_from": now, "wished_to": now + timedelta(days=30)}
    _try_to_book(scene, now, calm_goods(scene, now), "window_too_long", **window)


def at_short_notice(scene: Scene, now: datetime) -> None:
    """In a quarter of an hour."""
    start = now.replace(minute=0, second=0) + timedelta(minutes=15 * (now.minute // 15 + 1))
    _try_to_book(scene, now, calm_goods(scene, now), "too_short_notice", start=start)


def a_landline(scene: Scene, now: datetime) -> None:
    """A fixed line cannot receive texts."""
    wrong = [{"name": "示例联系人", "mobile": _LANDLINE}]
    _try_to_book(scene, now, calm_goods(scene, now), "not_a_mobile", recipients=wrong)


def too_many_people(scene: Scene, now: datetime) -> None:
    """Four recipients, three at most."""
    crowd = [{"name": "示例联系人", "mobile": mobile(n)} for n in range(4)]
    _try_to_book(scene, now, calm_goods(scene, now), "too_many_recipients", recipients=crowd)


def nobody_attends(scene: Scene, now: datetime) -> None:
    """Nobody is named to attend."""
    _try_to_book(scene, now, calm_goods(scene, now), "attendee_missing", attendee="")


def no_visit_is_needed(scene: Scene, now: datetime) -> None:
    """The third-party result is accepted."""
    goods = scene.take(lambda one: not one.needs_visit)
    _try_to_book(scene, now, goods, "no_visit_needed")


def finished_too_late(scene: Scene, now: datetime) -> None:
    """The flight leaves five minutes after the start."""
    start = a_good_start(scene)
    by = {"must_finish_by": start + timedelta(minutes=5), "must_finish_kind": "flight"}
    _try_to_book(scene, now, calm_goods(scene, now), "too_late_to_finish", **by)


def already_booked(scene: Scene, now: datetime) -> None:
    """Goods that have a booking."""
    taken = "EXISTS (SELECT FROM booking_instruction AS b WHERE b.instruction = i.id AND b.takes)"
    found = scene.read(f"{taken} AND i.follows IS NULL")
    if found:
        goods = scene.random.choice(found)
        _try_to_book(scene, now, goods, "instruction_taken", "already_inspected")
        scene.goods.remove(goods)


def taken_back(scene: Scene, now: datetime) -> None:
    """An instruction that was withdrawn."""
    goods = calm_goods(scene, now)
    if goods is None:
        return
    withdraw_instruction(
        scene.database, actor=SYSTEM, kind=goods.kind, reference=goods.reference, now=now, keep=plainly
    )
    _try_to_book(scene, now, goods, "instruction_not_open")
    scene.goods.remove(goods)


def a_wrong_check_digit(scene: Scene, now: datetime) -> None:
    """The represented enterprise's code with one digit wrong."""
    _await_wrongly(scene, now, "wrong_check_digit", represented=_slip)


def no_authority(scene: Scene, now: datetime) -> None:
    """Goods to come for an enterprise that gave no authority."""
    other = scene.ask("SELECT uscc FROM enterprise WHERE kind = 'broker' ORDER BY id DESC LIMIT 1")[0].uscc
    _await_wrongly(scene, now, "no_authority", represented=lambda _: other)


def _await_wrongly(scene: Scene, now: datetime, code: str, *, represented: Callable[[str], str]) -> None:
    goods = calm_goods(scene, now)
    if goods is None:
        return
    scene.goods.append(goods)
    awaited = {
        "office": scene.facts().offices[goods.office].code,
        "site": goods.site,
        "type": goods.type,
        "goods_category": goods.category,
        "represented": represented(uscc_of(scene, goods.represented)),
    }
    actor = enterprise_actor(scene, goods.represented, Channel.PORTAL, now)
    order = order_for(scene, not_sent_yet(scene, goods), start=a_good_start(scene), awaited=awaited)
    with scene.tally.erring(code):
        book(scene.database, actor=actor, order=order, now=now, keep=plainly)


def _slip(code: str) -> str:
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def a_hold_for_a_rest_day(scene: Scene, now: datetime) -> None:
    """What needs the office's word cannot be held."""
    goods = calm_goods(scene, now)
    if goods is None:
        return
    scene.goods.append(goods)
    actor = enterprise_actor(scene, goods.represented, Channel.PORTAL, now)
    order = order_for(scene, goods, start=at(rest_day(scene), 10))
    with scene.tally.erring("needs_office_word"):
        hold(scene.database, actor=actor, order=order, now=now, keep=plainly)


def too_dishonest(scene: Scene, now: datetime) -> None:
    """Dishonest enterprises have no appointments out of hours."""
    fits = scene.bookable(now)
    low = {CreditLevel.DISHONEST, CreditLevel.SERIOUSLY_DISHONEST}
    goods = scene.take(lambda one: fits(one) and one.credit in low and one.must_finish_by is None)
    _try_to_book(scene, now, goods, "credit_excluded", "cap_reached", start=at(rest_day(scene), 10))


def one_key_for_two(scene: Scene, now: datetime) -> None:
    """A program repeats a request and gets the same bytes; another request under the key is refused."""
    goods = calm_goods(scene, now)
    if goods is None:
        return
    actor = enterprise_actor(scene, goods.represented, Channel.API, now)
    order = order_for(scene, goods, start=a_good_start(scene))
    key = f"simulated-{scene.day}-{scene.next()}"

    def render(_session: Session, outcome: Booking | Refusal) -> Answer:
        return render_answer(outcome)

    def send(request_hash: str) -> Answer:
        keep: Keep[Booking, Answer] = keyed(
            tenant=actor.tenant,
            key=key,
            request_hash=request_hash,
            now=now,
            render=render,
        )
        return book(scene.database, actor=actor, order=order, now=now, keep=keep)

    if send("first") != send("first"):
        scene.tally.unexpected.append("the same request under the same key got another answer")
    with scene.tally.erring("key_reused"):
        send("second")
