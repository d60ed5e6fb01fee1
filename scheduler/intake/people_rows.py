"""Rows of a people file: the column `record` names what a row is, in CSV and JSON alike."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import model_validator

from scheduler.intake.fields import Clock, Code, Day, Mobile, RowModel, Text, YesNo
from scheduler.vocabulary import DutyKind, Role, StaffCategory


class InspectorRow(RowModel):
    """A customs officer who inspects."""

    KEY = ("badge",)
    badge: Code
    name: Text
    office: Code
    staff_category: StaffCategory = StaffCategory.OFFICER
    mobile: Mobile | None = None
    in_service: YesNo = True


class HeldRow(RowModel):
    """A qualification of an inspector over dates [valid_from, valid_to)."""

    KEY = ("badge", "qualification", "valid_from")
    badge: Code
    qualification: Code
    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("ends before it begins")
        return self


class DutyRow(RowModel):
    """A duty of an inspector, known by its start; one over midnight is entered as two.

    Without `office` it is the inspector's own; without sites it starts and ends at that
    office's place (the site of kind office with the first code).
    """

    KEY = ("badge", "date", "start")
    badge: Code
    date: Day
    start: Clock
    end: Clock
    office: Code | None = None
    start_site: Code | None = None
    end_site: Code | None = None
    kind: DutyKind = DutyKind.REGULAR


class AccountRow(RowModel):
    """A staff account; whoever signs in first sets its password."""

    KEY = ("login",)
    login: Code
    role: Literal[Role.DESK_AGENT, Role.OFFICE_MANAGER, Role.INSPECTOR, Role.ADMINISTRATOR]
    name: Text
    office: Code | None = None
    badge: Code | None = None
    mobile: Mobile | None = None
    language: Literal["zh_CN", "en"] = "zh_CN"
    active: YesNo = True

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if (self.role is Role.INSPECTOR) != (self.badge is not None):
            raise ValueError("an inspector's account, and no other, names the badge")
        if self.role in {Role.DESK_AGENT, Role.OFFICE_MANAGER} and self.office is None:
            raise ValueError("such an account belongs to an office")
        return self


PEOPLE_ROWS: Mapping[str, type[RowModel]] = MappingProxyType(
    {
        "inspector": InspectorRow,
        "held_qualification": HeldRow,
        "duty": DutyRow,
        "account": AccountRow,
    }
)
"""Models by record, in the order in which rows are stored: what is referred to comes first."""
