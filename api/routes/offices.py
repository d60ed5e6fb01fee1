"""Offices: published phones, hours, sites, and what kind of day a date is."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.deps import Caller, Guard, facts_of, refused, say, window_of
from scheduler.access.policy import Action, Resource
from scheduler.errors import UnknownOffice, WindowTooLong
from scheduler.promise.rows import local_date
from scheduler.queries.offices import DayList, OfficeList, OfficeView, list_days, list_offices, read_office

router = APIRouter(prefix="/offices", tags=["offices"])

Reader = Annotated[Caller, Depends(Guard(Resource.OFFICE, Action.READ))]
DayReader = Annotated[Caller, Depends(Guard(Resource.WORK_DAYS, Action.READ))]


@router.get("", response_model=OfficeList, summary="All offices and their published phones")
def read_all(caller: Reader) -> Response:
    """A phone that is null is not published yet; data marked `is_example` is nobody's."""
    with caller.database.snapshot() as session:
        return say(OfficeList(list_offices(session, on=local_date(caller.now))))


@router.get("/{office}", response_model=OfficeView, summary="One office", responses=refused(UnknownOffice))
def read_one(caller: Reader, office: str) -> Response:
    """By its code."""
    with caller.database.snapshot() as session:
        return say(read_office(session, code=office, on=local_date(caller.now)))


@router.get(
    "/{office}/days",
    response_model=DayList,
    summary="Kinds of days and opening hours",
    responses=refused(UnknownOffice, WindowTooLong),
)
def read_days(
    caller: DayReader,
    office: str,
    first: Annotated[date | None, Query(alias="from", description="First date; today if left out.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last date, included.")] = None,
) -> Response:
    """Work days, make-up work days, weekends and holidays; unpublished years are provisional."""
    begins, ends = window_of(caller, first, last)
    return say(list_days(facts_of(caller), code=office, first=begins, last=ends))
