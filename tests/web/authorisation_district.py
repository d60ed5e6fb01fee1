"""Two offices, three enterprises and somebody of each role: what the authorisation matrix asks about.

Each thing exists three times: the first enterprise's at the north office (`own`), that of an enterprise
which it represents under an authority, at the same office (`represented`), and a third one's at the south
office (`foreign`). It is Tuesday 18:00 when the matrix asks (`EVENING`).
"""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import Range

from scheduler.access import passwords
from scheduler.access.accounts import digest
from scheduler.access.actor import Actor
from scheduler.booking.book import book, hold
from scheduler.database.idempotency import plainly
from scheduler.models import (
    Absence,
    ActivationCode,
    ApiToken,
    Authority,
    Booking,
    Call,
    Loan,
    SignIn,
)
from scheduler.promise.reference import Reference, read_reference
from scheduler.replan.orders import ReplanOrder
from scheduler.replan.proposing import propose_replan
from scheduler.visit.record import record_arrival, record_end, record_opening, record_outcome
from scheduler.vocabulary import Outcome, Role
from tests.factories import NOW, SATURDAY, TUESDAY, at, make_world, order, work_days
from tests.web.authorisation_scene import (
    CALL,
    CODE,
    EVENING,
    FRIDAY,
    LAST_DAY,
    OFFICE_OF,
    OWNERS,
    PARTIES,
    PASSWORD,
    SITE_OF,
    THURSDAY,
    YEAR_END,
    Scene,
    Thing,
)
from tests.web.authorisation_waits import add_batches, add_waits


def make_scene(url: str) -> Scene:
    """Write the district; nobody is connected to its database afterwards."""
    world = make_world(url, inspectors=2)
    scene = Scene(world)
    for code in ("south", "east"):
        world.office(code)
    world.site("pier", office="south")
    south = [world.inspector(office="south") for _ in range(2)]
    world.add(*(world.duty_row(one, day, office="south") for one in south for day in work_days(10)))
    for one in world.inspectors:
        world.duty(one, SATURDAY, office="south" if one in south else "north", kind="overtime")
    scene.run("UPDATE inspector SET name = 'Inspector-' || badge")
    for role, owner in (("trader", "own"), ("trader", "represented"), ("trader", "foreign"), ("broker", "b")):
        number = world.enterprises[0] if owner == "own" else world.enterprise(kind=role)
        scene.enterprises[owner] = number
        scene.run("UPDATE enterprise SET name = :name WHERE id = :id", name=f"Party-{owner} Ltd", id=number)
        ((scene.codes[owner],),) = scene.run("SELECT uscc FROM enterprise WHERE id = :id", id=number)
    _add_accounts(scene)
    _open_call(scene)
    _add_authorities(scene)
    for owner in OWNERS:
        _add_goods(scene, owner)
        _add_roster(scene, owner)
        _add_keys(scene, owner)
    add_batches(scene, instruction=_instruction)
    add_waits(scene, book=_book, keep=_keep_booking, facts=_facts(scene))
    world.database.close()
    return scene


