"""A valid request for every route, and the kinds of things that it names."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from scheduler.booking.numbers import new_number
from scheduler.vocabulary import Role
from tests.factories import SATURDAY, TUESDAY, at
from tests.web.authorisation_scene import (
    CODE,
    EVENING,
    FRIDAY,
    LAST_DAY,
    OWNERS,
    PASSWORD,
    SITE_OF,
    THURSDAY,
    Scene,
    Thing,
)

_UNKNOWN = {
    "instruction": "010020261999999998",
    "inspector": "B99999",
    "replan": "999999999",
    "duty": "999999999",
    "site": "nowhere",
    "office": "nowhere",
    "member": "nobody@example",
    "program": "nobody@example",
    "staff": "nobody@example",
    "token": "999999999",
    "authority": "999999999",
    "call": "C79999999",
    "party": "91110105MA99999994",
}


@dataclass(frozen=True)
class Ask:
    """A request: what goes into the address, the query, the body and the headers."""

    path: str
    body: dict[str, Any] | None = None
    query: dict[str, Any] = field(default_factory=dict)
    if_match: int | None = None


Build = Callable[[Scene, Thing, Role], Ask]


@dataclass(frozen=True)
class Plan:
    """How a route is asked. Without kinds it names nothing that belongs to anybody."""

    build: Build
    kinds: tuple[str, ...] = ()
    unknown_is_made: bool = False
    """An identifier that nobody has is the sender's to give."""
    uses: str | None = None
    """A kind whose own thing the request changes without naming it."""


def things_of(scene: Scene, kind: str) -> list[Thing]:
    """Own, represented and foreign as far as the kind has them, and one that does not exist."""
    known = [scene.things[kind, owner] for owner in OWNERS if (kind, owner) in scene.things]
    name = new_number() if kind.startswith(("booking", "batch")) else _UNKNOWN[kind]
    nobodys = replace(
        known[0],
        owner="unknown",
        name=name,
        parties=frozenset(),
        office=None,
        mine=frozenset(),
        marks=frozenset(),
    )
    return [*known, nobodys]


def _fixed(path: str, body: dict[str, Any] | None = None) -> Plan:
    return Plan(lambda _scene, _thing, _role: Ask(path, body))


def _named(kind: str, path: str, body: dict[str, Any] | None = None) -> Plan:
    """A route whose address names the thing."""
    return Plan(lambda _scene, thing, _role: Ask(path.format(thing.name), body), (kind,))


def _stage(stage: str, path: str, body: dict[str, Any] | None = None) -> Plan:
    """A change of a booking or visit of this stage."""
    return Plan(
        lambda _scene, thing, _role: Ask(path.format(thing.name), body, if_match=thing.version),
        (f"booking:{stage}",),
    )


def _bodied(kind: str, path: str, name: str, /, **body: object) -> Plan:
    """A route whose body names the thing."""
    return Plan(lambda _scene, thing, _role: Ask(path, {name: thing.name, **body}), (kind,))


def _order(path: str, day: date) -> Plan:
    def build(_scene: Scene, thing: Thing, _role: Role) -> Ask:
        named = [{"reference": thing.name}]
        start = at(day, 13 if thing.owner == "own" else 16).isoformat()
        return Ask(path, {"instructions": named, "start": start, "attendee": "示例陪同人"})

    return Plan(build, ("instruction",))


def _batch(_scene: Scene, thing: Thing, _role: Role) -> Ask:
    begins, ends = at(FRIDAY, 11).isoformat(), at(FRIDAY, 12).isoformat()
    asked = {"instructions": [{"reference": thing.name}], "wished_from": begins, "wished_to": ends}
    return Ask(f"{V}/batches", asked)


def _facts(scene: Scene, thing: Thing) -> dict[str, Any]:
    """Facts as if the instruction were the sender's, or of whom the sender represents."""
    owner = "represented" if thing.owner == "represented" else "own"
    return {
        "direction": "1",
        "office": "north",
        "site": "yard",
        "type": "standard",
        "represented": scene.codes[owner],
        "goods_name": "示例货物",
        "goods_category": "food",
    }


