"""Every text that is sent, in Chinese and in English, with the variables it names.

A Chinese text fits one segment of 70 characters at its longest, signature included; an English one fits two.
No text carries a personal name, a link, a phone number or a word to reply with: in China there is no two-way
service, and links and unregistered texts are refused. Each ends in `#` and its own short code (the mark), by
which a provider's list can be searched; no booking number contains `#`.

A message row keeps `check_variables(...)` as JSON and is rendered when it is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from notifications.variables import KINDS, Language, say

SIGNATURE_ZH = "【属地查检】"
SIGNATURE_EN = "Customs inspection: "


class TemplateCode(StrEnum):
    """What a text is about; kept in message rows and given to providers that register templates."""

    CONFIRMATION = "confirmation"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    REMINDER_24H = "reminder_24h"
    REMINDER_2H = "reminder_2h"
    DISPLACED = "displaced"
    RUNNING_LATE = "running_late"
    REQUESTED_RECEIVED = "requested_received"
    REQUEST_ANSWERED = "request_answered"
    INSTRUCTION_ORDERED = "instruction_ordered"
    PRIORITY_ANSWER = "priority_answer"
    EARLIER_OFFERED = "earlier_offered"
    ACTIVATION_CODE = "activation_code"


class TemplateError(ValueError):
    """A text cannot be made: unknown template, or a variable that is missing, unknown or out of its domain.

    The message names the template and the variables, never a value: one of them is a sign-in code.
    """


@dataclass(frozen=True, slots=True)
class Template:
    """One text in both languages; `variables` are the names it takes besides the mark."""

    code: TemplateCode
    variables: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text, and its variables as said in it, for providers that fill in texts themselves."""

    text: str
    variables: Mapping[str, str]


def _template(code: TemplateCode, *, zh: str, en: str) -> Template:
    variables = tuple(dict.fromkeys(re.findall(r"{(\w+)}", zh)))
    return Template(code, variables, f"{SIGNATURE_ZH}{zh}#{{mark}}", f"{SIGNATURE_EN}{en} #{{mark}}")


_ALL = (
    _template(
        TemplateCode.CONFIRMATION,
        zh="已约定{date}{time}，{office}查检，预约号{number}。",
        en="booked for {date} {time} with {office}. Booking {number}.",
    ),
    _template(
        TemplateCode.CHANGE,
        zh="预约{number}已改为{date}{time}，{office}查检，原时间作废。",
        en="booking {number} is now {date} {time} with {office}. The earlier time no longer holds.",
    ),
    _template(
        TemplateCode.CANCELLATION,
        zh="预约{number}（{date}{time}，{office}）已取消。",
        en="booking {number} ({date} {time}, {office}) is cancelled.",
    ),
    _template(
        TemplateCode.REMINDER_24H,
        zh="{date}{time}{office}查检，请备好货物和单证。预约号{number}",
        en="{date} {time} with {office}. Please have goods and papers ready. Booking {number}.",
    ),
    _template(
        TemplateCode.REMINDER_2H,
        zh="{date}{time}{office}查检即将开始，请到场。预约号{number}",
        en="begins soon: {date} {time} with {office}. Please be on site. Booking {number}.",
    ),
    _template(
        TemplateCode.DISPLACED,
        zh="{date}预约{number}无法如期，已留{count}个新时间至{until}，请登录或致电选择。",
        en=(
            "booking {number} on {date} cannot be kept. New times kept for you: {count}, until {until}. "
            "Please sign in or call to choose."
        ),
    ),
    _template(
        TemplateCode.RUNNING_LATE,
        zh="预约{number}（{date}）预计{time}开始，可等候，或登录、致电改约。",
        en=(
            "booking {number} on {date} is now expected to begin at {time}. "
            "You may wait, or sign in or call to move it."
        ),
    ),
    _template(
        TemplateCode.REQUESTED_RECEIVED,
        zh="已收到{date}{office}查检申请{number}，将于{until}前答复。",
        en="request {number} for {date} with {office} received. You will have an answer by {until}.",
    ),
    _template(
        TemplateCode.REQUEST_ANSWERED,
        zh="{office}{answer}{date}查检申请{number}，详情请登录或致电查询。",
        en="{office} {answer} request {number} for {date}. Please sign in or call for details.",
    ),
    _template(
        TemplateCode.INSTRUCTION_ORDERED,
        zh="您有{count}批货物需查检，请登录或致电{office}预约时间。",
        en="lots of yours that need an inspection: {count}. Please sign in or call {office} to book a time.",
    ),
    _template(
        TemplateCode.PRIORITY_ANSWER,
        zh="{office}{answer}预约{number}的优先查检申请，详情请登录或致电查询。",
        en="{office} {answer} priority for booking {number}. Please sign in or call for details.",
    ),
    _template(
        TemplateCode.EARLIER_OFFERED,
        zh="预约{number}可提前至{date}{time}，留至{until}，请确认。",
        en=(
            "booking {number} could be earlier: {date} {time}, kept for you until {until}. "
            "Please sign in or call to take it."
        ),
    ),
    _template(
        TemplateCode.ACTIVATION_CODE,
        zh="验证码{code}，用于开通账户或重设密码，{until}前有效，勿告知他人。",
        en="code {code} to open your account or set a new password, valid until {until}. Tell it to nobody.",
    ),
)
TEMPLATES: Mapping[TemplateCode, Template] = {template.code: template for template in _ALL}


def _make_model(code: str, names: tuple[str, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (KINDS[name][0], ...) for name in names
    }  # Any: create_model's own signature
    config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    return create_model(f"variables_of_{code}", __config__=config, **fields)


_MODELS = {code: _make_model(code, template.variables) for code, template in TEMPLATES.items()}
_MARK = _make_model("mark", ("mark",))


def check_variables(code: str, variables: Mapping[str, object]) -> dict[str, object]:
    """Check a template's variables and give them as JSON values, to be kept until the text is sent.

    Takes the types of notifications.variables or what an earlier call returned. Raises TemplateError.
    """
    return _read(code, variables).model_dump(mode="json")


def render(code: str, *, language: Language, variables: Mapping[str, object], mark: str) -> Rendered:
    """Make the text of a template in a language. Raises TemplateError."""
    values = _read(code, variables)
    said = {name: say(name, getattr(values, name), language) for name in type(values).model_fields}
    said |= {"mark": _validate(_MARK, code, {"mark": mark}).model_dump()["mark"]}
    template = TEMPLATES[TemplateCode(code)]
    text = template.zh if language is Language.ZH_CN else template.en
    return Rendered(text.format_map(said), said)


def _read(code: str, variables: Mapping[str, object]) -> BaseModel:
    if code not in TEMPLATES:
        raise TemplateError(f"no template is called '{code}'")
    return _validate(_MODELS[TemplateCode(code)], code, variables)


def _validate(model: type[BaseModel], code: str, variables: Mapping[str, object]) -> BaseModel:
    try:
        return model.model_validate(dict(variables))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, f['loc']))}: {f['type']}" for f in error.errors(include_input=False)
        )
        raise TemplateError(f"template '{code}': {faults}") from None