def _add_accounts(scene: Scene) -> None:
    world, numbers = scene.world, scene.enterprises
    offices = world.offices
    wanted: dict[str, tuple[Role, dict[str, object]]] = {
        "enterprise_user": (Role.ENTERPRISE_USER, {"is_enterprise_admin": True}),
        "desk_agent": (Role.DESK_AGENT, {}),
        "office_manager": (Role.OFFICE_MANAGER, {}),
        "inspector": (Role.INSPECTOR, {}),
        "administrator": (Role.ADMINISTRATOR, {}),
        "south_manager": (Role.OFFICE_MANAGER, {"office": offices["south"]}),
        "member-own": (Role.ENTERPRISE_USER, {}),
        "member-represented": (Role.ENTERPRISE_USER, {"enterprise": numbers["represented"]}),
        "member-foreign": (Role.ENTERPRISE_USER, {"enterprise": numbers["foreign"]}),
        "program-own": (Role.INTEGRATOR, {}),
        "program-represented": (Role.INTEGRATOR, {"enterprise": numbers["represented"]}),
        "program-foreign": (Role.INTEGRATOR, {"enterprise": numbers["foreign"]}),
        "staff-own": (Role.DESK_AGENT, {}),
        "staff-foreign": (Role.DESK_AGENT, {"office": offices["south"]}),
    }
    for name, (role, columns) in wanted.items():
        scene.logins[name] = f"{name}@example"
        scene.staff[name] = world.account(role, login=scene.logins[name], name=f"Person-{name}", **columns)
    for name in ("enterprise_user", "desk_agent", "office_manager", "inspector", "administrator"):
        _sign_in(scene, name)
    own = scene.staff["program-own"]
    world.add(_token(own, "token-of-integrator", "the matrix", ["read", "book", "instructions"]))
    scene.run(
        "UPDATE account SET password_hash = :hash WHERE login = :login",
        hash=passwords.hash_password(PASSWORD),
        login=scene.logins["member-own"],
    )
    member = scene.staff["member-own"]
    world.add(
        ActivationCode(
            account=member, code_hash=digest(f"{member}:{CODE}"), created_at=NOW, expires_at=YEAR_END
        )
    )


def _open_call(scene: Scene) -> None:
    """The call in which the desk asks; it speaks for the first enterprise."""
    scene.world.add(
        Call(
            reference=CALL,
            agent=scene.staff["desk_agent"],
            office=scene.world.offices["north"],
            caller_name="示例来电",
            caller_phone="+8613800138000",
            enterprise=scene.enterprises["own"],
            opened_at=EVENING,
        )
    )


def _sign_in(scene: Scene, name: str) -> None:
    scene.world.add(
        SignIn(
            token_hash=digest(f"cookie-of-{name}"),
            account=scene.staff[name],
            created_at=NOW,
            expires_at=YEAR_END,
        )
    )


def _token(account: int, secret: str, label: str, scopes: list[str]) -> ApiToken:
    return ApiToken(
        account=account,
        token_hash=digest(secret),
        label=label,
        scopes=scopes,
        created_at=NOW,
        expires_at=YEAR_END,
    )


def _add_authorities(scene: Scene) -> None:
    """Own and foreign ones name an idle broker; the represented one's names the first enterprise."""
    for owner in OWNERS:
        broker = "own" if owner == "represented" else "b"
        row = Authority(
            broker=scene.enterprises[broker],
            represented=scene.enterprises[owner],
            source="granted",
            valid_from=NOW.date(),
        )
        scene.world.add(row)
        # Only who gave it revokes it.
        scene.keep(Thing("authority", owner, str(row.id), parties=frozenset({owner})))


def _add_goods(scene: Scene, owner: str) -> None:
    world = scene.world
    actor = world.enterprise_actor(scene.enterprises[owner])
    shift = timedelta(hours=4 if owner == "represented" else 0)
    thursday = timedelta(hours=1 if owner == "represented" else 0)
    code = scene.codes[owner]
    scene.keep(Thing("party", owner, code, parties=PARTIES[owner]))
    _keep_instruction(scene, owner)
    _keep_booking(scene, owner, "confirmed", _book(scene, owner, actor, at(THURSDAY, 9) + thursday))
    pending = _book(scene, owner, actor, at(THURSDAY, 14) + thursday, apply_for_priority=True)
    _keep_booking(scene, owner, "pending", pending)
    _keep_booking(scene, owner, "requested", _book(scene, owner, actor, at(SATURDAY, 10) + thursday))
    for place, stage in enumerate(("due", "arrived", "opened", "ended", "done")):
        start = at(TUESDAY, 9) + shift + timedelta(minutes=30 * place)
        booking = _book(scene, owner, actor, start)
        _visit(scene, owner, booking, stage, start)
        _keep_booking(scene, owner, stage, booking)
    running = timedelta(hours=4) if owner == "represented" else timedelta()
    booking = _book(scene, owner, actor, at(TUESDAY, 11, 30) + running)
    _visit(scene, owner, booking, "opened", at(TUESDAY, 11, 30) + running)
    _keep_booking(scene, owner, "running", booking)
    held = order(_instruction(scene, owner), start=at(FRIDAY, 9) + thursday, attendee=f"Attendee-{owner}")
    _keep_booking(
        scene, owner, "hold", hold(world.database, actor=actor, order=held, now=EVENING, keep=plainly)
    )


