"""The risk system of the simulation: it sends instructions, changes some and takes some back."""

from dataclasses import replace
from datetime import datetime

from scheduler.access.actor import SYSTEM
from scheduler.database.idempotency import plainly
from scheduler.instruction.orders import InstructionOrder
from scheduler.instruction.put import InstructionWritten, put_instruction, withdraw_instruction
from scheduler.simulation.scene import Goods, Scene
from scheduler.vocabulary import Direction, GoodsCategory, Mode, ReferenceKind, RiskLevel, SiteKind

_FIRST_SERIAL = 700_000
"""Above the numbers of the example's own instructions."""


def not_sent_yet(scene: Scene, goods: Goods) -> Goods:
    """Goods of the same kind under a reference that nobody has used."""
    known = "SELECT count(*) FROM instruction WHERE reference LIKE :like"
    direction = goods.direction or Direction.IMPORT.value
    year = scene.eve.year
    serial = _FIRST_SERIAL + scene.next()
    while True:
        forms = {
            ReferenceKind.DECLARATION: f"0100{year}{direction}{serial:09d}",
            ReferenceKind.EXPORT_APPLICATION: f"EXAMPLE{year}{serial:06d}",
            ReferenceKind.E_LEDGER: f"EXLEDGER{year}{serial:06d}",
        }
        reference = forms[goods.kind]
        if scene.ask(known, like=reference)[0].count == 0:
            return replace(goods, reference=reference, must_finish_by=None)
        serial += 1_000


def send(scene: Scene, now: datetime, goods: Goods, **changes: object) -> InstructionWritten:
    """Send an instruction about the goods, or send it again with some facts changed."""
    order = _order(scene, now, goods).model_copy(update=changes)
    return put_instruction(scene.database, actor=SYSTEM, order=order, now=now, keep=plainly)


def arrive(scene: Scene, now: datetime, goods: Goods) -> None:
    """Send an instruction that somebody waits for: the request is answered with it."""
    written = send(scene, now, goods)
    scene.tally.acts["system", f"awaited instruction sent, booking {written.booking_outcome}"] += 1


def top_up(scene: Scene, now: datetime, wanted: int) -> None:
    """Send as many new instructions as are missing for the day's requests, and a few in any case."""
    patterns = [goods for goods in scene.goods if goods.needs_visit] or _inspected(scene)
    for _ in range(max(5, wanted - len(scene.goods))):
        goods = not_sent_yet(scene, scene.random.choice(patterns))
        send(scene, now, goods)
        scene.goods.append(goods)


def change_one(scene: Scene, now: datetime) -> None:
    """Send a booked instruction again with three more units: its booking is held against it."""
    booked = _booked(scene, now)
    if booked is not None:
        written = send(scene, now, booked, units=booked.units + 3)
        scene.tally.acts["system", f"instruction changed, booking {written.booking_outcome}"] += 1


def withdraw_one(scene: Scene, now: datetime) -> None:
    """Take a booked instruction back: a booking that inspects nothing else ends."""
    booked = _booked(scene, now)
    if booked is not None:
        written = withdraw_instruction(
            scene.database,
            actor=SYSTEM,
            kind=booked.kind,
            reference=booked.reference,
            now=now,
            keep=plainly,
        )
        scene.tally.acts["system", f"instruction withdrawn, booking {written.booking_outcome}"] += 1


def uscc_of(scene: Scene, enterprise: int) -> str:
    """The code of an enterprise."""
    return str(scene.ask("SELECT uscc FROM enterprise WHERE id = :id", id=enterprise)[0].uscc)


_BOOKED = """
SELECT i.id FROM booking AS b JOIN booking_instruction AS bi ON bi.booking = b.id AND bi.takes
JOIN instruction AS i ON i.id = bi.instruction
WHERE b.state = 'confirmed' AND b.date > :day AND i.follows IS NULL ORDER BY i.id
"""


def _booked(scene: Scene, _now: datetime) -> Goods | None:
    found = scene.ask(_BOOKED, day=scene.day)
    if not found:
        return None
    return scene.read("i.id = :instruction", instruction=scene.random.choice(found).id)[0]


def _inspected(scene: Scene) -> list[Goods]:
    return [goods for goods in scene.read("i.follows IS NULL") if goods.needs_visit]


def _order(scene: Scene, now: datetime, goods: Goods) -> InstructionOrder:
    special, high_tech = goods.mode is Mode.SPECIAL_ARTICLES, goods.mode is Mode.HIGH_TECH
    off_site = goods.site_kind == SiteKind.ENTERPRISE_PREMISES
    declarant = goods.declarant
    return InstructionOrder(
        kind=goods.kind,
        reference=goods.reference,
        direction=Direction(goods.direction or Direction.IMPORT.value),
        office=scene.facts().offices[goods.office].code,
        site=goods.site,
        type=goods.type,
        represented=uscc_of(scene, goods.represented),
        declarant=None if declarant is None else uscc_of(scene, declarant),
        goods_name="示例货物",
        goods_category=GoodsCategory(goods.category),
        hs_code=goods.hs_code,
        units=goods.units,
        filing_number="EXFILING90001" if high_tech else None,
        approval_number="EXAPPROVAL90001" if special else None,
        risk_level=RiskLevel.LOW if special else None,
        off_site_reason="示例：货物不宜在监管区内查检" if off_site else None,
        issued_at=now,
    )
