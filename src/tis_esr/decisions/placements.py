"""Which placements are reportable to ESR, and their order."""

from datetime import date

from tis_esr.tcs.models import Placement

COUNTING_TYPES = frozenset(
    {
        "in post",
        "in post - acting up",
        "in post - extension",
        "parental leave",
        "long-term sick",
        "suspended",
        "phased return",
    }
)
APPROVED = "APPROVED"


def is_reportable_type(placement: Placement) -> bool:
    """Return whether a placement is of one of the seven types, in any letter case; out of programme is not."""
    return (placement.placement_type or "").strip().casefold() in COUNTING_TYPES


def unreportable_reason(placement: Placement) -> str | None:
    """Return why a placement is not reportable: its type, or that it is not approved; None if it is reportable."""
    if not is_reportable_type(placement):
        return f"its type is {placement.placement_type or 'missing'}, which is not reported to ESR"
    if (placement.lifecycle_state or "").upper() != APPROVED:
        return f"it is {placement.lifecycle_state or 'in no state'} in TIS, not APPROVED"
    return None


def is_reportable(placement: Placement) -> bool:
    """Return whether a placement is reportable: one of the seven types, and APPROVED."""
    return unreportable_reason(placement) is None


def same_site(one: Placement, other: Placement) -> bool:
    """Return whether two placements are at one site: equal codes in any letter case; blank never matches."""
    code = (one.site_code or "").strip().casefold()
    return bool(code) and code == (other.site_code or "").strip().casefold()


def by_start(placement: Placement) -> tuple[date, int]:
    """Order placements by their start, then by id."""
    return placement.date_from or date.max, placement.id
