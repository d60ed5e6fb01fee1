"""The texts: what they may name, how long they get, and what they never say."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.length import Alphabet, measure
from notifications.templates import (
    SIGNATURE_ZH,
    TEMPLATES,
    Template,
    TemplateCode,
    TemplateError,
    check_variables,
    render,
)
from notifications.variables import (
    FIRST_DATE,
    KINDS,
    LAST_DATE,
    MARK_CHARACTERS,
    MARK_LENGTH,
    NUMBER_LONGEST,
    OFFICE_EN_LONGEST,
    OFFICE_ZH_LONGEST,
    OFFICE_ZONE,
    Answer,
    Language,
    OfficeName,
    PromisedTime,
    make_mark,
    say,
)

HAN = "".join(map(chr, range(0x4E00, 0xA000)))
OFFICE_EN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '()-"
DAYS = [FIRST_DATE + timedelta(days=n) for n in range((LAST_DATE - FIRST_DATE).days + 1)]
MINUTES = [time(n // 60, n % 60) for n in range(24 * 60)]
AIRPORT = OfficeName(zh="北京首都国际机场海关", en="Beijing Capital International Airport Customs")
ALL = list(TEMPLATES.values())
SAMPLE: dict[str, object] = {
    "office": AIRPORT,
    "date": date(2026, 12, 28),
    "time": PromisedTime(start=time(9, 15), end=time(9, 15)),
    "number": "BJ26-7F3K2",
    "count": 3,
    "until": datetime(2026, 12, 27, 10, tzinfo=UTC),
    "answer": Answer.GRANTED,
    "code": "135790",
}


def sample_for(template: Template) -> dict[str, object]:
    """Give plain values for a template's variables."""
    return {name: SAMPLE[name] for name in template.variables}


def domain(name: str) -> Sequence[object]:
    """List values of a kind that contain a longest one; finite kinds in full.

    Times are said as start, dash, end and instants as date, hour: each part is listed over its whole range.
    """
    midnight = datetime(2026, 12, 31, tzinfo=OFFICE_ZONE)
    lists: dict[str, Sequence[object]] = {
        "office": [OfficeName(zh="关" * OFFICE_ZH_LONGEST, en="W" * OFFICE_EN_LONGEST)],
        "date": list(DAYS),
        "time": [PromisedTime(start=t, end=t) for t in MINUTES]
        + [PromisedTime(start=MINUTES[0], end=t) for t in MINUTES]
        + [PromisedTime(start=t, end=MINUTES[-1]) for t in MINUTES],
        "number": ["W" * NUMBER_LONGEST],
        "count": list(range(1, 100)),
        "until": [datetime(d.year, d.month, d.day, 23, 59, tzinfo=OFFICE_ZONE) for d in DAYS]
        + [midnight + timedelta(minutes=n) for n in range(24 * 60)],
        "answer": list(Answer),
        "code": ["888888"],
        "mark": ["W" * MARK_LENGTH],
    }
    return lists[name]


def longest(name: str, language: Language) -> object:
    """Find the value of a kind that is said in the most units."""
    return max(domain(name), key=lambda value: measure(say(name, value, language)).units)


LONGEST = {(name, language): longest(name, language) for name in KINDS for language in Language}


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_every_chinese_text_fits_one_segment_at_its_longest(template: Template) -> None:
    """With every variable at its longest, signature and mark included, a text has at most 70 characters."""
    variables = {name: LONGEST[name, Language.ZH_CN] for name in template.variables}
    length = measure(
        render(template.code, language=Language.ZH_CN, variables=variables, mark="W" * MARK_LENGTH).text
    )
    assert length.alphabet is Alphabet.UCS_2
    assert length.units <= 70


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_every_english_text_fits_two_gsm_segments_at_its_longest(template: Template) -> None:
    """With every variable at its longest, an English text stays in GSM-7 and within two segments."""
    variables = {name: LONGEST[name, Language.EN] for name in template.variables}
    length = measure(
        render(template.code, language=Language.EN, variables=variables, mark="W" * MARK_LENGTH).text
    )
    assert length.alphabet is Alphabet.GSM_7
    assert length.segments <= 2


def test_every_character_of_a_name_costs_one_unit() -> None:
    """The longest names are longest in units too: no character that a name may have takes two."""
    assert measure(HAN).units == len(HAN)
    assert measure(OFFICE_EN_CHARACTERS + MARK_CHARACTERS).alphabet is Alphabet.GSM_7
    assert measure(OFFICE_EN_CHARACTERS + MARK_CHARACTERS).units == len(
        OFFICE_EN_CHARACTERS + MARK_CHARACTERS
    )


