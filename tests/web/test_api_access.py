"""Who may come in by which way, and what a stranger learns."""

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import update

from api.app import guarded_routes, require_policies
from scheduler.access.tokens import create_token
from scheduler.models import SignIn
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, TUESDAY, at
from tests.web.api_site import ApiSite

BOOKINGS = "/api/v1/bookings"


def test_an_app_with_an_unguarded_route_does_not_start() -> None:
    """Nobody can forget to decide who may use a route."""
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> None:
        """Nobody decided on this."""

    require_policies(guarded_routes())
    with pytest.raises(RuntimeError, match="/forgotten"):
        require_policies([route for route in router.routes if isinstance(route, APIRoute)])


def test_no_read_writes(site: ApiSite) -> None:
    """Reading everything that can be read leaves every count as it was."""
    number = site.booked()["number"]
    before = site.rows()
    for client in (site.client(), site.enterprise(), site.manager()):
        for route in guarded_routes():
            if "GET" in (route.methods or ()):
                path = route.path_format.format(
                    number=number,
                    office="north",
                    badge="B1",
                    duty=1,
                    kind="declaration",
                    reference="1",
                    code="x",
                )
                prefix = "" if path.startswith(("/api", "/problems")) or path == "/" else "/api/v1"
                assert client.get(prefix + path).status_code < 500
    assert site.rows() == before


def test_foreign_and_unknown_bookings_look_alike(site: ApiSite) -> None:
    """Reading, moving and cancelling: the same words for both."""
    number = site.booked()["number"]
    stranger = site.enterprise(site.world.enterprise())
    told = []
    for name in (number, "A0000-0000"):
        answers = [
            stranger.get(f"{BOOKINGS}/{name}"),
            stranger.get(f"/api/v1/visits/{name}"),
            stranger.post(
                f"{BOOKINGS}/{name}/move",
                json={"start": at(TUESDAY, 14).isoformat()},
                headers={"If-Match": '"1"'},
            ),
            stranger.post(f"{BOOKINGS}/{name}/cancel", json={"reason": "x"}, headers={"If-Match": '"1"'}),
        ]
        assert {answer.status_code for answer in answers} == {404}
        told.append([(answer.json()["code"], answer.json()["detail"]) for answer in answers])
    assert told[0] == told[1]


def test_roles_are_kept_apart(site: ApiSite) -> None:
    """401 for nobody, 403 for the wrong role, whatever was sent."""
    number = site.booked()["number"]
    address, body = f"{BOOKINGS}/{number}/refuse", {"reason": "x"}
    headers = {"If-Match": '"1"'}
    assert site.client().post(address, json=body, headers=headers).json()["code"] == "sign_in_needed"
    assert site.enterprise().post(address, json=body, headers=headers).json()["code"] == "forbidden"
    administrator = site.client(site.world.account(Role.ADMINISTRATOR))
    assert administrator.get(f"{BOOKINGS}/{number}").status_code == 403


def test_a_foreign_page_cannot_write_with_the_cookie(site: ApiSite) -> None:
    """By its Origin, by `null`, or by what the browser says of the fetch."""
    order = site.order(site.world.instruction())
    before = site.rows()
    for marks in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = site.enterprise().post(BOOKINGS, json=order, headers=site.key() | marks)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert site.rows() == before
    own = site.enterprise().post(BOOKINGS, json=order, headers=site.key() | {"Origin": "http://testserver"})
    assert own.status_code == 201


def test_a_token_acts_within_its_scopes(site: ApiSite) -> None:
    """Reading does not book; the channel is the API's; origins do not matter to programs."""
    actor = site.world.enterprise_actor()
    with site.world.database.transaction() as session:
        reader, booker = (
            create_token(
                session,
                actor=actor,
                label="示例",
                scopes=scopes,
                expires_at=at(TUESDAY, 8),
                now=NOW,
            )
            for scopes in (["read"], ["read", "book"])
        )
    order = site.order(site.world.instruction())
    by_reader = site.client(Authorization=f"Bearer {reader}")
    assert by_reader.get(BOOKINGS).status_code == 200
    assert by_reader.post(BOOKINGS, json=order, headers=site.key()).status_code == 403
    by_booker = site.client(Authorization=f"Bearer {booker}", Origin="https://elsewhere.example")
    made = by_booker.post(BOOKINGS, json=order, headers=site.key())
    assert (made.status_code, made.json()["channel"]) == (201, Channel.API.value)
    site.moment.now = at(TUESDAY, 9)
    assert by_booker.get(BOOKINGS).json()["code"] == "sign_in_needed"


@pytest.mark.parametrize("value", ["Bearer nonsense", "Bearer ", "Basic dXNlcjpwYXNz"])
def test_wrong_authorization_is_no_sign_in(site: ApiSite, value: str) -> None:
    """Also on what is open to everybody: who sends a token means it."""
    answer = site.client(Authorization=value).get("/api/v1/offices")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_an_ended_cookie_does_not_close_what_is_open(site: ApiSite) -> None:
    """Public reads go on; everything else asks to sign in again."""
    client = site.enterprise()
    with site.world.database.transaction() as session:
        session.execute(update(SignIn).values(ended_at=NOW))
    assert client.get("/api/v1/offices").status_code == 200
    assert client.get(BOOKINGS).json()["code"] == "sign_in_needed"