def _instruction(scene: Scene, owner: str) -> str:
    world = scene.world
    return world.instruction(
        scene.enterprises[owner],
        office=world.offices[OFFICE_OF[owner]],
        site=world.sites[SITE_OF[owner]],
        goods_name=f"Goods-{owner}",
    )


def _book(scene: Scene, owner: str, actor: Actor, start: datetime, **values: object) -> Booking:
    asked = order(
        _instruction(scene, owner),
        start=start,
        attendee=f"Attendee-{owner}",
        recipients=[{"name": f"Recipient-{owner}", "mobile": "13800138000"}],
        **values,
    )
    return book(scene.world.database, actor=actor, order=asked, now=NOW, keep=plainly)


def _visit(scene: Scene, owner: str, booking: Booking, stage: str, start: datetime) -> None:
    """Take the visit as far as its stage says."""
    steps = ("arrived", "opened", "ended", "done")
    done = steps.index(stage) + 1 if stage in steps else 0
    manager = scene.world.manager(OFFICE_OF[owner])
    facts = _facts(scene)
    work = (record_arrival, record_opening, record_end, record_outcome)
    for place, step in enumerate(work[:done]):
        closing = {
            "facts": facts,
            "outcome": Outcome.SAMPLED_PENDING_LAB,
            "signed_by": f"Signer-{owner}",
            "note": f"Note-{owner}",
        }
        with scene.world.database.transaction() as session:
            step(
                session,
                actor=manager,
                reference=booking.reference,
                now=start + timedelta(minutes=5 * place + 2),
                **(closing if step is record_outcome else {}),
            )


def _facts(scene: Scene) -> Reference:
    with scene.world.database.snapshot() as session:
        return read_reference(session)


def _keep_instruction(scene: Scene, owner: str) -> None:
    reference = _instruction(scene, owner)
    scene.keep(
        Thing(
            "instruction",
            owner,
            reference,
            parties=PARTIES[owner],
            office=OFFICE_OF[owner],
            marks=frozenset({reference, f"Goods-{owner}"} | _strangers(owner, scene)),
        )
    )


def _strangers(owner: str, scene: Scene) -> set[str]:
    """Name and code of a party are secret only of the foreign one: an authority tells its two sides."""
    return {scene.codes[owner], f"Party-{owner}"} if owner == "foreign" else set()


def _keep_booking(scene: Scene, owner: str, stage: str, booking: Booking) -> None:
    ((version,),) = scene.run("SELECT version FROM booking WHERE id = :id", id=booking.id)
    crew = {
        number for (number,) in scene.run("SELECT inspector FROM crew WHERE booking = :id", id=booking.id)
    }
    marks = {booking.reference, f"Attendee-{owner}", f"Recipient-{owner}", f"Signer-{owner}", f"Note-{owner}"}
    scene.keep(
        Thing(
            f"booking:{stage}",
            owner,
            booking.reference,
            parties=PARTIES[owner],
            office=OFFICE_OF[owner],
            mine=frozenset({Role.INSPECTOR} if scene.world.inspectors[0] in crew else ()),
            version=int(str(version)),
            marks=frozenset(marks | _strangers(owner, scene)),
        )
    )


