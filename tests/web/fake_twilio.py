"""A stand-in for Twilio on loopback: answers Messages requests as told and remembers what it was sent."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ACCOUNT = "AC" + "0" * 32


@dataclass(frozen=True)
class Answer:
    """What the stand-in says next: after `delay` seconds, or not at all when it hangs up."""

    status: int = 201
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hangs_up: bool = False


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    path: str
    form: Mapping[str, str]
    user: str
    password: str
    content_type: str


def refuse(code: int, *, status: int = 400) -> Answer:
    """Answer as Twilio refuses; like the real one it repeats the number in its message."""
    message = "The 'To' number +8613800138000 is refused"
    body = {"code": code, "message": message, "more_info": "", "status": status}
    return Answer(status, json.dumps(body))


class FakeTwilio:
    """The stand-in's state: what it will answer, and the requests it has seen."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.requests: list[Request] = []
        self.base_url = ""

    def describe(self, request: Request) -> str:
        """Describe the accepted message the way Twilio does."""
        sid = f"SM{len(self.requests):032x}"
        return json.dumps(
            {
                "sid": sid,
                "account_sid": ACCOUNT,
                "to": request.form.get("To"),
                "from": request.form.get("From"),
                "body": request.form.get("Body"),
                "status": "queued",
                "date_created": "Tue, 01 Dec 2026 01:00:00 +0000",
                "num_segments": "1",
            }
        )


def _make_handler(fake: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self._read()
            fake.requests.append(request)
            answer = fake.answer
            time.sleep(answer.delay)
            if answer.hangs_up:
                return
            body = (fake.describe(request) if answer.body is None else answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _read(self) -> Request:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
            user, _, password = base64.b64decode(credentials).decode().partition(":")
            return Request(
                path=self.path,
                form={name: values[0] for name, values in form.items()},
                user=user if scheme == "Basic" else "",
                password=password,
                content_type=self.headers.get("Content-Type", ""),
            )

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    return Handler


@contextmanager
def serve() -> Iterator[FakeTwilio]:
    """Run the stand-in on a free port of 127.0.0.1 until the block ends."""
    fake = FakeTwilio()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(fake))
    # A client that gave up leaves its handler writing into a closed socket: not the stand-in's failure.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the documented hook
    fake.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