def test_signing_in_and_out(site: ApiSite) -> None:
    """A code sets the password, the password a cookie that scripts cannot read; signing out ends it."""
    site.world.account(Role.ENTERPRISE_USER, login="zhang", mobile="+8613800138000")
    code = site.manager().post("/api/v1/accounts/zhang/code").json()["code"]
    client = site.client()
    password = {"login": "zhang", "code": code, "password": "correct horse battery"}
    assert client.post("/api/v1/passwords", json=password).status_code == 200
    wrong = client.post("/api/v1/sign-ins", json={"login": "zhang", "password": "wrong password!"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    signed = client.post("/api/v1/sign-ins", json={"login": "ZHANG", "password": password["password"]})
    assert (signed.status_code, signed.json()["role"]) == (201, "enterprise_user")
    cookie = signed.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    me = client.get("/api/v1/accounts/me").json()
    assert (me["login"], me["mobile"]) == ("zhang", "138****8000")
    token = client.cookies["sign_in"]
    assert client.post("/api/v1/sign-ins/end").status_code == 204
    client.cookies.set("sign_in", token)
    assert client.get("/api/v1/accounts/me").status_code == 401


def test_wrong_tries_are_counted_and_slowed(site: ApiSite) -> None:
    """The sixth is not heard and says for how long."""
    client = site.client()
    body = {"login": "nobody", "password": "wrong password!"}
    answers = [client.post("/api/v1/sign-ins", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_asking_for_a_code_tells_nothing(site: ApiSite) -> None:
    """The same answer for a known and an unknown name."""
    site.world.account(Role.ENTERPRISE_USER, login="li", mobile="+8613800138001")
    known, unknown = (
        site.client().post("/api/v1/codes", json={"login": login}) for login in ("li", "nobody")
    )
    assert (
        (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, known.content)
    )
    assert site.count("message") == 1


def test_an_enterprise_administers_its_people_and_tokens(site: ApiSite) -> None:
    """The first user is made by the office; it adds a program and a token, and revokes it."""
    uscc = site.booked()["enterprise"]["uscc"]
    first = {"login": "chief", "name": "示例", "mobile": "13800138000", "enterprise": uscc}
    made = site.manager().post("/api/v1/accounts", json=first, headers=site.key())
    assert (made.status_code, made.json()["is_enterprise_admin"]) == (201, True)
    with site.world.database.snapshot() as session:
        from scheduler.access.accounts import find_account  # noqa: PLC0415 - only here

        found = find_account(session, login="chief")
        assert found is not None
    chief = site.client(found.id)
    program = chief.post(
        "/api/v1/accounts/programs", json={"login": "erp", "name": "ERP"}, headers=site.key()
    )
    assert program.json()["role"] == "integrator"
    token = {"label": "erp", "scopes": ["read"], "expires_at": at(TUESDAY, 8).isoformat(), "login": "erp"}
    secret = chief.post("/api/v1/tokens", json=token).json()["token"]
    assert site.client(Authorization=f"Bearer {secret}").get(BOOKINGS).status_code == 200
    (kept,) = chief.get("/api/v1/tokens").json()["items"]
    assert chief.post(f"/api/v1/tokens/{kept['id']}/revoke").status_code == 204
    assert site.client(Authorization=f"Bearer {secret}").get(BOOKINGS).status_code == 401
    assert [one["login"] for one in chief.get("/api/v1/accounts").json()["items"]].count("erp") == 1
    assert chief.post("/api/v1/accounts/erp/disable").json()["active"] is False


def test_an_authority_is_given_and_revoked(site: ApiSite) -> None:
    """The broker sees it too; revoked, it stays on record."""
    broker = site.world.enterprise(kind="broker")
    uscc = site.enterprise(broker).get("/api/v1/accounts/me").json()["enterprise"]["uscc"]
    body = {"broker": uscc, "valid_from": NOW.date().isoformat()}
    given = site.enterprise().post("/api/v1/authorities", json=body, headers=site.key()).json()
    assert [one["id"] for one in site.enterprise(broker).get("/api/v1/authorities").json()["items"]] == [
        given["id"]
    ]
    assert site.enterprise(broker).post(f"/api/v1/authorities/{given['id']}/revoke").status_code == 404
    revoked = site.enterprise().post(f"/api/v1/authorities/{given['id']}/revoke").json()
    assert revoked["revoked_at"] is not None


def test_the_desk_acts_only_within_a_call(site: ApiSite) -> None:
    """No call: refused. Bound by one exact search, it books for that enterprise and no other."""
    world = site.world
    world.desk(None)
    agent = site.client(world.accounts["desk"])
    order = site.order(world.instruction())
    assert agent.post(BOOKINGS, json=order, headers=site.key()).json()["code"] == "call_needed"
    body = {"caller_name": "示例", "caller_phone": "010-65193114-8001"}
    call = agent.post("/api/v1/calls", json=body, headers=site.key()).json()["reference"]
    within = site.client(world.accounts["desk"], **{"X-Call": call})
    assert within.post(BOOKINGS, json=order, headers=site.key()).json()["code"] == "unknown_instruction"
    uscc = site.enterprise().get("/api/v1/accounts/me").json()["enterprise"]["uscc"]
    assert within.post("/api/v1/calls/enterprise", json={"query": uscc[:-1]}).status_code == 404
    assert within.post("/api/v1/calls/enterprise", json={"query": uscc}).json()["uscc"] == uscc
    made = within.post(BOOKINGS, json=order, headers=site.key())
    assert (made.status_code, made.json()["channel"]) == (201, "phone")
    other = world.enterprise()
    reference = world.instruction(other)
    refused = within.post("/api/v1/calls/enterprise", json={"query": reference})
    assert (refused.status_code, refused.json()["code"]) == (403, "call_bound")
    closed = within.post(f"/api/v1/calls/{call}/close", json={"reason": "booked"})
    assert closed.json()["end_reason"] == "booked"
    assert within.get(BOOKINGS).json()["code"] == "unknown_call"