def _put(scene: Scene, thing: Thing, _role: Role) -> Ask:
    return Ask(f"/api/v1/instructions/declaration/{thing.name}", _facts(scene, thing))


def _bulk(scene: Scene, thing: Thing, _role: Role) -> Ask:
    item = {"kind": "declaration", "reference": thing.name, **_facts(scene, thing)}
    return Ask("/api/v1/instructions/bulk", {"items": [item]})


def _availability(_scene: Scene, thing: Thing, _role: Role) -> Ask:
    if thing.kind == "instruction":
        return Ask("/api/v1/availability", query={"instruction": thing.name})
    site = SITE_OF.get(thing.owner, "yard")
    query = {"office": thing.name, "site": site, "type": "standard", "minutes": 30}
    return Ask("/api/v1/availability", query=query)


def _disturb(_scene: Scene, thing: Thing, _role: Role) -> Ask:
    cause = {
        "kind": "inspector_away",
        "badge": thing.name,
        "begins": at(LAST_DAY, 9).isoformat(),
        "reason": "示例",
    }
    return Ask(f"{V}/replans", {"date": LAST_DAY.isoformat(), "causes": [cause]})


def _run_on(_scene: Scene, thing: Thing, _role: Role) -> Ask:
    ends = at(TUESDAY, 16 if thing.owner == "represented" else 12, 5)
    return Ask(f"{V}/visits/{thing.name}/longer", {"ends": ends.isoformat()}, if_match=thing.version)


def _be_late(_scene: Scene, thing: Thing, _role: Role) -> Ask:
    ready = at(THURSDAY, 13 if thing.owner == "represented" else 11)
    return Ask(f"{V}/bookings/{thing.name}/late", {"ready_at": ready.isoformat()}, if_match=thing.version)


def _why_not(scene: Scene, thing: Thing, role: Role) -> Ask:
    asked = _availability(scene, thing, role)
    return replace(
        asked, path=f"{asked.path}/why-not", query={**asked.query, "start": at(FRIDAY, 10).isoformat()}
    )


def _add_person(scene: Scene, _thing: Thing, role: Role) -> Ask:
    body = {"login": "new-person@example", "name": "示例用户", "mobile": "13800138000"}
    if role is not Role.ENTERPRISE_USER:
        body["enterprise"] = scene.codes["b"]
    return Ask("/api/v1/accounts", body)


def _grant(scene: Scene, _thing: Thing, _role: Role) -> Ask:
    body = {"broker": scene.codes["b"], "valid_from": THURSDAY.isoformat()}
    return Ask("/api/v1/authorities", body)


def _member_login(path: str, /, **body: object) -> Plan:
    return Plan(
        lambda scene, _thing, _role: Ask(path, {"login": scene.logins["member-own"], **body}), uses="member"
    )


def _move(path: str) -> Plan:
    def build(_scene: Scene, thing: Thing, _role: Role) -> Ask:
        start = at(FRIDAY, 14 if thing.owner == "own" else 15).isoformat()
        return Ask(path.format(thing.name), {"start": start}, if_match=thing.version)

    return Plan(build, ("booking:confirmed",))


V = "/api/v1"
_DAY = {"begins": at(LAST_DAY, 9).isoformat(), "ends": at(LAST_DAY, 12).isoformat()}
_LATER = (EVENING + timedelta(days=30)).isoformat()
_SUNDAY = (SATURDAY + timedelta(days=1)).isoformat()

