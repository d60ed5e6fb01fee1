"""The question of `bench.availability` put to django-appointment, in an interpreter that has it.

Reads a JSON document from its input: for each of 14 days and each staff member the busy spells in minutes
from midnight, and the visit's minutes. Prints one of its own: CPU seconds of all calls of its function for
free starts (the median of three rounds), how many calls and starts, its version. SQLite in memory, DEBUG off.
"""

import datetime as dt
import json
import statistics
import sys
import time
from importlib.metadata import version

import django
from django.conf import settings

_APPS = ("admin", "auth", "contenttypes", "sessions", "messages")

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[*(f"django.contrib.{app}" for app in _APPS), "appointment"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TIME_ZONE="Asia/Shanghai",
    USE_TZ=True,
    Q_CLUSTER={},
    LOGGING_CONFIG=None,
)
django.setup()

from appointment.models import (  # noqa: E402 - Django needs its settings first
    Appointment,
    AppointmentRequest,
    Service,
    StaffMember,
    WorkingHours,
)
from appointment.services import get_available_slots_for_staff  # noqa: E402 - Django needs its settings first
from django.contrib.auth import get_user_model  # noqa: E402 - Django needs its settings first
from django.core.management import call_command  # noqa: E402 - Django needs its settings first


def clock(minute: int) -> dt.time:
    """A time of day by its minutes from midnight."""
    return dt.time(*divmod(minute, 60))


def make_staff(count: int, *, opens: int, closes: int) -> list[StaffMember]:
    """Staff members who work every day of the week, on a grid of 15 minutes."""
    users = get_user_model()
    staff = []
    for number in range(count):
        user = users.objects.create_user(username=f"staff{number}")
        member = StaffMember.objects.create(
            user=user, slot_duration=15, work_on_saturday=True, work_on_sunday=True, appointment_buffer_time=0
        )
        hours = [
            WorkingHours(
                staff_member=member, day_of_week=day, start_time=clock(opens), end_time=clock(closes)
            )
            for day in range(7)
        ]
        WorkingHours.objects.bulk_create(hours)
        staff.append(StaffMember.objects.get(pk=member.pk))
    return staff


def store(
    busy: list[list[list[list[int]]]], days: list[dt.date], staff: list[StaffMember], service: Service
) -> None:
    """Write one appointment for each busy spell."""
    client = get_user_model().objects.create_user(username="client")
    requests = [
        AppointmentRequest(
            date=day,
            start_time=clock(start),
            end_time=clock(end),
            service=service,
            staff_member=member,
            id_request=f"{day}-{member.pk}-{start}",
        )
        for day, members in zip(days, busy, strict=True)
        for member, spells in zip(staff, members, strict=True)
        for start, end in spells
    ]
    AppointmentRequest.objects.bulk_create(requests)
    Appointment.objects.bulk_create(
        Appointment(client=client, appointment_request=request, id_request=request.id_request)
        for request in AppointmentRequest.objects.all()
    )


def ask(days: list[dt.date], staff: list[StaffMember], service: Service) -> int:
    """Ask for the free starts of everybody on every day; return how many there are."""
    return sum(
        len(get_available_slots_for_staff(day, member, day.isoweekday() % 7, service))
        for day in days
        for member in staff
    )


def main() -> None:
    """Fill, ask three times, print."""
    asked = json.load(sys.stdin)
    call_command("migrate", run_syncdb=True, verbosity=0)
    first = dt.date.today() + dt.timedelta(days=1)  # noqa: DTZ011 - it offers no past times
    days = [first + dt.timedelta(days=k) for k in range(len(asked["busy"]))]
    staff = make_staff(len(asked["busy"][0]), opens=asked["opens"], closes=asked["closes"])
    service = Service.objects.create(name="visit", duration=dt.timedelta(minutes=asked["minutes"]), price=0)
    store(asked["busy"], days, staff, service)
    rounds, starts = [], 0
    for _ in range(3):
        begun = time.process_time()
        starts = ask(days, staff, service)
        rounds.append(time.process_time() - begun)
    told = {"cpu_s": statistics.median(rounds), "calls": len(days) * len(staff), "starts": starts}
    print(json.dumps({**told, "version": version("django-appointment")}))


if __name__ == "__main__":
    main()
