"""The gateway of demonstrations and tests: texts appear on a stream and, if wished, in a file."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from notifications.gateway import Accepted, Outcome, Outgoing, Unreachable


@dataclass(frozen=True, slots=True)
class ConsoleGateway:
    """Print each text with its number masked; append it as a JSON line to `journal` if that is given.

    The stream is standard error unless another one is given.
    """

    stream: TextIO | None = None
    journal: Path | None = None

    def send(self, outgoing: Outgoing) -> Outcome:
        """Show one text; accepted unless the journal cannot be written, in which case nothing is shown."""
        if self.journal is not None:
            try:
                _append(self.journal, outgoing)
            except OSError as error:
                return Unreachable(f"journal: {type(error).__name__}")
        line = f"SMS {outgoing.masked} {outgoing.template} {outgoing.language}: {outgoing.text}"
        print(line, file=self.stream or sys.stderr, flush=True)
        return Accepted(f"console-{outgoing.code}")


def _append(journal: Path, outgoing: Outgoing) -> None:
    entry = {
        "to": outgoing.masked,
        "template": outgoing.template,
        "language": outgoing.language,
        "variables": dict(outgoing.variables),
        "text": outgoing.text,
        "code": outgoing.code,
    }
    # One write in append mode: lines of several processes do not mix.
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")
