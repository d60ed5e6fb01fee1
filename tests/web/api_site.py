"""An app on a small district, and somebody of each role at its door."""

from datetime import datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from scheduler.access.accounts import digest
from scheduler.models import SignIn
from scheduler.vocabulary import Role
from tests.factories import NOW, TUESDAY, World, at


class Moment:
    """The clock of a test's app; tests set it forward."""

    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the moment."""
        return self.now


class ApiSite:
    """An app on a world: clients that are signed in, counts of rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.moment = Moment()
        self.app = create_app(world.database, clock=self.moment, secure_cookies=False)
        self._keys = iter(range(1, 1000))

    def client(self, account: int | None = None, **headers: str) -> TestClient:
        """A client that is signed in as an account, or as nobody."""
        client = TestClient(self.app, headers={"Accept-Language": "en", **headers})
        if account is not None:
            token = f"token-of-{account}"
            with self.world.database.transaction() as session:
                session.merge(
                    SignIn(
                        token_hash=digest(token),
                        account=account,
                        created_at=NOW,
                        expires_at=at(TUESDAY.replace(year=2027), 0),
                    )
                )
            client.cookies.set("sign_in", token)
        return client

    def enterprise(self, enterprise: int | None = None, **headers: str) -> TestClient:
        """Somebody of an enterprise, the first one unless another is named."""
        return self.client(self.world.enterprise_actor(enterprise).account, **headers)

    def manager(self, office: str = "north", **headers: str) -> TestClient:
        """The manager of an office."""
        return self.client(self.world.manager(office).account, **headers)

    def inspector(self) -> TestClient:
        """The first inspector."""
        return self.client(self.world.account(Role.INSPECTOR))

    def key(self) -> dict[str, str]:
        """Headers with a key that was not used before."""
        return {"Idempotency-Key": f"key-{next(self._keys)}"}

    def order(self, *references: str, **values: object) -> dict[str, Any]:
        """The body of a booking of the instructions, Tuesday at ten unless said otherwise."""
        return {
            "instructions": [{"reference": reference} for reference in references],
            "start": at(TUESDAY, 10).isoformat(),
            "attendee": "示例陪同人",
            **values,
        }

    def booked(self, **values: object) -> dict[str, Any]:
        """A booking of a new instruction of the first enterprise, as the API answered it."""
        order = self.order(self.world.instruction(), **values)
        answer = self.enterprise().post("/api/v1/bookings", json=order, headers=self.key())
        assert answer.status_code == 201, answer.text
        booking: dict[str, Any] = answer.json()
        return booking

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.world.database.snapshot() as session:
            return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def rows(self) -> tuple[int, ...]:
        """Counts of what refused requests must not write."""
        return tuple(
            self.count(table)
            for table in ("booking", "crew", "event", "message", "instruction", "duty", "absence", "loan")
        )
