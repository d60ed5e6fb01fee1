"""What each mode of inspection needs before it can be booked."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from scheduler.errors import ApprovalMissing, FilingNumberMissing, NoVisitNeeded, ReasonMissing, SiteKindUnfit
from scheduler.vocabulary import Mode, RequestReason, RiskLevel, SiteKind

_CONTROL_AREAS = frozenset(
    {SiteKind.SUPERVISED_AREA, SiteKind.COLD_STORE, SiteKind.BONDED_ZONE, SiteKind.AIRSIDE}
)
_ANYWHERE = _CONTROL_AREAS | {SiteKind.ENTERPRISE_PREMISES}

SITE_KINDS: Mapping[Mode, frozenset[SiteKind]] = MappingProxyType(
    {
        Mode.STANDARD: _ANYWHERE,
        Mode.GREEN_CHANNEL: _ANYWHERE,
        Mode.HIGH_TECH: frozenset({SiteKind.CLEAN_ROOM}),
        Mode.SPECIAL_ARTICLES: _ANYWHERE,
        Mode.RELEASE_BEFORE_INSPECTION: _ANYWHERE,
        Mode.ON_APPLICATION: _ANYWHERE,
        Mode.RESULT_ACCEPTED: frozenset(),
        Mode.OFF_SITE_LARGE: frozenset(
            {SiteKind.ENTERPRISE_PREMISES, SiteKind.AIRSIDE, SiteKind.BONDED_ZONE}
        ),
        Mode.EXHIBITION: frozenset({SiteKind.EXHIBITION}),
        Mode.BATCH_WAREHOUSE: frozenset({SiteKind.RETURNS_CENTRE, SiteKind.BONDED_ZONE}),
        Mode.DIRECT_PICK_UP: frozenset({SiteKind.AIRSIDE, SiteKind.SUPERVISED_AREA}),
    }
)
"""Where goods of a mode are inspected, unless their inspection type says otherwise (policy default)."""

_NEEDS_OFF_SITE_REASON = frozenset({Mode.STANDARD, Mode.GREEN_CHANNEL, Mode.SPECIAL_ARTICLES})
"""Modes whose goods go to the control area unless the party applies (GACC Decree 138 art. 4).

The other modes name another place by themselves.
"""


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()


def require_bookable(
    mode: Mode,
    *,
    filing_number: str | None,
    approval_number: str | None,
    risk_level: RiskLevel | None,
    site_kind: SiteKind,
    off_site_reason: str | None,
    site_kinds: Collection[SiteKind] | None = None,
) -> None:
    """Refuse goods whose mode asks for no visit, for more papers, or for another place.

    `site_kinds` are the places of the inspection type; without them SITE_KINDS counts.

    Raises:
        NoVisitNeeded: the third-party result is accepted.
        FilingNumberMissing: high-tech monitored goods without filing number.
        ApprovalMissing: special articles without approval number or risk level.
        SiteKindUnfit: not inspected at such a site.
        ReasonMissing: off-site inspection without the party's reason.
    """
    if mode is Mode.RESULT_ACCEPTED:
        raise NoVisitNeeded(field="/instructions")
    _require_papers(mode, filing_number, approval_number, risk_level)
    if site_kind not in (site_kinds or SITE_KINDS[mode]):
        raise SiteKindUnfit(field="/site", mode=mode.value, site_kind=site_kind.value)
    off_site = site_kind is SiteKind.ENTERPRISE_PREMISES
    if off_site and mode in _NEEDS_OFF_SITE_REASON and _blank(off_site_reason):
        raise ReasonMissing(field="/off_site_reason")


def _require_papers(
    mode: Mode, filing_number: str | None, approval_number: str | None, risk_level: RiskLevel | None
) -> None:
    if mode is Mode.HIGH_TECH and _blank(filing_number):
        raise FilingNumberMissing(field="/filing_number")
    if mode is Mode.SPECIAL_ARTICLES:
        if _blank(approval_number):
            raise ApprovalMissing(field="/approval_number")
        if risk_level is None:
            raise ApprovalMissing(field="/risk_level")


def waits_for_office(mode: Mode, risk_level: RiskLevel | None) -> RequestReason | None:
    """Return why goods of this mode wait for the office's word, or None when they do not."""
    if mode is Mode.SPECIAL_ARTICLES and risk_level is RiskLevel.HIGH:
        return RequestReason.HIGH_RISK_ARTICLES
    return None