PLANS: dict[str, Plan] = {
    "GET /offices": _fixed(f"{V}/offices"),
    "GET /offices/{office}": _named("office", V + "/offices/{}"),
    "GET /offices/{office}/days": _named("office", V + "/offices/{}/days"),
    "GET /availability": Plan(_availability, ("office", "instruction")),
    "GET /availability/why-not": Plan(_why_not, ("office", "instruction")),
    "POST /holds": _order(f"{V}/holds", FRIDAY),
    "POST /holds/{number}/confirm": _stage("hold", V + "/holds/{}/confirm", {}),
    "POST /bookings": _order(f"{V}/bookings", THURSDAY),
    "GET /bookings": _fixed(f"{V}/bookings"),
    "GET /bookings/{number}": _named("booking:confirmed", V + "/bookings/{}"),
    "POST /bookings/{number}/move": _move(V + "/bookings/{}/move"),
    "POST /bookings/{number}/hold-move": _move(V + "/bookings/{}/hold-move"),
    "POST /bookings/{number}/cancel": _stage("confirmed", V + "/bookings/{}/cancel", {"reason": "示例"}),
    "POST /bookings/{number}/ready": _stage("confirmed", V + "/bookings/{}/ready", {}),
    "POST /bookings/{number}/late": Plan(_be_late, ("booking:confirmed",)),
    "POST /bookings/{number}/accept": _stage("requested", V + "/bookings/{}/accept", {}),
    "POST /bookings/{number}/refuse": _stage("requested", V + "/bookings/{}/refuse", {"reason": "示例"}),
    "POST /bookings/{number}/priority": _stage(
        "pending", V + "/bookings/{}/priority", {"grant": True, "why": "示例"}
    ),
    "POST /batches": Plan(_batch, ("instruction",)),
    "GET /batches/{number}": _named("batch", V + "/batches/{}"),
    "POST /batches/{number}/accept": _named("batch", V + "/batches/{}/accept", {"accepted": []}),
    "GET /waitlist": _fixed(f"{V}/waitlist"),
    "POST /bookings/{number}/waitlist": _named("booking:confirmed", V + "/bookings/{}/waitlist", {}),
    "GET /bookings/{number}/waitlist": _named("booking:waiting", V + "/bookings/{}/waitlist"),
    "DELETE /bookings/{number}/waitlist": _named("booking:waiting", V + "/bookings/{}/waitlist"),
    "POST /bookings/{number}/waitlist/decline": _named(
        "booking:offered", V + "/bookings/{}/waitlist/decline", {}
    ),
    "GET /visits/{number}": _named("booking:done", V + "/visits/{}"),
    "POST /visits/{number}/arrival": _stage("due", V + "/visits/{}/arrival", {}),
    "POST /visits/{number}/opening": _stage("arrived", V + "/visits/{}/opening", {}),
    "POST /visits/{number}/longer": Plan(_run_on, ("booking:running",)),
    "POST /visits/{number}/end": _stage("opened", V + "/visits/{}/end", {}),
    "POST /visits/{number}/outcome": _stage(
        "ended", V + "/visits/{}/outcome", {"outcome": "passed", "signed_by": "示例陪同人"}
    ),
    "POST /visits/{number}/result": _stage("done", V + "/visits/{}/result", {"result": "示例"}),
    "POST /visits/{number}/release": _stage("done", V + "/visits/{}/release", {}),
    "POST /visits/{number}/no-show": _stage("due", V + "/visits/{}/no-show", {"reason": "enterprise"}),
    "POST /visits/{number}/missed": _stage("due", V + "/visits/{}/missed", {"reason": "customs"}),
    "POST /visits/{number}/corrections": _stage(
        "done", V + "/visits/{}/corrections", {"reason": "示例", "changes": {"signed_by": "示例另一人"}}
    ),
    "GET /replans": _fixed(f"{V}/replans"),
    "GET /replans/harm": _fixed(f"{V}/replans/harm"),
    "POST /replans": Plan(_disturb, ("inspector",)),
    "GET /replans/{number}": _named("replan", V + "/replans/{}"),
    "POST /replans/{number}/apply": _named("replan", V + "/replans/{}/apply", {}),
    "POST /replans/{number}/discard": _named("replan", V + "/replans/{}/discard"),
    "GET /instructions": _fixed(f"{V}/instructions"),
    "POST /instructions/bulk": Plan(_bulk, ("instruction",), unknown_is_made=True),
    "PUT /instructions/{kind}/{reference:path}": Plan(_put, ("instruction",), unknown_is_made=True),
    "POST /instructions/{kind}/{reference:path}/withdraw": _named(
        "instruction", V + "/instructions/declaration/{}/withdraw"
    ),
    "GET /instructions/{kind}/{reference:path}": _named("instruction", V + "/instructions/declaration/{}"),
    "GET /changes": _fixed(f"{V}/changes"),
    "GET /inspectors": _fixed(f"{V}/inspectors"),
    "GET /inspectors/{badge}": _named("inspector", V + "/inspectors/{}"),
    "GET /duties": _fixed(f"{V}/duties"),
    "GET /duties/{duty}": _named("duty", V + "/duties/{}"),
    "POST /duties": _bodied(
        "inspector", f"{V}/duties", "badge", date=_SUNDAY, begins="09:00", ends="12:00", kind="overtime"
    ),
    "PATCH /duties/{duty}": _named("duty", V + "/duties/{}", {"begins": "08:30", "ends": "17:00"}),
    "DELETE /duties/{duty}": _named("duty", V + "/duties/{}"),
    "GET /absences": _fixed(f"{V}/absences"),
    "POST /absences": _bodied("inspector", f"{V}/absences", "badge", kind="sick", reason="示例", **_DAY),
    "GET /loans": _fixed(f"{V}/loans"),
    "POST /loans": _bodied("inspector", f"{V}/loans", "badge", office="east", reason="示例", **_DAY),
    "POST /closures": _bodied("site", f"{V}/closures", "site", reason="示例", **_DAY),
    "POST /calls": _fixed(f"{V}/calls", {"caller_name": "示例来电", "caller_phone": "13800138000"}),
    "POST /calls/enterprise": _bodied("party", f"{V}/calls/enterprise", "query"),
    "POST /calls/{reference}/close": _named("call", V + "/calls/{}/close", {"reason": "information"}),
    "POST /sign-ins": _member_login(f"{V}/sign-ins", password=PASSWORD),
    "POST /sign-ins/end": _fixed(f"{V}/sign-ins/end"),
    "POST /codes": _member_login(f"{V}/codes"),
    "POST /passwords": _member_login(f"{V}/passwords", code=CODE, password=f"{PASSWORD} again"),
    "GET /accounts/me": _fixed(f"{V}/accounts/me"),
    "GET /accounts": _fixed(f"{V}/accounts"),
    "POST /accounts": Plan(_add_person),
    "POST /accounts/programs": _fixed(
        f"{V}/accounts/programs", {"login": "new-program@example", "name": "示例程序"}
    ),
    "POST /accounts/{login}/code": _named("staff", V + "/accounts/{}/code"),
    "POST /accounts/{login}/disable": Plan(
        lambda _scene, thing, _role: Ask(f"{V}/accounts/{thing.name}/disable"), ("member", "staff")
    ),
    "GET /authorities": _fixed(f"{V}/authorities"),
    "POST /authorities": Plan(_grant),
    "POST /authorities/{authority}/revoke": _named("authority", V + "/authorities/{}/revoke"),
    "GET /tokens": _fixed(f"{V}/tokens"),
    "POST /tokens": _bodied(
        "program", f"{V}/tokens", "login", label="示例", scopes=["read"], expires_at=_LATER
    ),
    "POST /tokens/{token}/revoke": _named("token", V + "/tokens/{}/revoke"),
    "GET /health": _fixed(f"{V}/health"),
    "GET /": _fixed("/"),
    "GET /api": _fixed("/api"),
    "GET /api/v1/openapi.json": _fixed("/api/v1/openapi.json"),
    "GET /problems/{code}": _fixed("/problems/no_place"),
}
"""By method and path as the router declares them; a route without an entry fails the matrix."""
