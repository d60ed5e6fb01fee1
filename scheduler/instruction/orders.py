"""An instruction as it is sent: a frozen request, complete each time."""

from typing import Annotated

from pydantic import Field, StringConstraints

from scheduler.booking.orders import Code, Instant, Request
from scheduler.vocabulary import Direction, FinishKind, GoodsCategory, ReferenceKind, RiskLevel

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class InstructionOrder(Request):
    """All facts of an instruction; what is left out is empty, not "as before"."""

    kind: ReferenceKind
    reference: Code
    direction: Direction
    office: Code
    site: Code
    type: Code
    represented: Code
    represented_name: Line = ""
    declarant: Code | None = None
    goods_name: Line = ""
    goods_category: GoodsCategory
    hs_code: Code | None = None
    units: int = Field(default=1, ge=0, le=1_000_000)
    containers: tuple[Code, ...] = Field(default=(), max_length=200)
    transport_mode: Code | None = None
    port: Code | None = None
    filing_number: Code | None = None
    approval_number: Code | None = None
    risk_level: RiskLevel | None = None
    off_site_reason: Line | None = None
    must_finish_by: Instant | None = None
    must_finish_kind: FinishKind | None = None
    issued_at: Instant | None = None
    arrived_at: Instant | None = None
