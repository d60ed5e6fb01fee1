"""Priority inspection: which goods qualify on application, and in which order bookings come.

Sources: GACC Decree 138 art. 13; Beijing Customs notice [2023] No. 54, measure (2);
the Shanghai Customs green channel for fresh agri-food.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scheduler.vocabulary import CreditLevel, Direction, GoodsCategory, Priority, PriorityAnswer

ReasonCode = Literal[
    "qualifies",
    "needs_word",
    "goods_not_covered",
    "direction_not_covered",
    "office_not_covered",
    "not_valid_on_date",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule:
    """A dated line of the priority table; what is None or empty holds for all.

    `answer` is GRANTED (qualifies) or AWAITING_OFFICE (needs the office's word), or REFUSED
    where an office takes goods out; valid over [valid_from, valid_to).
    """

    answer: PriorityAnswer
    priority: Priority
    source: str
    valid_from: date
    valid_to: date | None = None
    office: int | None = None
    direction: Direction | None = None
    hs_prefix: str = ""
    goods_category: GoodsCategory | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an application: the answer, the class it gives, why, by which rule."""

    answer: PriorityAnswer
    priority: Priority
    reason: ReasonCode
    rule: PriorityRule | None


def _specificity(rule: PriorityRule) -> tuple[bool, int, bool, bool, date]:
    return (
        rule.office is not None,
        len(rule.hs_prefix),
        rule.goods_category is not None,
        rule.direction is not None,
        rule.valid_from,
    )


def decide(
    rules: Sequence[PriorityRule],
    *,
    office: int | None,
    direction: Direction | None,
    hs_code: str | None,
    category: GoodsCategory | None,
    on: date,
) -> Decision:
    """Return the answer of the most specific rule: an office's own first, then HS prefix, goods, direction.

    Between equals the younger rule wins. Without a fitting rule the application is refused
    with the one condition that failed, or `goods_not_covered`.
    """
    conditions: dict[ReasonCode, Callable[[PriorityRule], bool]] = {
        "goods_not_covered": lambda rule: (
            (hs_code or "").startswith(rule.hs_prefix) and rule.goods_category in {None, category}
        ),
        "direction_not_covered": lambda rule: rule.direction in {None, direction},
        "office_not_covered": lambda rule: rule.office in {None, office},
        "not_valid_on_date": lambda rule: (
            rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)
        ),
    }
    failed = [(rule, [code for code, holds in conditions.items() if not holds(rule)]) for rule in rules]
    fitting = [rule for rule, codes in failed if not codes]
    if fitting:
        return _answer(max(fitting, key=_specificity))
    near = [codes[0] for _, codes in failed if len(codes) == 1]
    reason = next((code for code in conditions if code in near and code != "goods_not_covered"), None)
    return Decision(PriorityAnswer.REFUSED, Priority.ORDINARY, reason or "goods_not_covered", None)


def _answer(rule: PriorityRule) -> Decision:
    if rule.answer is PriorityAnswer.GRANTED:
        return Decision(rule.answer, rule.priority, "qualifies", rule)
    if rule.answer is PriorityAnswer.AWAITING_OFFICE:
        return Decision(rule.answer, rule.priority, "needs_word", rule)
    return Decision(PriorityAnswer.REFUSED, Priority.ORDINARY, "goods_not_covered", rule)


def rank(priority: Priority, credit: CreditLevel, order: Sequence[Priority | CreditLevel]) -> int:
    """Return the place in the office's order, 0 first: by goods class, else by credit level.

    Dishonest enterprises keep the place of their level, whatever their goods.
    """
    low = {CreditLevel.DISHONEST, CreditLevel.SERIOUSLY_DISHONEST}
    by_credit = priority is Priority.ORDINARY or credit in low
    return order.index(credit if by_credit else priority)


DECREE = "GACC Decree 138 art. 13"
BEIJING = "Beijing Customs notice Jing Guan Zong Fa [2023] No. 54, measure (2)"
SHANGHAI = "Shanghai Customs, green channel for fresh agri-food"

_SINCE = date(2023, 1, 1)
"""Start of the Beijing notice's year: the others are older or undated, and no booking is."""


def _rule(
    source: str,
    answer: PriorityAnswer,
    category: GoodsCategory,
    priority: Priority,
    direction: Direction | None = None,
) -> PriorityRule:
    return PriorityRule(
        answer=answer,
        priority=priority,
        source=source,
        valid_from=_SINCE,
        direction=direction,
        goods_category=category,
    )


_YES, _WORD = PriorityAnswer.GRANTED, PriorityAnswer.AWAITING_OFFICE

DEFAULT_RULES: tuple[PriorityRule, ...] = (
    _rule(DECREE, _YES, GoodsCategory.DANGEROUS, Priority.RELIEF_OR_DANGEROUS),
    # "otherwise urgent" goods, and agricultural products that no scope names: the office looks.
    _rule(DECREE, _WORD, GoodsCategory.RELIEF, Priority.RELIEF_OR_DANGEROUS),
    _rule(BEIJING, _WORD, GoodsCategory.LIVE_ANIMALS, Priority.LIVE_ANIMALS),
    _rule(BEIJING, _WORD, GoodsCategory.MEAT, Priority.GREEN_CHANNEL),
    _rule(BEIJING, _WORD, GoodsCategory.AQUATIC, Priority.GREEN_CHANNEL),
    _rule(BEIJING, _WORD, GoodsCategory.FOOD, Priority.GREEN_CHANNEL),
    _rule(SHANGHAI, _YES, GoodsCategory.LIVE_ANIMALS, Priority.LIVE_ANIMALS, Direction.EXPORT),
    _rule(SHANGHAI, _YES, GoodsCategory.MEAT, Priority.GREEN_CHANNEL, Direction.EXPORT),
    _rule(SHANGHAI, _YES, GoodsCategory.AQUATIC, Priority.GREEN_CHANNEL, Direction.EXPORT),
    _rule(SHANGHAI, _YES, GoodsCategory.VEGETABLES, Priority.GREEN_CHANNEL),
    _rule(SHANGHAI, _YES, GoodsCategory.FRUIT, Priority.GREEN_CHANNEL),
)
"""The district's table until an office sets its own."""
