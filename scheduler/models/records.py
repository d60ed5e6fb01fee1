"""Rows that tell and remember: events, texts, idempotent answers, the clock's heartbeat."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BIGINT
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from scheduler.models.columns import (
    JsonObject,
    LocalDate,
    Table,
    document,
    documents,
    identity,
    instant,
    one_of,
    refers_to,
    textual,
    whole,
)
from scheduler.vocabulary import Channel, HarmKind, MessageState, ReplanState, Role


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's xid8: orders events by transaction for gap-free reading."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type's name in SQL."""
        return "xid8"


class Event(Table, table=True):
    """One row a change, append-only: who, for whom, by which door, what, from which version to which."""

    __table_args__ = (
        one_of("actor_role", Role),
        one_of("channel", Channel),
        UniqueConstraint("booking", "new_version", name="event_one_a_version"),
        CheckConstraint(
            "channel <> 'phone' OR (call IS NOT NULL AND on_behalf_of IS NOT NULL)", name="phone_names_call"
        ),
        CheckConstraint("actor IS NOT NULL OR actor_role IN ('system', 'anonymous')", name="actor_known"),
        CheckConstraint(
            "new_version IS NULL OR booking IS NULL OR new_version = coalesce(old_version, 0) + 1",
            name="version_step",
        ),
        Index("event_order", "transaction", "id"),
        Index("event_instruction", "instruction"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    transaction: int | None = Field(
        default=None,
        sa_column=Column(TransactionId(), nullable=False, server_default=sql("pg_current_xact_id()")),
    )
    at: datetime = Field(sa_column=instant())
    kind: str
    booking: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True, index=False))
    instruction: int | None = Field(
        default=None, sa_column=refers_to("instruction.id", null=True, index=False)
    )
    office: int | None = Field(default=None, sa_column=refers_to("office.id", null=True, index=False))
    enterprise: int | None = Field(default=None, sa_column=refers_to("enterprise.id", null=True, index=False))
    made_by: int | None = Field(default=None, sa_column=refers_to("enterprise.id", null=True, index=False))
    actor: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    actor_role: str
    on_behalf_of: int | None = Field(
        default=None, sa_column=refers_to("enterprise.id", null=True, index=False)
    )
    channel: str
    call: int | None = Field(default=None, sa_column=refers_to("call.id", null=True, index=False))
    request_id: str | None = None
    old_version: int | None = None
    new_version: int | None = None
    details: JsonObject = Field(default_factory=dict, sa_column=document())


class Message(Table, table=True):
    """A text to one recipient: template and variables, when due, how far it came."""

    __table_args__ = (
        one_of("state", MessageState),
        UniqueConstraint("booking", "booking_version", "kind", "recipient", name="message_once"),
        CheckConstraint("not_after IS NULL OR not_after > due", name="useful_after_due"),
        Index("message_due", "due", postgresql_where=sql("state = 'due'")),
        Index("message_lease", "lease_until", postgresql_where=sql("state = 'sending'")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    booking: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True, index=False))
    booking_version: int | None = None
    account: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    kind: str
    recipient: str
    language: str
    variables: JsonObject = Field(sa_column=document())
    code: str = Field(sa_column=textual(unique=True))
    due: datetime = Field(sa_column=instant())
    not_after: datetime | None = Field(default=None, sa_column=instant(null=True))
    state: str = MessageState.DUE.value
    reason: str | None = None
    token: int = Field(default=0, sa_column=whole(default=0))
    lease_until: datetime | None = Field(default=None, sa_column=instant(null=True))
    attempts: int = Field(default=0, sa_column=whole(default=0))
    provider: str | None = None
    provider_id: str | None = None
    sent_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    created_at: datetime = Field(sa_column=instant())


class IdempotentAnswer(Table, table=True):
    """The stored answer of a request with an idempotency key: the same bytes again."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (Index("idempotent_answer_age", "created_at"),)

    tenant: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    request_hash: str
    status: int = Field(sa_column=Column(Integer, nullable=False))
    headers: JsonObject = Field(sa_column=document())
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_column=instant())


class SolverRun(Table, table=True):
    """A search with its whole question and answer: it can be run again and must say the same."""

    __tablename__ = "solver_run"
    __table_args__ = (Index("solver_run_day", "office", "date"),)

    id: int | None = Field(default=None, sa_column=identity())
    kind: str
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    version: int
    version_after: int
    rules_version: int = Field(sa_column=Column(BIGINT, nullable=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    answer: str = Field(sa_column=Column(Text, nullable=False))
    digest: str
    outcome: str
    made_at: datetime = Field(sa_column=instant(index=True))


class Replan(Table, table=True):
    """Proposals for a disturbed office day: what happened, what was found, what became of it.

    `cause` lists what was reported; `found` says each proposal by booking numbers and badges. The whole
    question and answer are the run's, as long as it is kept.
    """

    __table_args__ = (
        one_of("state", ReplanState),
        CheckConstraint("(state = 'proposed') = (settled_at IS NULL)", name="settled_once"),
        CheckConstraint("(state = 'applied') = (chosen IS NOT NULL)", name="chosen_when_applied"),
        Index("replan_office_date", "office", "date"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    version: int
    state: str = ReplanState.PROPOSED.value
    cause: list[JsonObject] = Field(sa_column=documents())
    found: list[JsonObject] = Field(sa_column=documents())
    run: int | None = Field(
        default=None, sa_column=Column(BIGINT, ForeignKey("solver_run.id", ondelete="SET NULL"), index=True)
    )
    made_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    made_at: datetime = Field(sa_column=instant())
    chosen: int | None = None
    settled_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    settled_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class PriorityHarm(Table, table=True):
    """What priority cost somebody else: minutes of waiting; where a promise moved, for whom and who agreed.

    `kept`: a flexible booking got a later start than it would have, had nothing been kept of the day.
    """

    __tablename__ = "priority_harm"
    __table_args__ = (
        one_of("kind", HarmKind),
        CheckConstraint(
            "kind <> 'moved' OR (favoured IS NOT NULL AND consented_by IS NOT NULL)",
            name="moved_with_consent",
        ),
        CheckConstraint("booking <> favoured", name="harm_to_another"),
        CheckConstraint("minutes <> 0", name="harm_is_felt"),
        Index("priority_harm_office_date", "office", "date"),
    )

    id: int | None = Field(default=None, sa_column=identity())
    office: int = Field(sa_column=refers_to("office.id", index=False))
    date: LocalDate = Field(sa_column=Column(Date, nullable=False))
    kind: str
    favoured: int | None = Field(default=None, sa_column=refers_to("booking.id", null=True))
    booking: int = Field(sa_column=refers_to("booking.id"))
    minutes: int
    consented_by: str | None = None
    decided_by: int | None = Field(default=None, sa_column=refers_to("account.id", null=True, index=False))
    decided_at: datetime = Field(sa_column=instant())


class Heartbeat(Table, table=True):
    """When a process that ticks was last seen."""

    name: str = Field(sa_column=Column(Text, primary_key=True))
    started_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())
