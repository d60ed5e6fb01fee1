"""The promise and what stands behind it: bookings, crews, recipients, visits, kept histories."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BIGINT, ExcludeConstraint
from sqlmodel import Field

from scheduler.models.columns import (
    LocalDate,
    Period,
    Table,
    identity,
    instant,
    interval,
    numbers,
    one_of,
    refers_to,
    switch,
    textual,
    whole,
)
from scheduler.vocabulary import (
    LIVE_STATES,
    BookingState,
    Channel,
    DelayReason,
    FinishKind,
    Outcome,
    Priority,
    PriorityAnswer,
    RequestReason,
)

LIVE = "state IN ('hold', 'confirmed', 'in_progress')"
assert {state.value for state in LIVE_STATES} == {"hold", "confirmed", "in_progress"}  # noqa: S101 - one truth


class Booking(Table, table=True):
    """An enterprise's appointment; while live it has a full crew that can keep its promise.

    `occupied` is [planned_start, planned_start + planned_minutes); crew rows copy it. `running_minutes` take
    the place of the planned ones once a visit is known to end earlier or later. `expected_start` is said to
    the people when a visit begins later than promised; the promise stays what it was.
    """

    __table_args__ = (
        one_of("state", BookingState),
        one_of("channel", Channel),
        one_of("priority", Priority),
        one_of("priority_answer", PriorityAnswer),
        one_of("request_reason", RequestReason),
        one_of("must_finish_kind", FinishKind),
        UniqueConstraint("id", "occupied", name="booking_id_occupied_key"),
        CheckConstraint("planned_minutes > 0 AND planned_minutes <= 1440", name="minutes_positive"),
        CheckConstraint(
            "planned_start IS NULL OR occupied = tstzrange(planned_start,"
            " planned_start + make_interval(mins => coalesce(running_minutes, planned_minutes)))",
            name="occupied_is_planned",
        ),
        CheckConstraint(
            "planned_start IS NULL OR (planned_start AT TIME ZONE 'Asia/Shanghai')::date = date",
            name="date_is_local",
        ),
        CheckConstraint(
            f"NOT ({LIVE}) OR (promise_from IS NOT NULL AND promise_to IS NOT NULL"
            " AND planned_start BETWEEN promise_from AND greatest(promise_to, expected_start))",
            name="promise_when_live",
        ),
        CheckConstraint("running_minutes > 0 AND running_minutes <= 1440", name="running_minutes_positive"),
        CheckConstraint(
            "expected_start IS NULL OR expected_start = planned_start", name="expected_is_planned"
        ),
        CheckConstraint(
            f"NOT ({LIVE}) OR must_finish_by IS NULL OR running_minutes IS NOT NULL"
            " OR upper(occupied) <= must_finish_by",
            name="finished_in_time",
        ),
        CheckConstraint("state <> 'hold' OR expires_at IS NOT NULL", name="hold_expires"),
        CheckConstraint(
            "state <> 'requested' OR (answer_by IS NOT NULL AND request_reason IS NOT NULL)",
            name="request_is_answered",
        ),
        CheckConstraint("channel <> 'phone' OR call IS NOT NULL", name="phone_has_call"),
        CheckConstraint("replaces IS NULL OR replaces <> id", name="replaces_another"),
        ExcludeConstraint(
            ("dock", "="),
            ("occupied", "&&"),
            where=sql(f"dock IS NOT NULL AND {LIVE}"),
            using="gist",
            name="booking_dock_never_twice",
        ),
        Index("booking_office_date", "office", "date"),
        Index("booking_enterprise_open", "enterprise", "state"),
        Index("booking_expiry", "expires_at", postgresql_where=sql("state = 'hold'")),
        Index("booking_answer", "answer_by", postgresql_where=sql("state IN ('requested', 'displaced')")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    reference: str = Field(sa_column=textual(unique=True))
    version: int = Field(default=1, sa_column=whole(default=1))
    state: str
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    site: int = Field(sa_column=refers_to("site.id", index=False))
    dock: int | None = Field(default=None, sa_column=refers_to("dock.id", null=True, index=False))
    type: int = Field(sa_column=refers_to("inspection_type.id", index=False))
    enterprise: int = Field(sa_column=refers_to("enterprise.id", index=False))
    made_by: int = Field(sa_column=refers_to("enterprise.id", index=True))
    wished_from: datetime = Field(sa_column=instant())
    wished_to: datetime = Field(sa_column=instant())
    promise_from: datetime | None = Field(default=None, sa_column=instant(null=True))
    promise_to: datetime | None = Field(default=None, sa_column=instant(null=True))
    planned_start: datetime | None = Field(default=None, sa_column=instant(null=True))
    planned_minutes: int
    occupied: Period | None = Field(default=None, sa_column=interval(null=True))
    running_minutes: int | None = Field(default=None, sa_column=whole(null=True))
    expected_start: datetime | None = Field(default=None, sa_column=instant(null=True))
    must_finish_by: datetime | None = Field(default=None, sa_column=instant(null=True))
    must_finish_kind: str | None = None
    attendee: str
    priority: str = Priority.ORDINARY.value
    priority_answer: str = PriorityAnswer.NOT_APPLIED.value
    channel: str
    requested_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    call: int | None = Field(default=None, sa_column=refers_to("call.id", null=True, index=False))
    replaces: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True))
    follows: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True, index=False))
    excluded: list[int] = Field(default_factory=list, sa_column=numbers())
    expires_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    request_reason: str | None = None
    answer_by: datetime | None = Field(default=None, sa_column=instant(null=True))
    end_reason: str | None = None
    requested_at: datetime = Field(sa_column=instant())
    answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    first_promise: datetime | None = Field(default=None, sa_column=instant(null=True))
    goods_ready_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    rules_version: int = Field(sa_column=Column(BIGINT, nullable=False))


class BookingInstruction(Table, table=True):
    """The instructions inspected in one visit; `takes` follows the booking's state by trigger."""

    __tablename__ = "booking_instruction"
    __table_args__ = (
        Index("booking_instruction_taken_once", "instruction", unique=True, postgresql_where=sql("takes")),
    )

    booking: int = Field(sa_column=refers_to("booking.id", primary=True))
    instruction: int = Field(sa_column=refers_to("instruction.id", primary=True))
    takes: bool = Field(default=True, sa_column=switch(default=True))


