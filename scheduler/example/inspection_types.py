"""The example's inspection types, seats, durations and priority table.

Two durations have a source (live lobsters at an airport under 20 minutes, vegetables about 10, sealing
included); all other minutes are made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from scheduler.example.bulk import put, put_numbered
from scheduler.models import Duration, InspectionType, PriorityRule, Qualification, Seat
from scheduler.rules.modes import SITE_KINDS
from scheduler.rules.priority import DEFAULT_RULES
from scheduler.vocabulary import GoodsCategory, Mode, SiteKind

QUALIFICATIONS = (
    ("animal_quarantine", "动物检疫", "Animal quarantine"),
    ("plant_quarantine", "植物检疫", "Plant quarantine"),
    ("food", "食品检验", "Food"),
    ("commodity", "商品检验", "Commodity"),
    ("special_articles", "特殊物品检疫", "Special articles"),
    ("cold_chain", "冷链", "Cold chain"),
    ("high_tech", "高新技术货物", "High-tech goods"),
)

Minutes = tuple[float, float, str]
"""Base minutes, minutes for each unit, the unit's name."""


@dataclass(frozen=True, slots=True)
class TypePlan:
    """An inspection type to make; `seats` lists each seat's qualifications, the lead's first."""

    code: str
    name_zh: str
    name_en: str
    mode: Mode
    seats: tuple[tuple[str, ...], ...]
    durations: Mapping[GoodsCategory, Minutes]

    @property
    def site_kinds(self) -> frozenset[SiteKind]:
        """Where goods of this type are inspected."""
        return SITE_KINDS[self.mode]


_G = GoodsCategory

TYPES = (
    TypePlan(
        "standard-food",
        "食品查检",
        "Food",
        Mode.STANDARD,
        (("food",), ()),
        {_G.FOOD: (20, 2, "lot")},
    ),
    TypePlan(
        "standard-commodity",
        "商品查检",
        "Commodities",
        Mode.STANDARD,
        (("commodity",), ()),
        {
            _G.COMMODITY: (25, 2, "pallet"),
            _G.TEXTILES: (20, 2, "pallet"),
            _G.DANGEROUS: (40, 5, "lot"),
            _G.RELIEF: (15, 1, "pallet"),
        },
    ),
    TypePlan(
        "green-animals",
        "活动物和水产品查检",
        "Live animals and aquatic products",
        Mode.GREEN_CHANNEL,
        (("animal_quarantine",), ()),
        {_G.LIVE_ANIMALS: (25, 2, "lot"), _G.AQUATIC: (14, 1, "lot")},
    ),
    TypePlan(
        "green-plants",
        "蔬菜水果查检",
        "Vegetables and fruit",
        Mode.GREEN_CHANNEL,
        (("plant_quarantine",), ()),
        {_G.VEGETABLES: (10, 0, "lot"), _G.FRUIT: (15, 1, "lot")},
    ),
    TypePlan(
        "green-chilled",
        "冰鲜肉类查检",
        "Chilled meat",
        Mode.GREEN_CHANNEL,
        (("food", "cold_chain"), ("cold_chain",)),
        {_G.MEAT: (20, 2, "lot")},
    ),
    TypePlan(
        "high-tech",
        "真空包装高新技术货物查检",
        "Vacuum packed high-tech goods",
        Mode.HIGH_TECH,
        (("high_tech",), ()),
        {_G.HIGH_TECH: (45, 5, "piece")},
    ),
    TypePlan(
        "special-articles",
        "特殊物品查检",
        "Special articles",
        Mode.SPECIAL_ARTICLES,
        (("special_articles",), ()),
        {_G.SPECIAL_ARTICLES: (20, 2, "lot")},
    ),
    TypePlan(
        "minerals-after-release",
        "先放后检矿产品查检",
        "Minerals released before inspection",
        Mode.RELEASE_BEFORE_INSPECTION,
        (("commodity",), ()),
        {_G.MINERALS: (40, 5, "container")},
    ),
    TypePlan(
        "on-application",
        "依企业申请查检",
        "On the enterprise's application",
        Mode.ON_APPLICATION,
        (("commodity",), ()),
        {_G.MINERALS: (30, 5, "container"), _G.TEXTILES: (30, 3, "container")},
    ),
    TypePlan(
        "result-accepted",
        "采信第三方检验结果",
        "Third-party result accepted",
        Mode.RESULT_ACCEPTED,
        (("commodity",), ()),
        {_G.TEXTILES: (15, 0, "lot"), _G.COMMODITY: (15, 0, "lot")},
    ),
    TypePlan(
        "large-equipment",
        "大型设备区外查检",
        "Large equipment off site",
        Mode.OFF_SITE_LARGE,
        (("commodity",), ("commodity",), ()),
        {_G.LARGE_EQUIPMENT: (120, 30, "piece")},
    ),
    TypePlan(
        "exhibition",
        "展览品查检",
        "Exhibits",
        Mode.EXHIBITION,
        (("commodity",), ()),
        {_G.EXHIBITS: (25, 3, "piece")},
    ),
    TypePlan(
        "e-commerce-batch",
        "跨境电商批量查检",
        "E-commerce batches",
        Mode.BATCH_WAREHOUSE,
        (("commodity",), ()),
        {_G.E_COMMERCE: (30, 0.5, "parcel")},
    ),
    TypePlan(
        "direct-pick-up",
        "机坪直提查检",
        "Direct pick-up airside",
        Mode.DIRECT_PICK_UP,
        (("commodity",), ()),
        {_G.COMMODITY: (20, 2, "lot"), _G.HIGH_TECH: (25, 2, "lot")},
    ),
)

_SEAT_NAMES = ("lead", "second", "third")


def make_types(session: Session) -> dict[str, int]:
    """Store qualifications, types, seats, durations and the priority table; return type ids by code."""
    put(session, Qualification, [{"code": c, "name_zh": zh, "name_en": en} for c, zh, en in QUALIFICATIONS])
    ids = put_numbered(session, InspectionType, [_type(plan) for plan in TYPES])
    made = list(zip(ids, TYPES, strict=True))
    put(
        session,
        Seat,
        [
            {"type": type_, "number": number, "name": _SEAT_NAMES[number - 1], "qualifications": list(needed)}
            for type_, plan in made
            for number, needed in enumerate(plan.seats, start=1)
        ],
    )
    put(
        session,
        Duration,
        [
            {"type": type_, "goods_category": category.value, "base_minutes": base}
            | {"per_unit_minutes": each, "unit": unit}
            for type_, plan in made
            for category, (base, each, unit) in plan.durations.items()
        ],
    )
    put_numbered(session, PriorityRule, _priority_table())
    return {plan.code: type_ for type_, plan in made}


def _type(plan: TypePlan) -> dict[str, object]:
    return {
        "code": plan.code,
        "name_zh": plan.name_zh,
        "name_en": plan.name_en,
        "mode": plan.mode.value,
        "minimum_crew": len(plan.seats),
        "site_kinds": sorted(plan.site_kinds),
    }


def _priority_table() -> list[dict[str, object]]:
    return [
        {
            "direction": None if rule.direction is None else rule.direction.value,
            "hs_prefix": rule.hs_prefix,
            "goods_category": None if rule.goods_category is None else rule.goods_category.value,
            "priority": rule.priority.value,
            "answer": rule.answer.value,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
            "source": rule.source,
        }
        for rule in DEFAULT_RULES
    ]
