"""Identifiers and numbers brought into their one stored form, or refused.

What people paste is tolerated (full-width characters, spaces, dashes, lower case,
invisible marks); what is stored is compact, upper case, half-width.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum import iso6346
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from scheduler.errors import DirectionMismatch, MalformedCode, MalformedPhone, NotAMobile, WrongCheckDigit
from scheduler.rules.policy import ReferencePatterns
from scheduler.vocabulary import Direction, ReferenceKind

_HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"), "-")
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_PLAIN = _HALF_WIDTH | _DASHES | _INVISIBLE

_USCC_LETTER = "0-9A-HJ-NP-RTUWXY"  # letters without I O Z S V
_USCC = re.compile(rf"[{_USCC_LETTER}]{{2}}[0-9]{{6}}[{_USCC_LETTER}]{{10}}")
_CUSTOMS_CODE = re.compile(r"[0-9A-Z]{10}")
_DECLARATION = re.compile(r"[0-9]{4}20[0-9]{2}[01][0-9]{9}")
_HS_CODE = re.compile(r"[0-9]{8}([0-9]{2})?")
_CONTAINER = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")

_LONGEST_NUMBER = 40  # as typed, extension included
_DIALLED = re.compile(r"\+?[0-9() .-]+")
_EXTENSION = re.compile(
    r"^(?P<main>.*?)\s*(?:转|分机|[#x,;]|ext\.?=?)+\s*(?P<extension>[0-9]{1,6})$", re.IGNORECASE
)
_DASHED_EXTENSION = re.compile(r"^(?P<main>\(?0[0-9]{2,3}\)?[ -]?[0-9]{7,8})-(?P<extension>[0-9]{1,6})$")
_SHORT = re.compile(r"1[0-9]{2,4}|9[0-9]{4,5}")
_CONTACT_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.SHARED_COST,  # 400 numbers
        PhoneNumberType.TOLL_FREE,  # 800 numbers
        PhoneNumberType.VOIP,
    }
)


def half_width(text: str) -> str:
    """Return the text with full-width characters and dashes made plain, invisible marks removed."""
    return text.translate(_PLAIN).strip()


def compact(text: str) -> str:
    """Return the text half-width, upper case, without spaces and dashes."""
    return re.sub(r"[\s-]+", "", half_width(text)).upper()


def _match(pattern: re.Pattern[str], text: str, *, kind: str, field: str | None) -> str:
    code = compact(text)
    if not pattern.fullmatch(code):
        raise MalformedCode(field=field, kind=kind)
    return code


def normal_uscc(text: str, *, field: str | None) -> str:
    """Return the unified social credit code, 18 characters.

    Codes that begin with N, A or Y (rural collectives and others) are accepted; the
    library's own `validate` refuses them, so only its check digit is used.

    Raises:
        MalformedCode: not 18 characters of the code's alphabet with a numeric region.
        WrongCheckDigit: the last character does not fit; `expected` does.
    """
    code = _match(_USCC, text, kind="uscc", field=field)
    expected = uscc.calc_check_digit(code)
    if code[-1] != expected:
        raise WrongCheckDigit(field=field, kind="uscc", expected=expected)
    return code


def normal_customs_code(text: str, *, field: str | None) -> str:
    """Return the customs enterprise code, 10 characters; raise MalformedCode."""
    return _match(_CUSTOMS_CODE, text, kind="customs_code", field=field)


def normal_reference(
    kind: ReferenceKind,
    text: str,
    *,
    direction: Direction | None,
    patterns: ReferencePatterns,
    field: str | None,
) -> str:
    """Return the instruction's reference in its stored form.

    A declaration number is customs code 4, year 20xx, digit 9 for the direction, serial 9;
    the codes of all districts are taken. Without `direction` (a search) any is taken.

    Raises:
        MalformedCode: not the form of its kind.
        DirectionMismatch: a declaration's digit 9 says another direction.
    """
    if kind is not ReferenceKind.DECLARATION:
        form = patterns.e_ledger if kind is ReferenceKind.E_LEDGER else patterns.export_application
        return _match(re.compile(form), text, kind=kind, field=field)
    code = _match(_DECLARATION, text, kind=kind, field=field)
    if direction is not None and code[8] != direction.value:
        raise DirectionMismatch(
            field=field, said=Direction(code[8]).name.lower(), expected=direction.name.lower()
        )
    return code


def normal_hs_code(text: str, *, field: str | None) -> str:
    """Return the HS code, 8 or 10 digits, without its dots; raise MalformedCode."""
    return _match(_HS_CODE, half_width(text).replace(".", ""), kind="hs_code", field=field)


def normal_container(text: str, *, field: str | None) -> str:
    """Return the container number (ISO 6346).

    Raises:
        MalformedCode: not owner code, category and seven digits.
        WrongCheckDigit: the last digit does not fit.
    """
    code = _match(_CONTAINER, text, kind="container", field=field)
    try:
        iso6346.validate(code)
    except InvalidChecksum as error:
        raise WrongCheckDigit(field=field, kind="container") from error
    except ValidationError as error:
        raise MalformedCode(field=field, kind="container") from error
    return code


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    """Read a dialled number, Chinese unless it says otherwise; None when it is not valid."""
    if len(text) > _LONGEST_NUMBER or not _DIALLED.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def normal_mobile(text: str, *, field: str | None) -> str:
    """Return the mobile number in E.164; raise NotAMobile for whatever cannot receive texts."""
    number = _parsed(half_width(text))
    if number is None or phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        raise NotAMobile(field=field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_phone(text: str, *, field: str | None) -> str:
    """Return a number to call: E.164, with `;ext=` for an extension, or a short number as it is.

    Landlines, mobiles, 400 and 800 numbers are taken; short numbers such as 12360 stay
    digits because they have no international form. Raises MalformedPhone.
    """
    plain = half_width(text)
    short = re.sub(r"[ -]", "", plain)
    if _SHORT.fullmatch(short):
        return short
    if len(plain) > _LONGEST_NUMBER:
        raise MalformedPhone(field=field)
    split = _EXTENSION.match(plain) or _DASHED_EXTENSION.match(plain)
    number = _parsed(split["main"] if split else plain)
    if number is None or phonenumbers.number_type(number) not in _CONTACT_TYPES:
        raise MalformedPhone(field=field)
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{dialled};ext={split['extension']}" if split else dialled
