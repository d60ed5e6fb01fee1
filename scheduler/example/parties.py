"""The example's enterprises, brokers, credit levels, contacts and authorities.

Codes lie in a region number that no place has and numbers are plainly made up, so none belongs to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from sqlmodel import Session
from stdnum.cn.uscc import calc_check_digit

from scheduler.example.bulk import put, put_numbered
from scheduler.models import Authority, Contact, Enterprise, EnterpriseCredit
from scheduler.vocabulary import AuthoritySource, CreditLevel, EnterpriseKind

TRADERS = 300
BROKERS = 4

_NO_REGION = "110199"
_PREFIXES = ("91",) * 17 + ("N2", "A1", "Y1")
"""What most companies' codes begin with, and the beginnings that some checkers wrongly refuse."""

_GOODS = (
    "生鲜",
    "水产",
    "果蔬",
    "食品",
    "商贸",
    "科技",
    "生物",
    "医药",
    "矿产",
    "纺织",
    "航空设备",
    "会展",
    "电商",
)

_LEVELS = (
    (CreditLevel.ADVANCED_CERTIFIED, 24),
    (CreditLevel.CERTIFIED, 36),
    (CreditLevel.REGULAR, 60),
    (CreditLevel.DISHONEST, 8),
    (CreditLevel.SERIOUSLY_DISHONEST, 3),
)
"""How many traders hold which level by a row; all others are regular without one."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Ids: traders, brokers, and for some traders the broker who declares for them."""

    traders: tuple[int, ...]
    brokers: tuple[int, ...]
    broker_of: dict[int, int]


def example_mobile(number: int) -> str:
    """Return a made-up mobile number in E.164 that passes as valid; numbers from 0 to 9,999."""
    return f"+86199{number:08d}"


def make_uscc(prefix: str, number: int) -> str:
    """Return a unified social credit code of no real place, with correct check digits.

    The organisation code inside carries its own check digit (GB 11714).
    """
    body = f"{number:08d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    left = 11 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    own = {10: "X", 11: "0"}.get(left, str(left))
    code = f"{prefix}{_NO_REGION}{body}{own}"
    return code + calc_check_digit(code)


def make_parties(session: Session, *, today: date, now: datetime, random: Random) -> Parties:
    """Store traders and brokers with their credit levels, contacts and authorities."""
    rows = [_enterprise(n) for n in range(1, TRADERS + BROKERS + 1)]
    ids = put_numbered(session, Enterprise, rows)
    traders, brokers = ids[:TRADERS], ids[TRADERS:]
    put(session, EnterpriseCredit, _credit(traders, brokers, today, random))
    put_numbered(session, Contact, [_contact(id_, n) for n, id_ in enumerate(ids, start=1)])
    # The first trader, whose people sign in, declares for itself; so do two thirds of the others.
    represented = sorted(random.sample(traders[1:], TRADERS // 3))
    broker_of = {trader: brokers[n % BROKERS] for n, trader in enumerate(represented)}
    authorities = [_authority(broker, trader, today, random) for trader, broker in broker_of.items()]
    put_numbered(session, Authority, authorities + _ended(traders, broker_of, brokers, today, now))
    return Parties(tuple(traders), tuple(brokers), broker_of)


def _enterprise(number: int) -> dict[str, object]:
    broker = number > TRADERS
    trade = "报关" if broker else _GOODS[number % len(_GOODS)]
    prefix = "91" if broker or number == 1 else _PREFIXES[number % len(_PREFIXES)]
    return {
        "uscc": make_uscc(prefix, number),
        "customs_code": f"1101EX{number:04d}",
        "name": f"示例{trade}企业{number:03d}",
        "kind": (EnterpriseKind.BROKER if broker else EnterpriseKind.TRADER).value,
        "is_example": True,
    }


def _credit(
    traders: Sequence[int], brokers: Sequence[int], today: date, random: Random
) -> list[dict[str, object]]:
    total = sum(count for _, count in _LEVELS)
    rated = iter(random.sample(traders[1:], total))
    levels = [(next(rated), level) for level, count in _LEVELS for _ in range(count)]
    levels += [(broker, CreditLevel.CERTIFIED) for broker in brokers]
    since = today - timedelta(days=180)
    return [{"enterprise": id_, "valid_from": since, "level": level.value} for id_, level in levels]


def _contact(enterprise: int, number: int) -> dict[str, object]:
    return {"enterprise": enterprise, "name": f"示例联系人{number:03d}", "phone": example_mobile(number)}


def _authority(broker: int, trader: int, today: date, random: Random) -> dict[str, object]:
    return {
        "broker": broker,
        "represented": trader,
        "source": AuthoritySource.GRANTED.value,
        "valid_from": today - timedelta(days=random.randint(30, 300)),
        "valid_to": today + timedelta(days=random.randint(60, 400)) if random.random() < 0.5 else None,  # noqa: PLR2004 - half of them have an end
        "revoked_at": None,
    }


def _ended(
    traders: Sequence[int], broker_of: dict[int, int], brokers: Sequence[int], today: date, now: datetime
) -> list[dict[str, object]]:
    """One authority of each broker that has run out, and one that was revoked."""
    free = iter(trader for trader in traders[1:] if trader not in broker_of)
    since = today - timedelta(days=400)
    rows: list[dict[str, object]] = []
    for broker in brokers:
        ended = {"broker": broker, "source": AuthoritySource.GRANTED.value, "valid_from": since}
        rows.append(
            ended | {"represented": next(free), "valid_to": today - timedelta(days=20), "revoked_at": None}
        )
        rows.append(
            ended | {"represented": next(free), "valid_to": None, "revoked_at": now - timedelta(days=10)}
        )
    return rows
