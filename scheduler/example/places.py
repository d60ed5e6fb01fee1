"""The example's offices, sites and docks.

The offices' names have evidence, their codes, phones and addresses have none: the customs code and the
phone stay empty. Every site, its coordinates included, is made up near the place its office is named for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from sqlmodel import Session

from scheduler.example.bulk import put, put_numbered
from scheduler.models import District, Dock, Office, OpeningHours, Site
from scheduler.vocabulary import WORKDAY_KINDS, SiteKind

DISTRICT = "0100"
SOURCE = "demonstration data: made up, not published by any authority"
OPENS, CLOSES = time(8, 30), time(17, 30)


@dataclass(frozen=True, slots=True)
class OfficePlan:
    """An office to make: names, the middle of its area (WGS 84), sites by kind, number of inspectors."""

    code: str
    name_zh: str
    name_en: str
    short_zh: str
    short_en: str
    latitude: float
    longitude: float
    sites: Mapping[SiteKind, int]
    inspectors: int


OFFICES = (
    OfficePlan(
        "capital-airport",
        "首都机场海关",
        "Beijing Capital International Airport Customs",
        "首都机场海关",
        "Capital Airport Customs",
        40.0790,
        116.5850,
        {
            SiteKind.AIRSIDE: 2,
            SiteKind.SUPERVISED_AREA: 3,
            SiteKind.COLD_STORE: 3,
            SiteKind.ENTERPRISE_PREMISES: 2,
            SiteKind.CLEAN_ROOM: 1,
            SiteKind.BONDED_ZONE: 1,
        },
        28,
    ),
    OfficePlan(
        "daxing-airport",
        "大兴机场海关",
        "Beijing Daxing International Airport Customs",
        "大兴机场海关",
        "Daxing Airport Customs",
        39.5150,
        116.4150,
        {
            SiteKind.AIRSIDE: 2,
            SiteKind.SUPERVISED_AREA: 3,
            SiteKind.COLD_STORE: 2,
            SiteKind.ENTERPRISE_PREMISES: 2,
            SiteKind.BONDED_ZONE: 1,
        },
        18,
    ),
    OfficePlan(
        "tianzhu",
        "天竺海关",
        "Tianzhu Customs",
        "天竺海关",
        "Tianzhu Customs",
        40.1080,
        116.5580,
        {
            SiteKind.BONDED_ZONE: 4,
            SiteKind.RETURNS_CENTRE: 2,
            SiteKind.CLEAN_ROOM: 1,
            SiteKind.COLD_STORE: 1,
            SiteKind.SUPERVISED_AREA: 1,
        },
        20,
    ),
    OfficePlan(
        "yizhuang",
        "亦庄海关",
        "Yizhuang Customs",
        "亦庄海关",
        "Yizhuang Customs",
        39.7950,
        116.5060,
        {
            SiteKind.CLEAN_ROOM: 4,
            SiteKind.ENTERPRISE_PREMISES: 3,
            SiteKind.SUPERVISED_AREA: 1,
            SiteKind.BONDED_ZONE: 1,
        },
        18,
    ),
    OfficePlan(
        "pinggu",
        "平谷海关",
        "Pinggu Customs",
        "平谷海关",
        "Pinggu Customs",
        40.0450,
        117.0100,
        {
            SiteKind.SUPERVISED_AREA: 3,
            SiteKind.COLD_STORE: 2,
            SiteKind.ENTERPRISE_PREMISES: 2,
            SiteKind.BONDED_ZONE: 1,
        },
        12,
    ),
    OfficePlan(
        "zhongguancun",
        "中关村海关",
        "Zhongguancun Customs",
        "中关村海关",
        "Zhongguancun Customs",
        39.9840,
        116.3120,
        {SiteKind.ENTERPRISE_PREMISES: 4, SiteKind.CLEAN_ROOM: 2, SiteKind.SUPERVISED_AREA: 1},
        14,
    ),
    OfficePlan(
        "exhibition-centre",
        "中国国际展览中心海关机构（示例名称）",
        "Office at the China International Exhibition Centre (example name)",
        "国际展览中心",
        "Exhibition Centre",
        40.0720,
        116.5430,
        {SiteKind.EXHIBITION: 3, SiteKind.SUPERVISED_AREA: 1, SiteKind.BONDED_ZONE: 1},
        10,
    ),
)

_KINDS: Mapping[SiteKind, tuple[str, str, str, int]] = {
    SiteKind.OFFICE: ("OFF", "办公地点", "office building", 0),
    SiteKind.SUPERVISED_AREA: ("SUP", "监管作业场所", "supervised area", 3),
    SiteKind.ENTERPRISE_PREMISES: ("ENT", "企业厂区", "enterprise premises", 0),
    SiteKind.BONDED_ZONE: ("BND", "综合保税区仓库", "bonded warehouse", 2),
    SiteKind.COLD_STORE: ("CLD", "冷库", "cold store", 2),
    SiteKind.CLEAN_ROOM: ("CLN", "洁净室", "clean room", 0),
    SiteKind.AIRSIDE: ("AIR", "机坪", "airside stand", 2),
    SiteKind.EXHIBITION: ("EXH", "展馆", "exhibition hall", 1),
    SiteKind.RETURNS_CENTRE: ("RET", "跨境电商退货中心", "e-commerce returns centre", 2),
}
"""Code, names, and the number of docks (0: the site has none and no limit)."""

_FAIRS: tuple[tuple[int, int | None], ...] = ((-2, 12), (0, 20), (5, 40))
"""First day and day after the last of the exhibitions, counted from today."""

_SPREAD = 0.018  # degrees: most sites lie within three kilometres of their office
_FAR_SPREAD = 0.05  # enterprises and clean rooms lie further out


@dataclass(frozen=True, slots=True)
class MadeOffice:
    """An office as stored: its plan, the place where duties start and end, its sites by kind."""

    id: int
    plan: OfficePlan
    place: int
    sites: Mapping[SiteKind, tuple[int, ...]]


def make_places(session: Session, *, today: date, random: Random) -> list[MadeOffice]:
    """Store the district with its offices, opening hours, sites and docks."""
    put(
        session,
        District,
        [
            {"code": DISTRICT, "name_zh": "北京海关（示例数据）", "name_en": "Beijing Customs (example data)"}
            | {"is_example": True, "source": SOURCE}
        ],
    )
    ids = put_numbered(session, Office, [_office(plan) for plan in OFFICES])
    put(
        session,
        OpeningHours,
        [
            {"office": office, "day_kind": kind.value, "valid_from": today - timedelta(days=400)}
            | {"opens": OPENS, "closes": CLOSES}
            for office in ids
            for kind in sorted(WORKDAY_KINDS)
        ],
    )
    rows = [
        _site(office, plan, kind, number, today=today, random=random)
        for office, plan in zip(ids, OFFICES, strict=True)
        for kind, count in [(SiteKind.OFFICE, 1), *plan.sites.items()]
        for number in range(1, count + 1)
    ]
    sites = put_numbered(session, Site, rows)
    put(
        session,
        Dock,
        [
            {"site": site, "code": f"D{number}"}
            for site, row in zip(sites, rows, strict=True)
            for number in range(1, _KINDS[SiteKind(str(row["kind"]))][3] + 1)
        ],
    )
    made = list(zip(sites, rows, strict=True))
    return [_made(office, plan, made) for office, plan in zip(ids, OFFICES, strict=True)]


def _office(plan: OfficePlan) -> dict[str, object]:
    return {
        "district": DISTRICT,
        "code": plan.code,
        "name_zh": plan.name_zh,
        "name_en": plan.name_en,
        "short_zh": plan.short_zh,
        "short_en": plan.short_en,
        "is_example": True,
    }


def _site(
    office: int, plan: OfficePlan, kind: SiteKind, number: int, *, today: date, random: Random
) -> dict[str, object]:
    code, zh, en, _ = _KINDS[kind]
    far = kind in {SiteKind.ENTERPRISE_PREMISES, SiteKind.CLEAN_ROOM}
    spread = 0 if kind is SiteKind.OFFICE else _FAR_SPREAD if far else _SPREAD
    first, end = _FAIRS[number - 1] if kind is SiteKind.EXHIBITION else (None, None)
    return {
        "office": office,
        "code": f"{code}-{number}",
        "name_zh": f"示例{zh}{number}（{plan.short_zh}）",
        "name_en": f"Example {en} {number} ({plan.short_en})",
        "kind": kind.value,
        "latitude": round(plan.latitude + random.uniform(-spread, spread), 5),
        "longitude": round(plan.longitude + random.uniform(-spread, spread), 5),
        "valid_from": None if first is None else today + timedelta(days=first),
        "valid_to": None if end is None else today + timedelta(days=end),
        "is_example": True,
    }


def _made(office: int, plan: OfficePlan, sites: list[tuple[int, dict[str, object]]]) -> MadeOffice:
    own = {
        kind: tuple(site for site, row in sites if row["office"] == office and row["kind"] == kind.value)
        for kind in SiteKind
    }
    return MadeOffice(id=office, plan=plan, place=own[SiteKind.OFFICE][0], sites=own)