def _add_roster(scene: Scene, owner: str) -> None:
    """Staff belongs to offices; nobody represents it."""
    if owner == "represented":
        return
    world, office = scene.world, OFFICE_OF[owner]
    inspector = world.inspectors[0 if owner == "own" else 2]
    ((badge,),) = scene.run("SELECT badge FROM inspector WHERE id = :id", id=inspector)
    mine = frozenset({Role.INSPECTOR} if owner == "own" else ())
    away = Range(at(LAST_DAY, 18), at(LAST_DAY, 19), bounds="[)")
    rows = (
        Absence(inspector=inspector, kind="leave", period=away, reason=f"Absence-{owner}", recorded_at=NOW),
        Loan(
            inspector=world.inspectors[1 if owner == "own" else 3],
            home_office=world.offices[office],
            office=world.offices["east"],
            period=away,
            reason=f"Loan-{owner}",
            recorded_at=NOW,
        ),
    )
    world.add(*rows)
    ((duty,),) = scene.run(
        "SELECT id FROM duty WHERE inspector = :id AND date = :day", id=inspector, day=LAST_DAY
    )
    _keep_replan(scene, owner, str(badge))
    marks = frozenset({str(badge), f"Inspector-{badge}", f"Absence-{owner}", f"Loan-{owner}"})
    scene.keep(Thing("inspector", owner, str(badge), office=office, mine=mine, marks=marks))
    scene.keep(Thing("duty", owner, str(duty), office=office, mine=mine))
    scene.keep(Thing("site", owner, SITE_OF[owner], office=office))
    scene.keep(Thing("office", owner, office, office=office))


def _keep_replan(scene: Scene, owner: str, badge: str) -> None:
    """Proposals for the last day, where nothing is booked."""
    order = ReplanOrder.model_validate(
        {
            "date": LAST_DAY,
            "causes": [
                {
                    "kind": "inspector_away",
                    "badge": badge,
                    "begins": at(LAST_DAY, 10),
                    "reason": f"Replan-{owner}",
                }
            ],
        }
    )
    manager = scene.world.manager(OFFICE_OF[owner])
    row = propose_replan(scene.world.database, actor=manager, order=order, now=NOW, keep=plainly)
    scene.keep(
        Thing("replan", owner, str(row.id), office=OFFICE_OF[owner], marks=frozenset({f"Replan-{owner}"}))
    )


def _add_keys(scene: Scene, owner: str) -> None:
    """Accounts, tokens and calls: nobody has them by representing their enterprise."""
    world, own = scene.world, frozenset({owner})
    for kind in ("member", "program", "staff"):
        name = f"{kind}-{owner}"
        if name not in scene.logins:
            continue
        of_office = kind == "staff"
        scene.keep(
            Thing(
                kind,
                owner,
                scene.logins[name],
                parties=frozenset() if of_office else own,
                office=OFFICE_OF[owner] if of_office else None,
                marks=frozenset({scene.logins[name], f"Person-{name}"}),
            )
        )
    token = _token(scene.staff[f"program-{owner}"], f"token-{owner}", f"Token-{owner}", ["read"])
    world.add(token)
    scene.keep(Thing("token", owner, str(token.id), parties=own, marks=frozenset({f"Token-{owner}"})))
    if owner != "represented":
        _add_call(scene, owner)


def _add_call(scene: Scene, owner: str) -> None:
    agent = scene.staff["desk_agent" if owner == "own" else "staff-foreign"]
    call = Call(
        reference=f"C7000000{OWNERS.index(owner)}",
        agent=agent,
        office=scene.world.offices[OFFICE_OF[owner]],
        caller_name=f"Caller-{owner}",
        caller_phone="+8613800138000",
        enterprise=scene.enterprises[owner],
        opened_at=EVENING,
    )
    scene.world.add(call)
    mine = frozenset({Role.DESK_AGENT} if owner == "own" else ())
    scene.keep(Thing("call", owner, call.reference, mine=mine, marks=frozenset({f"Caller-{owner}"})))
