"""Priority on application: which rule decides, what it answers, and the order of classes."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rules.policy import DEFAULT_ORDER
from scheduler.rules.priority import DEFAULT_RULES, SHANGHAI, Decision, PriorityRule, decide, rank
from scheduler.vocabulary import CreditLevel, Direction, GoodsCategory, Priority, PriorityAnswer

ON = date(2026, 3, 4)
RULE = PriorityRule(
    answer=PriorityAnswer.GRANTED,
    priority=Priority.GREEN_CHANNEL,
    source="an office's table",
    valid_from=date(2026, 1, 1),
)


def apply_for(
    *rules: PriorityRule,
    office: int | None = 7,
    direction: Direction | None = Direction.IMPORT,
    hs_code: str | None = "0810700000",
    category: GoodsCategory | None = GoodsCategory.FRUIT,
    on: date = ON,
) -> Decision:
    """Apply for imported fruit at office 7 unless the test says otherwise."""
    return decide(rules, office=office, direction=direction, hs_code=hs_code, category=category, on=on)


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("category", [GoodsCategory.VEGETABLES, GoodsCategory.FRUIT])
def test_vegetables_and_fruit_qualify_in_both_directions(
    direction: Direction, category: GoodsCategory
) -> None:
    """The Shanghai scope, with its source."""
    decision = apply_for(*DEFAULT_RULES, direction=direction, category=category)

    assert (decision.answer, decision.priority) == (PriorityAnswer.GRANTED, Priority.GREEN_CHANNEL)
    assert decision.reason == "qualifies"
    assert decision.rule is not None
    assert decision.rule.source == SHANGHAI


@pytest.mark.parametrize(
    ("category", "priority"),
    [
        (GoodsCategory.LIVE_ANIMALS, Priority.LIVE_ANIMALS),
        (GoodsCategory.MEAT, Priority.GREEN_CHANNEL),
        (GoodsCategory.AQUATIC, Priority.GREEN_CHANNEL),
    ],
)
def test_exported_animals_meat_and_fish_qualify_and_imported_need_a_word(
    category: GoodsCategory, priority: Priority
) -> None:
    """The green channel names exports only; the Beijing measure leaves the rest to the office."""
    exported = apply_for(*DEFAULT_RULES, direction=Direction.EXPORT, category=category)
    imported = apply_for(*DEFAULT_RULES, direction=Direction.IMPORT, category=category)

    assert (exported.answer, exported.priority) == (PriorityAnswer.GRANTED, priority)
    assert (imported.answer, imported.reason) == (PriorityAnswer.AWAITING_OFFICE, "needs_word")
    assert imported.priority is priority


@pytest.mark.parametrize(
    "category", [GoodsCategory.COMMODITY, GoodsCategory.TEXTILES, GoodsCategory.MINERALS, None]
)
def test_other_goods_do_not_qualify(category: GoodsCategory | None) -> None:
    """A refused application leaves the booking ordinary and says that the goods are the reason."""
    assert apply_for(*DEFAULT_RULES, category=category) == Decision(
        PriorityAnswer.REFUSED, Priority.ORDINARY, "goods_not_covered", None
    )


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (replace(RULE, direction=Direction.EXPORT), "direction_not_covered"),
        (replace(RULE, office=8), "office_not_covered"),
        (replace(RULE, valid_from=date(2026, 3, 5)), "not_valid_on_date"),
        (replace(RULE, valid_to=ON), "not_valid_on_date"),
        (replace(RULE, goods_category=GoodsCategory.MEAT), "goods_not_covered"),
        (replace(RULE, hs_prefix="0811"), "goods_not_covered"),
        (replace(RULE, office=8, direction=Direction.EXPORT), "goods_not_covered"),
    ],
)
def test_a_refusal_names_the_one_condition_that_failed(rule: PriorityRule, reason: str) -> None:
    """With several failures at once the goods as a whole are not covered."""
    decision = apply_for(rule)

    assert (decision.answer, decision.reason, decision.rule) == (PriorityAnswer.REFUSED, reason, None)


def test_goods_without_a_code_meet_no_prefix() -> None:
    """A rule by HS prefix says nothing about goods whose code is unknown."""
    rule = replace(RULE, hs_prefix="08")

    assert apply_for(rule).reason == "qualifies"
    assert apply_for(rule, hs_code=None).reason == "goods_not_covered"


def test_an_office_may_take_goods_out() -> None:
    """Its own refusal beats the district's grant, and is named."""
    own = replace(RULE, office=7, answer=PriorityAnswer.REFUSED, goods_category=GoodsCategory.FRUIT)
    decision = apply_for(*DEFAULT_RULES, own)

    assert (decision.answer, decision.priority, decision.rule) == (
        PriorityAnswer.REFUSED,
        Priority.ORDINARY,
        own,
    )


LADDER = [
    RULE,
    replace(RULE, valid_from=date(2026, 2, 1)),
    replace(RULE, direction=Direction.IMPORT),
    replace(RULE, goods_category=GoodsCategory.FRUIT),
    replace(RULE, goods_category=GoodsCategory.FRUIT, direction=Direction.IMPORT),
    replace(RULE, hs_prefix="08"),
    replace(RULE, hs_prefix="0810"),
    replace(RULE, office=7),
]


@given(st.permutations(LADDER), st.integers(1, len(LADDER)))
def test_the_most_specific_rule_wins_in_any_order(rules: list[PriorityRule], count: int) -> None:
    """Office before prefix, longer before shorter, then goods, direction, and the younger rule."""
    chosen = rules[:count]

    assert apply_for(*chosen).rule == max(chosen, key=LADDER.index)


def test_goods_classes_come_before_credit_levels_and_dishonest_last() -> None:
    """The default order of the domain, for every pair of class and level."""

    def place(priority: Priority, credit: CreditLevel) -> int:
        return rank(priority, credit, DEFAULT_ORDER)

    assert [place(Priority.ORDINARY, level) for level in CreditLevel] == [3, 4, 5, 6, 7]
    assert [place(priority, CreditLevel.REGULAR) for priority in Priority] == [0, 1, 2, 5]
    assert {place(priority, CreditLevel.DISHONEST) for priority in Priority} == {6}
