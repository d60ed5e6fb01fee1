"""One process that serves the API, for the crash test."""

from datetime import datetime

import uvicorn

from api.app import create_app
from scheduler.database.connection import Database
from tests.factories import NOW


def serve(url: str, port: int) -> None:
    """Serve the API on a port of the loopback until killed; it is always the tests' Monday morning."""
    app = create_app(Database(url, pool_size=8), clock=_now, secure_cookies=False)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")


def _now() -> datetime:
    return NOW
