"""The example's 800 inspection instructions, over all modes, directions and kinds of reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from sqlmodel import Session

from scheduler.example.bulk import put_numbered
from scheduler.example.inspection_types import TYPES, TypePlan
from scheduler.example.parties import Parties
from scheduler.example.people import ZONE
from scheduler.example.places import DISTRICT, MadeOffice
from scheduler.models import Instruction
from scheduler.vocabulary import (
    Direction,
    FinishKind,
    GoodsCategory,
    InstructionState,
    Mode,
    ReferenceKind,
    RiskLevel,
    SiteKind,
)

INSTRUCTIONS = 800
OF_THE_FIRST_TRADER = 28
"""So that whoever signs in as the example's enterprise finds goods of every mode."""

_G = GoodsCategory

_GOODS: dict[GoodsCategory, tuple[str, str, int]] = {
    _G.LIVE_ANIMALS: ("示例活动物", "01", 6),
    _G.AQUATIC: ("示例鲜活水产品", "03", 6),
    _G.MEAT: ("示例冰鲜肉", "02", 8),
    _G.VEGETABLES: ("示例蔬菜", "07", 6),
    _G.FRUIT: ("示例水果", "08", 6),
    _G.FOOD: ("示例预包装食品", "19", 10),
    _G.COMMODITY: ("示例机电产品", "85", 10),
    _G.DANGEROUS: ("示例危险化学品", "29", 3),
    _G.RELIEF: ("示例救援物资", "63", 10),
    _G.HIGH_TECH: ("示例真空包装仪器", "90", 4),
    _G.SPECIAL_ARTICLES: ("示例特殊物品", "30", 5),
    _G.MINERALS: ("示例矿产品", "26", 6),
    _G.TEXTILES: ("示例服装", "61", 12),
    _G.LARGE_EQUIPMENT: ("示例大型设备", "88", 2),
    _G.EXHIBITS: ("示例展览品", "97", 8),
    _G.E_COMMERCE: ("示例跨境电商退货", "95", 60),
}
"""Name, chapter of the HS code (the rest of it is made up), most units."""

_WEIGHTS = {Mode.GREEN_CHANNEL: 3, Mode.STANDARD: 3, Mode.RESULT_ACCEPTED: 1, Mode.OFF_SITE_LARGE: 1}
_OTHER_WEIGHT = 2

_ONE_WAY = {
    Mode.DIRECT_PICK_UP: Direction.IMPORT,
    Mode.RELEASE_BEFORE_INSPECTION: Direction.IMPORT,
    Mode.ON_APPLICATION: Direction.IMPORT,
    Mode.BATCH_WAREHOUSE: Direction.EXPORT,
}

_EXPORT_KINDS = (
    ReferenceKind.EXPORT_APPLICATION,
    ReferenceKind.EXPORT_APPLICATION,
    ReferenceKind.E_LEDGER,
    ReferenceKind.DECLARATION,
)


@dataclass(frozen=True, slots=True)
class _Place:
    office: int
    site: int
    kind: SiteKind


def make_instructions(
    session: Session,
    *,
    offices: Sequence[MadeOffice],
    types: dict[str, int],
    parties: Parties,
    today: date,
    random: Random,
) -> list[int]:
    """Store the instructions, issued in the three days before today; return their ids."""
    places = {plan.code: _places(offices, plan) for plan in TYPES}
    weights = [_WEIGHTS.get(plan.mode, _OTHER_WEIGHT) for plan in TYPES]
    drawn = random.choices(TYPES, weights, k=INSTRUCTIONS - 2 * len(TYPES))
    rows = []
    # The first rows run twice through all types, for the first trader.
    for number, plan in enumerate([*TYPES, *TYPES, *drawn], start=1):
        first = number <= OF_THE_FIRST_TRADER
        trader = parties.traders[0] if first else random.choice(parties.traders)
        place = random.choice(places[plan.code])
        row = _goods(plan, random) | _reference(plan.mode, number, today, random)
        row |= _papers(plan.mode, place.kind, number, random) | _times(today, random)
        row |= {"office": place.office, "site": place.site, "type": types[plan.code]}
        row |= {"represented": trader, "declarant": parties.broker_of.get(trader, trader)}
        rows.append(row)
    return put_numbered(session, Instruction, rows)


