"""The domain's closed sets of words, with the values stored in the database."""

from enum import StrEnum


class BookingState(StrEnum):
    """Where a booking stands; what each state promises is in docs/glossary."""

    HOLD = "hold"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DISPLACED = "displaced"
    NO_SHOW = "no_show"
    MISSED_BY_CUSTOMS = "missed_by_customs"


LIVE_STATES = frozenset({BookingState.HOLD, BookingState.CONFIRMED, BookingState.IN_PROGRESS})
"""States that hold a crew that can keep the promise."""

OPEN_STATES = LIVE_STATES | {BookingState.REQUESTED, BookingState.DISPLACED}
"""States in which an instruction is taken: somebody still has to act."""


class Channel(StrEnum):
    """The door by which a change came."""

    PORTAL = "portal"
    PHONE = "phone"
    API = "api"
    OFFICE = "office"
    SYSTEM = "system"


class Role(StrEnum):
    """What an account may do at most."""

    ENTERPRISE_USER = "enterprise_user"
    DESK_AGENT = "desk_agent"
    OFFICE_MANAGER = "office_manager"
    INSPECTOR = "inspector"
    ADMINISTRATOR = "administrator"
    INTEGRATOR = "integrator"
    ANONYMOUS = "anonymous"
    SYSTEM = "system"


class DayKind(StrEnum):
    """The kind of a calendar day."""

    WORKDAY = "workday"
    MAKEUP_WORKDAY = "makeup_workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


WORKDAY_KINDS = frozenset({DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY})


class CreditLevel(StrEnum):
    """Credit levels since 2026-04-01 (GACC Order 282)."""

    ADVANCED_CERTIFIED = "advanced_certified"
    CERTIFIED = "certified"
    REGULAR = "regular"
    DISHONEST = "dishonest"
    SERIOUSLY_DISHONEST = "seriously_dishonest"


class Priority(StrEnum):
    """Priority classes; their order is the office's policy."""

    RELIEF_OR_DANGEROUS = "relief_or_dangerous"
    LIVE_ANIMALS = "live_animals"
    GREEN_CHANNEL = "green_channel"
    ORDINARY = "ordinary"


PRIORITY_GOODS = frozenset({Priority.RELIEF_OR_DANGEROUS, Priority.LIVE_ANIMALS, Priority.GREEN_CHANNEL})
"""The classes that have priority once it is granted: all but ordinary goods."""


class PriorityAnswer(StrEnum):
    """What became of an application for priority inspection."""

    NOT_APPLIED = "not_applied"
    GRANTED = "granted"
    REFUSED = "refused"
    AWAITING_OFFICE = "awaiting_office"


class Mode(StrEnum):
    """Modes of inspection."""

    STANDARD = "standard"
    GREEN_CHANNEL = "green_channel"
    HIGH_TECH = "high_tech"
    SPECIAL_ARTICLES = "special_articles"
    RELEASE_BEFORE_INSPECTION = "release_before_inspection"
    ON_APPLICATION = "on_application"
    RESULT_ACCEPTED = "result_accepted"
    OFF_SITE_LARGE = "off_site_large"
    EXHIBITION = "exhibition"
    BATCH_WAREHOUSE = "batch_warehouse"
    DIRECT_PICK_UP = "direct_pick_up"


class GoodsCategory(StrEnum):
    """Goods categories that durations and priority rules speak of."""

    LIVE_ANIMALS = "live_animals"
    AQUATIC = "aquatic"
    MEAT = "meat"
    VEGETABLES = "vegetables"
    FRUIT = "fruit"
    FOOD = "food"
    COMMODITY = "commodity"
    DANGEROUS = "dangerous"
    RELIEF = "relief"
    HIGH_TECH = "high_tech"
    SPECIAL_ARTICLES = "special_articles"
    MINERALS = "minerals"
    TEXTILES = "textiles"
    LARGE_EQUIPMENT = "large_equipment"
    EXHIBITS = "exhibits"
    E_COMMERCE = "e_commerce"