office_names = st.builds(
    OfficeName,
    zh=st.text(HAN, min_size=2, max_size=OFFICE_ZH_LONGEST),
    en=st.text(OFFICE_EN_CHARACTERS, min_size=1, max_size=OFFICE_EN_LONGEST - 1).map(lambda rest: "B" + rest),
)
ordered_times = st.lists(st.sampled_from(MINUTES), min_size=2, max_size=2).map(sorted)
values = st.fixed_dictionaries(
    {
        "office": office_names,
        "date": st.sampled_from(DAYS),
        "time": ordered_times.map(lambda pair: PromisedTime(start=pair[0], end=pair[1])),
        "number": st.from_regex(r"[A-Z]{2}[0-9]{2,6}-[A-Z0-9]{0,2}[A-Z]", fullmatch=True),
        "count": st.integers(1, 99),
        "until": st.datetimes(datetime(2021, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
        "answer": st.sampled_from(Answer),
        "code": st.from_regex(r"[0-9]{6}", fullmatch=True),
    }
)


@given(template=st.sampled_from(ALL), drawn=values, sequence=st.integers(0, 10**12))
def test_no_drawn_text_is_longer_than_promised(
    template: Template, drawn: dict[str, object], sequence: int
) -> None:
    """Whatever is drawn, no text outgrows its segments or shows a link or a phone number."""
    variables = {name: drawn[name] for name in template.variables}
    for language, segments in ((Language.ZH_CN, 1), (Language.EN, 2)):
        text = render(template.code, language=language, variables=variables, mark=make_mark(sequence)).text
        assert measure(text).segments <= segments
        assert not re.search(r"\d{7}", text)
        assert not re.search(r"https?:|www|\w\.\w|/|@", text)


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_both_languages_name_the_same_variables(template: Template) -> None:
    """A text loses nothing in the other language, and declares exactly what it names."""
    for text in (template.zh, template.en):
        assert set(re.findall(r"{(\w+)}", text)) == {*template.variables, "mark"}


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_fixed_words_hold_no_link_number_or_reply_keyword(template: Template) -> None:
    """A template's own words ask for no reply, and carry no digit, address or opt-out word."""
    words = re.sub(r"{\w+}", "", template.zh + template.en)
    assert not re.search(r"\d", words)
    assert not re.search(
        r"回复|退订|短信|reply|text back|\bSTOP\b|unsubscribe|http|www", words, re.IGNORECASE
    )
    assert template.zh.startswith(SIGNATURE_ZH)


def test_every_code_has_its_template() -> None:
    """No code can be written into a message row without a text for it."""
    assert set(TEMPLATES) == set(TemplateCode)


def test_only_the_closed_set_of_variables_exists() -> None:
    """No variable can hold a personal name or a phone number; a new kind must be argued for here."""
    used = {name for template in ALL for name in template.variables}
    assert used == {"office", "date", "time", "number", "count", "until", "answer", "code"}
    assert set(KINDS) == used | {"mark"}


def test_a_confirmation_reads_as_written() -> None:
    """The words, the weekday, the office's name in the reader's language and the mark."""
    variables = sample_for(TEMPLATES[TemplateCode.CONFIRMATION])
    zh = render("confirmation", language=Language.ZH_CN, variables=variables, mark="K7M2QX")
    en = render("confirmation", language=Language.EN, variables=variables, mark="K7M2QX")
    assert (
        zh.text == "【属地查检】已约定12月28日周一09:15，北京首都国际机场海关查检，预约号BJ26-7F3K2。#K7M2QX"
    )
    assert en.text == (
        "Customs inspection: booked for Mon 28 Dec 09:15 with Beijing Capital International Airport Customs. "
        "Booking BJ26-7F3K2. #K7M2QX"
    )


def test_an_instant_is_said_on_the_offices_clock() -> None:
    """17:30 UTC is half past one of the next day in Beijing."""
    assert say("until", datetime(2026, 12, 31, 17, 30, tzinfo=UTC), Language.ZH_CN) == "1月1日01:30"


def test_a_provider_that_fills_in_templates_gets_every_variable_as_said() -> None:
    """The variables beside the text rebuild exactly that text from its template."""
    for template in ALL:
        rendered = render(
            template.code, language=Language.ZH_CN, variables=sample_for(template), mark="K7M2QX"
        )
        assert template.zh.format_map(rendered.variables) == rendered.text


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_variables_survive_being_stored_as_json(template: Template) -> None:
    """What a message row keeps renders to the same text as the values it was written from."""
    variables = sample_for(template)
    stored = json.loads(json.dumps(check_variables(template.code, variables)))
    for language in Language:
        expected = render(template.code, language=language, variables=variables, mark="K7M2QX")
        assert render(template.code, language=language, variables=stored, mark="K7M2QX") == expected


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.code)
def test_a_missing_variable_is_refused_by_name(template: Template) -> None:
    """Each variable of each template is needed."""
    for name in template.variables:
        variables = {key: value for key, value in sample_for(template).items() if key != name}
        with pytest.raises(TemplateError, match=f"{name}: missing"):
            check_variables(template.code, variables)


def test_an_unknown_variable_is_refused_by_name() -> None:
    """A name that the template does not use is a mistake, not something to drop in silence."""
    variables = sample_for(TEMPLATES[TemplateCode.CANCELLATION]) | {"attendee": "王伟"}
    with pytest.raises(TemplateError, match="attendee: extra_forbidden"):
        check_variables("cancellation", variables)


def test_an_unknown_template_is_refused_by_name() -> None:
    """A code that no template has."""
    with pytest.raises(TemplateError, match="no template is called 'greeting'"):
        render("greeting", language=Language.EN, variables={}, mark="K7M2QX")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("office", {"zh": "关" * (OFFICE_ZH_LONGEST + 1), "en": "Customs"}),
        ("office", {"zh": "海关", "en": "W" * (OFFICE_EN_LONGEST + 1)}),
        ("office", {"zh": "海关8", "en": "Customs"}),
        ("office", {"zh": "海关", "en": "www.customs"}),
        ("office", {"zh": "海关", "en": "Customs\n"}),
        ("office", "海关"),
        ("date", 20261228),
        ("date", date(2100, 1, 1)),
        ("time", {"start": "09:15:30", "end": "09:15:30"}),
        ("time", {"start": "11:00", "end": "09:00"}),
        ("number", "W" * (NUMBER_LONGEST + 1)),
        ("number", "A1234567"),
        ("number", "123456"),
        ("number", "BJ#26"),
        ("number", "ABC123\n"),
        ("count", 0),
        ("count", 100),
        ("count", "3"),
        ("until", datetime(2026, 12, 28, 9)),  # noqa: DTZ001 - a naive instant is what must be refused
        ("answer", "perhaps"),
        ("code", "12345"),
        ("code", "1234567"),
        ("code", "１２３４５６"),
    ],
)
def test_a_value_outside_its_domain_is_refused_by_name(name: str, value: object) -> None:
    """Too long, out of range, of the wrong kind, or able to smuggle a link, a number or a line break."""
    template = next(template for template in ALL if name in template.variables)
    with pytest.raises(TemplateError, match=name):
        check_variables(template.code, sample_for(template) | {name: value})


