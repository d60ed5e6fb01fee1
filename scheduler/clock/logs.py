"""Logs: one JSON object a line on standard error, our own and the libraries', without phone numbers."""

import logging
import re
import sys

import structlog

from notifications.masking import mask

# E.164; a mobile of mainland China; a fixed line with its area code.
_PHONE = re.compile(r"\+\d{7,15}|(?<![\d-])(?:1[3-9]\d{9}|0\d{2,3}[- ]\d{7,8})(?!\d)")


def hide_numbers(line: str) -> str:
    """Mask whatever in a line has the form of a phone number."""
    return _PHONE.sub(lambda found: mask(found.group()), line)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Render an entry, traceback included, and mask the finished line: nothing gets past that."""

    def format(self, record: logging.LogRecord) -> str:
        """Render one entry."""
        return hide_numbers(super().format(record))


def set_up_logging(level: str) -> None:
    """Send all logging of this process through one formatter; `level` is a name of logging's."""
    stamp: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamp,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=stamp,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # One line each time a job is run or held back says nothing that the ticks' own entries do not.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
