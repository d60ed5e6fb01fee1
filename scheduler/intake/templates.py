"""Empty files to fill in: every column of a kind, nothing that would be brought in as it stands."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from types import MappingProxyType
from typing import Literal

from scheduler.intake.booking_rows import BOOKING_ROWS
from scheduler.intake.district_rows import DISTRICT_ROWS
from scheduler.intake.fields import RowModel
from scheduler.intake.instruction_rows import INSTRUCTION_ROWS
from scheduler.intake.people_rows import PEOPLE_ROWS

Kind = Literal["district", "people", "instructions", "bookings"]
Form = Literal["csv", "json"]

MODELS: Mapping[str, Mapping[str, type[RowModel]]] = MappingProxyType(
    {
        "district": DISTRICT_ROWS,
        "people": PEOPLE_ROWS,
        "instructions": INSTRUCTION_ROWS,
        "bookings": BOOKING_ROWS,
    }
)
"""The records of each kind of file."""


def templates(kind: Kind, form: Form) -> str:
    """Return an empty file: a header line, or one empty object for each record.

    Objects that say nothing but their record are skipped when the file is brought in.
    """
    models = MODELS[kind]
    if form == "json":
        empty = [{"record": record} | dict.fromkeys(model.model_fields) for record, model in models.items()]
        return json.dumps(empty, ensure_ascii=False, indent=2) + "\n"
    columns = ["record"] if len(models) > 1 else []
    for model in models.values():
        columns += [name for name in model.model_fields if name not in columns]
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(columns)
    return buffer.getvalue()
