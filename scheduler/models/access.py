"""Who may come in: accounts, sign-ins, codes, tokens, tries, and calls to the desk."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy import text as sql
from sqlmodel import Field

from scheduler.models.columns import (
    Table,
    identity,
    instant,
    one_of,
    refers_to,
    switch,
    texts,
    textual,
    whole,
)
from scheduler.vocabulary import CallEnd, Role


class Account(Table, table=True):
    """A person who signs in, or an integrator; enterprise people and staff never mix."""

    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(
            "(role IN ('enterprise_user', 'integrator')) = (enterprise IS NOT NULL)",
            name="enterprise_by_role",
        ),
        CheckConstraint("(role = 'inspector') = (inspector IS NOT NULL)", name="inspector_by_role"),
        CheckConstraint(
            "role NOT IN ('desk_agent', 'office_manager', 'inspector') OR office IS NOT NULL",
            name="office_by_role",
        ),
    )

    id: int | None = Field(default=None, sa_column=identity())
    login: str = Field(sa_column=textual(unique=True))
    role: str
    name: str
    enterprise: int | None = Field(default=None, sa_column=refers_to("enterprise.id", null=True))
    office: int | None = Field(default=None, sa_column=refers_to("office.id", null=True, index=False))
    inspector: int | None = Field(default=None, sa_column=refers_to("inspector.id", null=True, index=False))
    is_enterprise_admin: bool = Field(default=False, sa_column=switch(default=False))
    mobile: str | None = None
    language: str = "zh_CN"
    password_hash: str | None = None
    active: bool = Field(default=True, sa_column=switch(default=True))
    created_at: datetime = Field(sa_column=instant())


class SignIn(Table, table=True):
    """A sign-in kept in the database; the cookie carries a token whose hash stands here."""

    __tablename__ = "sign_in"

    token_hash: str = Field(sa_column=Column(Text, primary_key=True))
    account: int = Field(sa_column=refers_to("account.id"))
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class ActivationCode(Table, table=True):
    """A code by text or handed out by the office: sets a password once."""

    __tablename__ = "activation_code"

    id: int | None = Field(default=None, sa_column=identity())
    account: int = Field(sa_column=refers_to("account.id"))
    code_hash: str
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    tries: int = Field(default=0, sa_column=whole(default=0))
    used_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class ApiToken(Table, table=True):
    """A token of an account: hashed, scoped, expiring, revocable."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, sa_column=identity())
    account: int = Field(sa_column=refers_to("account.id"))
    token_hash: str = Field(sa_column=textual(unique=True))
    label: str
    scopes: list[str] = Field(sa_column=texts())
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    last_used_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    revoked_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class SignInTry(Table, table=True):
    """A wrong try, counted by account name and by address; old rows are dropped by the clock."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("sign_in_try_recent", "subject", "at"),)

    id: int | None = Field(default=None, sa_column=identity())
    subject: str
    at: datetime = Field(sa_column=instant())


class Call(Table, table=True):
    """A call to the desk; every act of an agent stands in an open call of their own."""

    __table_args__ = (
        one_of("end_reason", CallEnd),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        Index("call_open", "agent", postgresql_where=sql("ended_at IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=identity())
    reference: str = Field(sa_column=textual(unique=True))
    agent: int = Field(sa_column=refers_to("account.id", index=False))
    office: int = Field(sa_column=refers_to("office.id", index=False))
    caller_name: str
    caller_phone: str
    enterprise: int | None = Field(default=None, sa_column=refers_to("enterprise.id", null=True, index=False))
    opened_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    end_reason: str | None = None
    note: str | None = None
