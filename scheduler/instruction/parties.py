"""The enterprises that an instruction names."""

from sqlmodel import Session, col, select

from scheduler.errors import UnknownEnterprise
from scheduler.models import Enterprise
from scheduler.rules.identifiers import normal_uscc


def find_party(session: Session, uscc: str, *, field: str) -> int:
    """The enterprise with this code.

    Raises:
        MalformedCode, WrongCheckDigit, UnknownEnterprise: naming the field.
    """
    code = normal_uscc(uscc, field=field)
    found = session.exec(select(Enterprise.id).where(col(Enterprise.uscc) == code)).first()
    if found is None:
        raise UnknownEnterprise(field=field, enterprise=code)
    return found


def put_party(session: Session, uscc: str, *, name: str, field: str) -> int:
    """The enterprise with this code; one that is named for the first time is made, unverified.

    Raises:
        MalformedCode, WrongCheckDigit: naming the field.
    """
    code = normal_uscc(uscc, field=field)
    found = session.exec(select(Enterprise.id).where(col(Enterprise.uscc) == code)).first()
    if found is not None:
        return found
    row = Enterprise(uscc=code, name=name or code, verified=False)
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 - flushed
    return row.id
