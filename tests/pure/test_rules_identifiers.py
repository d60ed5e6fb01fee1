"""Identifiers: what is accepted, in which form it is kept, and what is refused by which name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from scheduler.errors import DirectionMismatch, MalformedCode, MalformedPhone, NotAMobile, WrongCheckDigit
from scheduler.rules.identifiers import (
    half_width,
    normal_container,
    normal_customs_code,
    normal_hs_code,
    normal_mobile,
    normal_phone,
    normal_reference,
    normal_uscc,
)
from scheduler.rules.policy import ReferencePatterns
from scheduler.vocabulary import Direction, ReferenceKind

GOOD_USCC = "91110000600037341L"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PATTERNS = ReferencePatterns()


def with_check_digit(first_17: str) -> str:
    """Return the code completed by its check digit."""
    return first_17 + uscc.calc_check_digit(first_17)


@pytest.mark.parametrize("prefix", ["N2", "A1", "Y1", "91", "12", "52"])
def test_a_uscc_of_every_registering_authority_is_accepted(prefix: str) -> None:
    """Codes of rural collectives (N) and of A and Y count like those of companies."""
    code = with_check_digit(prefix + "110113MA01ABCD2")

    assert normal_uscc(code, field="/uscc") == code


def test_a_uscc_is_kept_compact() -> None:
    """Full-width characters, spaces, dashes, lower case and invisible marks are tidied."""
    assert normal_uscc("\u200b９１１１００００ 6000-3734\u20141l ", field="/uscc") == GOOD_USCC


@given(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.integers(0, 999999),
    st.text(ALPHABET, min_size=9, max_size=9),
)
def test_every_well_formed_uscc_with_its_digit_passes_and_with_another_fails(
    authority: str, region: int, organisation: str
) -> None:
    """The check digit alone decides on a well-formed code, and the refusal names the right one."""
    code = with_check_digit(f"{authority}{region:06d}{organisation}")
    wrong = code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % 31]

    assert normal_uscc(code, field=None) == code
    with pytest.raises(WrongCheckDigit) as refused:
        normal_uscc(wrong, field="/uscc")
    assert (refused.value.field, refused.value.values["expected"]) == ("/uscc", code[-1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9111",
        GOOD_USCC + "1",
        "I1110000600037341L",
        "9111000O600037341L",
        "91110000S00037341L",
        "９" * 17 + "٣",
    ],
)
def test_what_is_no_uscc_is_malformed(text: str) -> None:
    """Length, letters I O Z S V and a region that is not numeric are refused."""
    with pytest.raises(MalformedCode) as refused:
        normal_uscc(text, field="/uscc")
    assert (refused.value.field, refused.value.values) == ("/uscc", {"kind": "uscc"})


def test_a_customs_code_is_ten_letters_or_digits() -> None:
    """The customs enterprise code is upper case; anything else is refused with its field."""
    assert normal_customs_code("11051 6abc9", field="/c") == "110516ABC9"
    with pytest.raises(MalformedCode) as refused:
        normal_customs_code("110516ABC", field="/c")
    assert refused.value.field == "/c"


def reference(text: str, direction: Direction | None, kind: ReferenceKind = ReferenceKind.DECLARATION) -> str:
    """Normalise a reference with the default patterns."""
    return normal_reference(kind, text, direction=direction, patterns=PATTERNS, field="/reference")


@pytest.mark.parametrize("district", ["0100", "0101", "2248", "5301"])
def test_a_declaration_of_any_district_is_accepted(district: str) -> None:
    """A Beijing office also inspects what was declared elsewhere."""
    code = district + "20261" + "000000001"

    assert reference(code, Direction.IMPORT) == code


def test_a_declaration_number_must_say_the_goods_direction() -> None:
    """Digit 9 is 1 for import and 0 for export; a contradiction names both."""
    with pytest.raises(DirectionMismatch) as refused:
        reference("010120261000000001", Direction.EXPORT)
    assert refused.value.field == "/reference"
    assert refused.value.values == {"said": "import", "expected": "export"}


def test_a_search_takes_a_declaration_of_either_direction() -> None:
    """Without a direction none is asked for."""
    assert reference("0101 2026 0 000000001", None) == "010120260000000001"


@pytest.mark.parametrize(
    "text", ["01012026100000001", "010119991000000001", "010120262000000001", "0101２０26100000000A", ""]
)
def test_what_is_no_declaration_number_is_malformed(text: str) -> None:
    """18 digits, a year 20xx and a direction digit 0 or 1 are required."""
    with pytest.raises(MalformedCode) as refused:
        reference(text, Direction.IMPORT)
    assert refused.value.values == {"kind": "declaration"}


@pytest.mark.parametrize("kind", [ReferenceKind.EXPORT_APPLICATION, ReferenceKind.E_LEDGER])
def test_other_references_follow_their_setting_and_know_no_direction(kind: ReferenceKind) -> None:
    """An application or ledger number of the set form is kept for both directions."""
    assert reference("1226-0000 1234567e", Direction.EXPORT, kind) == "122600001234567E"
    assert reference("1226-0000 1234567e", Direction.IMPORT, kind) == "122600001234567E"
    with pytest.raises(MalformedCode):
        reference("申请12345678", Direction.EXPORT, kind)


def test_each_kind_of_reference_has_its_own_pattern() -> None:
    """Setting the ledger's form leaves the application's alone; a pattern matches whole."""
    narrow = ReferencePatterns(e_ledger="E[0-9]{4}|L[0-9]{2}")

    def ledger(text: str, kind: ReferenceKind) -> str:
        return normal_reference(kind, text, direction=None, patterns=narrow, field="/reference")

    assert ledger("l12", ReferenceKind.E_LEDGER) == "L12"
    assert ledger("L1234567", ReferenceKind.EXPORT_APPLICATION) == "L1234567"
    with pytest.raises(MalformedCode):
        ledger("L123", ReferenceKind.E_LEDGER)


def test_an_hs_code_has_eight_or_ten_digits() -> None:
    """Dots and spaces go; nine digits are refused with the field."""
    assert normal_hs_code("0306.32.90", field="/hs") == "03063290"
    assert normal_hs_code("0306 3290 00", field="/hs") == "0306329000"
    with pytest.raises(MalformedCode) as refused:
        normal_hs_code("030632900", field="/hs")
    assert refused.value.field == "/hs"


def test_a_container_number_is_checked_by_its_digit() -> None:
    """ISO 6346: the good one is kept compact, a wrong digit and a wrong form are told apart."""
    assert normal_container("csqu 305438-3", field="/containers/0") == "CSQU3054383"
    with pytest.raises(WrongCheckDigit) as wrong:
        normal_container("CSQU3054384", field="/containers/0")
    with pytest.raises(MalformedCode) as malformed:
        normal_container("CSQX3054383", field="/containers/1")
    assert (wrong.value.field, malformed.value.field) == ("/containers/0", "/containers/1")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+852 9123 4567", "+85291234567"),
    ],
)
def test_a_mobile_is_kept_in_e164(text: str, kept: str) -> None:
    """A number without a country is Chinese; full-width digits, spaces and dashes are tidied."""
    assert normal_mobile(text, field="/mobile") == kept


@pytest.mark.parametrize(
    "text",
    [
        "010-65194114",
        "400-800-1234",
        "12360",
        "1380013800",
        "12345678901",
        "abc",
        "",
        "1380013800O",
        "1" * 999,
    ],
)
def test_what_cannot_receive_texts_is_no_mobile(text: str) -> None:
    """Landlines, 400 and short numbers, wrong lengths and letters are refused with the field."""
    with pytest.raises(NotAMobile) as refused:
        normal_mobile(text, field="/recipients/0/mobile")
    assert refused.value.field == "/recipients/0/mobile"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("12360", "12360"),
        ("123 60", "12360"),
        ("95198", "95198"),
        ("010-65194114", "+861065194114"),
        ("（010）65194114", "+861065194114"),
        ("010-65194114-8001", "+861065194114;ext=8001"),
        ("010-65194114 转 123", "+861065194114;ext=123"),
        ("01065194114分机8", "+861065194114;ext=8"),
        ("0755-84398888 ext. 12", "+8675584398888;ext=12"),
        ("021-68890000#12", "+862168890000;ext=12"),
        ("400-800-1234", "+864008001234"),
        ("4006-123-456", "+864006123456"),
        ("13800138000", "+8613800138000"),
        ("+44 7911 123456", "+447911123456"),
    ],
)
def test_a_contact_number_may_be_any_number_to_call(text: str, kept: str) -> None:
    """Short, fixed with a separate extension, 400 and mobile numbers; what is kept stays itself."""
    assert normal_phone(text, field="/phone") == kept
    assert normal_phone(kept, field="/phone") == kept


@pytest.mark.parametrize(
    "text", ["", "65194114", "000", "010-6519", "call me", "12360转1", "010-65194114-" + "1" * 40]
)
def test_what_nobody_can_call_is_malformed(text: str) -> None:
    """Numbers without an area code, too short, too long or without digits are refused."""
    with pytest.raises(MalformedPhone) as refused:
        normal_phone(text, field="/phone")
    assert refused.value.field == "/phone"


@given(st.text())
def test_half_width_is_done_once(text: str) -> None:
    """Normalising what is normal changes nothing."""
    assert half_width(half_width(text)) == half_width(text)


@given(st.text(max_size=60))
def test_any_text_is_normalised_or_refused(text: str) -> None:
    """No input crashes a normaliser: the answer is a stable form or a refusal."""
    for normal, refusal in (
        (normal_uscc, (MalformedCode, WrongCheckDigit)),
        (normal_container, (MalformedCode, WrongCheckDigit)),
        (normal_mobile, NotAMobile),
        (normal_phone, MalformedPhone),
    ):
        try:
            kept = normal(text, field=None)
        except refusal:
            continue
        assert normal(kept, field=None) == kept
