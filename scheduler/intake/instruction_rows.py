"""Rows of an instructions file; all are of one record, so the column `record` may be left out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from pydantic import model_validator

from scheduler.intake.fields import Code, Containers, Count, HsCode, Instant, RowModel, Text, Uscc, Way
from scheduler.vocabulary import FinishKind, GoodsCategory, ReferenceKind, RiskLevel


class InstructionRow(RowModel):
    """An inspection instruction as the risk system gives it.

    `direction` may be left out for declarations, whose ninth digit tells it. The represented
    enterprise's name is needed when its code is not known yet.
    """

    KEY = ("kind", "reference")
    kind: ReferenceKind
    reference: Code
    direction: Way | None = None
    office: Code
    site: Code
    type: Code
    represented_uscc: Uscc
    represented_name: Text | None = None
    declarant_uscc: Uscc | None = None
    declarant_name: Text | None = None
    goods_name: Text
    goods_category: GoodsCategory
    hs_code: HsCode | None = None
    units: Count = 1
    containers: Containers = ()
    transport_mode: Code | None = None
    port: Code | None = None
    filing_number: Code | None = None
    approval_number: Code | None = None
    risk_level: RiskLevel | None = None
    off_site_reason: Text | None = None
    must_finish_by: Instant | None = None
    must_finish_kind: FinishKind | None = None
    issued_at: Instant | None = None
    arrived_at: Instant | None = None

    @model_validator(mode="after")
    def _finish_has_time(self) -> Self:
        if self.must_finish_kind and not self.must_finish_by:
            raise ValueError("a reason to finish needs its time")
        return self


INSTRUCTION_ROWS: Mapping[str, type[RowModel]] = MappingProxyType({"instruction": InstructionRow})
"""The one record of the file."""