class Recipient(Table, table=True):
    """Up to three people who get the texts of a booking."""

    __table_args__ = (CheckConstraint("position BETWEEN 1 AND 3", name="at_most_three"),)

    booking: int = Field(sa_column=refers_to("booking.id", primary=True))
    position: int = Field(primary_key=True)
    name: str
    mobile: str
    language: str = "zh_CN"


class PriorityApplication(Table, table=True):
    """An application for priority inspection, its answer, who gave it and why."""

    __tablename__ = "priority_application"
    __table_args__ = (one_of("answer", PriorityAnswer), one_of("priority", Priority))

    booking: int = Field(sa_column=refers_to("booking.id", primary=True))
    answer: str
    priority: str
    reason: str
    rule: int | None = Field(default=None, sa_column=refers_to("priority_rule.id", null=True, index=False))
    applied_at: datetime = Field(sa_column=instant())
    answer_by: datetime | None = Field(default=None, sa_column=instant(null=True))
    decided_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    decided_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    why: str | None = None


class Crew(Table, table=True):
    """An inspector on a seat of a live or finished booking, within a duty."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["booking", "occupied"],
            ["booking.id", "booking.occupied"],
            name="crew_occupies_as_booking",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["duty", "inspector"],
            ["duty.id", "duty.inspector"],
            name="crew_names_duty",
            ondelete="RESTRICT",
            deferrable=True,
            initially="DEFERRED",
        ),
        UniqueConstraint("booking", "inspector", name="crew_inspector_once"),
        ExcludeConstraint(
            ("inspector", "="), ("occupied", "&&"), using="gist", name="crew_inspector_never_twice"
        ),
        Index("crew_duty", "duty"),
    )

    booking: int = Field(sa_column=refers_to("booking.id", primary=True))
    seat: int = Field(sa_column=Column(Integer, primary_key=True))
    inspector: int = Field(sa_column=refers_to("inspector.id", index=False))
    duty: int = Field(sa_column=Column(BIGINT, nullable=False))
    occupied: Period = Field(sa_column=interval())


class Visit(Table, table=True):
    """What happened on site; a wrong entry is corrected with a reason, the old row kept."""

    __table_args__ = (
        one_of("outcome", Outcome),
        one_of("delay_reason", DelayReason),
        CheckConstraint("opened IS NULL OR on_site <= opened", name="opened_after_on_site"),
        CheckConstraint("ended IS NULL OR opened <= ended", name="ended_after_opened"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('not_held', 'opened_without_party')"
            " OR signed_by IS NOT NULL OR signing_refused",
            name="signed_or_refused",
        ),
    )

    booking: int = Field(sa_column=refers_to("booking.id", primary=True))
    version: int = Field(default=1, sa_column=whole(default=1))
    on_site: datetime | None = Field(default=None, sa_column=instant(null=True))
    opened: datetime | None = Field(default=None, sa_column=instant(null=True))
    ended: datetime | None = Field(default=None, sa_column=instant(null=True))
    outcome: str | None = None
    signed_by: str | None = None
    signing_refused: bool = Field(default=False, sa_column=switch(default=False))
    delay_reason: str | None = None
    result: str | None = None
    result_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    released_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    note: str | None = None


def _recorded() -> Column[int]:
    return Column(BIGINT, Identity(always=True), primary_key=True)


class BookingHistory(Table, table=True):
    """Each committed state of a booking over transaction time [recorded_from, recorded_to)."""

    __tablename__ = "booking_history"
    __table_args__ = (Index("booking_history_open", "booking", postgresql_where=sql("recorded_to IS NULL")),)

    id: int | None = Field(default=None, sa_column=_recorded())
    booking: int = Field(sa_column=Column(BIGINT, nullable=False))
    version: int
    state: str
    dock: int | None = Field(default=None, sa_column=Column(BIGINT))
    occupied: Period | None = Field(default=None, sa_column=interval(null=True))
    recorded_from: datetime = Field(sa_column=instant())
    recorded_to: datetime | None = Field(default=None, sa_column=instant(null=True))


class CrewHistory(Table, table=True):
    """Each committed crew row over transaction time; the race checker reads it."""

    __tablename__ = "crew_history"
    __table_args__ = (
        Index("crew_history_open", "booking", "seat", postgresql_where=sql("recorded_to IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=_recorded())
    booking: int = Field(sa_column=Column(BIGINT, nullable=False))
    seat: int
    inspector: int = Field(sa_column=Column(BIGINT, nullable=False))
    duty: int = Field(sa_column=Column(BIGINT, nullable=False))
    occupied: Period = Field(sa_column=interval())
    recorded_from: datetime = Field(sa_column=instant())
    recorded_to: datetime | None = Field(default=None, sa_column=instant(null=True))


class DutyHistory(Table, table=True):
    """Each committed duty over transaction time."""

    __tablename__ = "duty_history"
    __table_args__ = (Index("duty_history_open", "duty", postgresql_where=sql("recorded_to IS NULL")),)

    id: int | None = Field(default=None, sa_column=_recorded())
    duty: int = Field(sa_column=Column(BIGINT, nullable=False))
    inspector: int = Field(sa_column=Column(BIGINT, nullable=False))
    office: int = Field(sa_column=Column(BIGINT, nullable=False))
    kind: str
    period: Period = Field(sa_column=interval())
    recorded_from: datetime = Field(sa_column=instant())
    recorded_to: datetime | None = Field(default=None, sa_column=instant(null=True))


class VisitHistory(Table, table=True):
    """What a visit said before it was corrected."""

    __tablename__ = "visit_history"
    __table_args__ = (UniqueConstraint("booking", "version"),)

    id: int | None = Field(default=None, sa_column=_recorded())
    booking: int = Field(sa_column=refers_to("booking.id", index=False))
    version: int
    entry: str = Field(sa_column=Column(Text, nullable=False))
    replaced_at: datetime = Field(sa_column=instant())