def _places(offices: Sequence[MadeOffice], plan: TypePlan) -> list[_Place]:
    """Sites fit for the type; accepted results come with goods that lie in a supervised area."""
    kinds = sorted(plan.site_kinds) or [SiteKind.SUPERVISED_AREA]
    return [
        _Place(office.id, site, kind) for office in offices for kind in kinds for site in office.sites[kind]
    ]


def _goods(plan: TypePlan, random: Random) -> dict[str, object]:
    category = random.choice(sorted(plan.durations))
    name, chapter, most = _GOODS[category]
    return {
        "goods_category": category.value,
        "goods_name": name,
        "hs_code": f"{chapter}{random.randrange(10**6):06d}00",
        "units": random.randint(1, most),
    }


def _reference(mode: Mode, number: int, today: date, random: Random) -> dict[str, object]:
    direction = _ONE_WAY.get(mode) or random.choice(sorted(Direction))
    kind = random.choice(_EXPORT_KINDS) if direction is Direction.EXPORT else ReferenceKind.DECLARATION
    forms = {
        ReferenceKind.DECLARATION: f"{DISTRICT}{today.year}{direction.value}{number:09d}",
        ReferenceKind.EXPORT_APPLICATION: f"EXAMPLE{today.year}{number:06d}",
        ReferenceKind.E_LEDGER: f"EXLEDGER{today.year}{number:06d}",
    }
    return {
        "state": InstructionState.OPEN.value,
        "direction": direction.value,
        "kind": kind.value,
        "reference": forms[kind],
        "transport_mode": "air" if mode is Mode.DIRECT_PICK_UP else random.choice(("air", "sea", "road")),
    }


def _papers(mode: Mode, site_kind: SiteKind, number: int, random: Random) -> dict[str, object]:
    special = mode is Mode.SPECIAL_ARTICLES
    risk = RiskLevel.HIGH if number % 3 == 0 else RiskLevel.LOW
    off_site = site_kind is SiteKind.ENTERPRISE_PREMISES
    return {
        "filing_number": f"EXFILING{number:05d}" if mode is Mode.HIGH_TECH else None,
        "approval_number": f"EXAPPROVAL{number:05d}" if special else None,
        "risk_level": risk.value if special else None,
        "off_site_reason": "示例：货物不宜在监管区内查检" if off_site else None,
        "excludes_first_crew": False,
        "containers": [] if random.random() < 0.8 else [_container(number)],  # noqa: PLR2004 - one in five
    }


def _container(number: int) -> str:
    """Return a container number of an owner that does not exist, with its check digit (ISO 6346)."""
    body = f"EXPU{number:06d}"
    letters = "0123456789A_BCDEFGHIJK_LMNOPQRSTU_VWXYZ"  # multiples of 11 are left out
    total = sum(letters.index(sign) * 2**place for place, sign in enumerate(body))
    return f"{body}{total % 11 % 10}"


def _times(today: date, random: Random) -> dict[str, datetime | str | None]:
    morning = datetime.combine(today, time(8), tzinfo=ZONE)
    issued = morning - timedelta(minutes=random.randrange(3 * 24 * 60))
    urgent = random.random() < 0.15  # noqa: PLR2004 - about one in seven has to catch something
    return {
        "issued_at": issued,
        "arrived_at": issued - timedelta(hours=random.randint(2, 30)),
        "must_finish_by": morning + timedelta(hours=random.randrange(30, 11 * 24)) if urgent else None,
        "must_finish_kind": random.choice(sorted(FinishKind)).value if urgent else None,
    }
