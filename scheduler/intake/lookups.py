"""Ids of what rows name by its code."""

from sqlalchemy import text
from sqlmodel import Session

from scheduler.errors import UnknownInspector, UnknownOffice, UnknownSite
from scheduler.intake.report import RowRejectedError


def _find(session: Session, question: str, **values: object) -> int | None:
    found: int | None = session.execute(text(question), values).scalar()
    return found


def find_office(session: Session, code: str, *, field: str = "office") -> int:
    """Return an office's id; raise UnknownOffice."""
    found = _find(session, "SELECT id FROM office WHERE code = :code", code=code)
    if found is None:
        raise UnknownOffice(field=field, office=code)
    return found


def find_site(session: Session, office: int, code: str, *, field: str = "site") -> int:
    """Return the id of an office's site; raise UnknownSite."""
    question = "SELECT id FROM site WHERE office = :office AND code = :code"
    found = _find(session, question, office=office, code=code)
    if found is None:
        raise UnknownSite(field=field, site=code)
    return found


def find_place(session: Session, office: int, *, field: str) -> int:
    """Return the id of the office's own place, where duties start and end; raise UnknownSite."""
    question = "SELECT id FROM site WHERE office = :office AND kind = 'office' ORDER BY code LIMIT 1"
    found = _find(session, question, office=office)
    if found is None:
        raise UnknownSite(field=field, site="office")
    return found


def find_dock(session: Session, site: int, code: str) -> int:
    """Return the id of a site's dock; raise RowRejectedError."""
    found = _find(session, "SELECT id FROM dock WHERE site = :site AND code = :code", site=site, code=code)
    if found is None:
        raise RowRejectedError("unknown_dock", field="dock", dock=code)
    return found


def find_type(session: Session, code: str) -> int:
    """Return an inspection type's id; raise RowRejectedError."""
    found = _find(session, "SELECT id FROM inspection_type WHERE code = :code", code=code)
    if found is None:
        raise RowRejectedError("unknown_type", field="type", type=code)
    return found


def find_inspector(session: Session, badge: str) -> tuple[int, int]:
    """Return an inspector's id and home office; raise UnknownInspector."""
    question = text("SELECT id, office FROM inspector WHERE badge = :badge")
    found = session.execute(question, {"badge": badge}).one_or_none()
    if found is None:
        raise UnknownInspector(field="badge", badge=badge)
    return int(found[0]), int(found[1])


def require_qualification(session: Session, code: str, *, field: str) -> None:
    """Raise RowRejectedError for a qualification that no row made known."""
    if _find(session, "SELECT 1 FROM qualification WHERE code = :code", code=code) is None:
        raise RowRejectedError("unknown_qualification", field=field, qualification=code)


def require_district(session: Session, code: str) -> None:
    """Raise RowRejectedError for a district that no row made known."""
    if _find(session, "SELECT 1 FROM district WHERE code = :code", code=code) is None:
        raise RowRejectedError("unknown_district", field="district", district=code)