@pytest.mark.parametrize("mark", ["", "K7M2Q", "K7M2QQQ", "27M2QX", "K7M2QO", "k7m2qx"])
def test_a_text_without_a_proper_mark_is_not_made(mark: str) -> None:
    """A text that could not be found again at the provider is refused."""
    variables = sample_for(TEMPLATES[TemplateCode.CONFIRMATION])
    with pytest.raises(TemplateError, match="mark"):
        render("confirmation", language=Language.ZH_CN, variables=variables, mark=mark)


def test_a_refusal_does_not_repeat_the_value() -> None:
    """A wrong sign-in code does not reach a log by way of the error."""
    variables = sample_for(TEMPLATES[TemplateCode.ACTIVATION_CODE]) | {"code": "98765432"}
    with pytest.raises(TemplateError) as refusal:
        check_variables("activation_code", variables)
    assert "98765432" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_marks_differ_and_always_render() -> None:
    """Neighbouring sequence numbers give different marks; so do the ends of the whole cycle."""
    cycle = 20 * 28**5
    marks = [make_mark(n) for n in [*range(60_000), cycle - 1]]
    assert len(set(marks)) == len(marks)
    assert make_mark(cycle) == make_mark(0)
    assert all(re.fullmatch(r"[B-DF-HJ-KM-NP-TV-Z][B-DF-HJ-KM-NP-TV-Z2-9]{5}", mark) for mark in marks)