class SiteKind(StrEnum):
    """Kinds of places; `office` is where duties start and end, never booked."""

    OFFICE = "office"
    SUPERVISED_AREA = "supervised_area"
    ENTERPRISE_PREMISES = "enterprise_premises"
    BONDED_ZONE = "bonded_zone"
    COLD_STORE = "cold_store"
    CLEAN_ROOM = "clean_room"
    AIRSIDE = "airside"
    EXHIBITION = "exhibition"
    RETURNS_CENTRE = "returns_centre"


class Direction(StrEnum):
    """Which way the goods go; the values are digit 9 of a declaration number."""

    EXPORT = "0"
    IMPORT = "1"


class ReferenceKind(StrEnum):
    """By which kind of reference an instruction is known."""

    DECLARATION = "declaration"
    EXPORT_APPLICATION = "export_application"
    E_LEDGER = "e_ledger"


class InstructionState(StrEnum):
    """`awaited`: named by a request, not yet sent by the risk system."""

    AWAITED = "awaited"
    OPEN = "open"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


class RiskLevel(StrEnum):
    """Risk level of special articles."""

    LOW = "low"
    HIGH = "high"


class DutyKind(StrEnum):
    """Why an inspector is on duty."""

    REGULAR = "regular"
    OVERTIME = "overtime"
    LOAN = "loan"


class StaffCategory(StrEnum):
    """Whose working-time rules apply."""

    OFFICER = "officer"
    CONTRACT = "contract"


class AbsenceKind(StrEnum):
    """Why an inspector is away."""

    LEAVE = "leave"
    SICK = "sick"
    MISSION = "mission"
    TRAINING = "training"


class EnterpriseKind(StrEnum):
    """A broker may act for others under an authority."""

    TRADER = "trader"
    BROKER = "broker"


class AuthoritySource(StrEnum):
    """Where an authority comes from."""

    DECLARANT = "declarant"
    GRANTED = "granted"


class Outcome(StrEnum):
    """How a visit ended."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"
    SAMPLED_PENDING_LAB = "sampled_pending_lab"
    NOT_FINISHED = "not_finished"
    OPENED_WITHOUT_PARTY = "opened_without_party"
    NOT_HELD = "not_held"


class DelayReason(StrEnum):
    """Who or what caused a delay."""

    ENTERPRISE = "enterprise"
    CUSTOMS = "customs"
    SITE = "site"
    LABORATORY = "laboratory"
    TRANSPORT = "transport"


class RequestReason(StrEnum):
    """Why a booking waits for the office's word."""

    REST_DAY = "rest_day"
    OUT_OF_HOURS = "out_of_hours"
    HIGH_RISK_ARTICLES = "high_risk_articles"
    INSTRUCTION_AWAITED = "instruction_awaited"
    PRIORITY_DECISION = "priority_decision"
    CUT_OVER = "cut_over"


class FinishKind(StrEnum):
    """Why goods must be finished by a certain time."""

    LOADING_CUT_OFF = "loading_cut_off"
    FLIGHT = "flight"
    VESSEL = "vessel"
    OTHER = "other"


class MessageState(StrEnum):
    """Delivery states, independent of any provider."""

    DUE = "due"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CALL_BACK = "call_back"


class ReplanState(StrEnum):
    """What became of the proposals for a disturbed day."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    DISCARDED = "discarded"


class HarmKind(StrEnum):
    """How priority cost somebody else time: a promise that moved, or a start that was kept for others."""

    MOVED = "moved"
    KEPT = "kept"


class CallEnd(StrEnum):
    """Why a call to the desk was closed."""

    BOOKED = "booked"
    CHANGED = "changed"
    INFORMATION = "information"
    NO_TIME_SUITED = "no_time_suited"
    WRONG_NUMBER = "wrong_number"
    CALLER_HUNG_UP = "caller_hung_up"
    OTHER = "other"


class WaitState(StrEnum):
    """Where a wish for something earlier stands; `ended` with its booking's time."""

    WAITING = "waiting"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class OfferOutcome(StrEnum):
    """What became of an earlier time that was offered; `released` with its booking's change."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"
    RELEASED = "released"
