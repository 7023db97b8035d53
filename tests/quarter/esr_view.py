"""What the simulated ESR holds of a position, in the terms of ``truth``."""

from datetime import date

from tests.quarter.truth import Pair, Somebody

from tis_esr.simulation.esr.esr_state import Applicant, Holdings


def pairs(holdings: Holdings, position: int, today: date) -> tuple[Pair, ...]:
    """Return who is now and next in a position by the last notifications; who has left by then is nobody."""
    known = holdings.incumbents.get(position)
    found = {_pair(row, today) for row in known.rows} if known else set()
    return tuple(sorted(found - {(None, None)}, key=str))


def applicants(holdings: Holdings, position: int) -> list[Applicant]:
    """Return the applicants of a position who were not withdrawn."""
    return [one for one in holdings.applicants.get(position, ()) if not one.withdrawn]


def _pair(row: dict[str, str], today: date) -> Pair:
    current = _somebody(row, "current", row["currentEndDate"], row["currentHours"])
    if current is not None and date.fromisoformat(current.day) < today:
        current = None
    more = (row["nextGrade"], row["nextEmail"])
    return current, _somebody(row, "next", row["nextStartDate"], row["hours"], *more)


def _somebody(row: dict[str, str], who: str, day: str, hours: str, *more: str) -> Somebody | None:
    if not day:
        return None
    name = ", ".join((row[f"{who}LastName"], row[f"{who}FirstName"]))
    iso = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return Somebody(name, row[f"{who}Gmc"], iso, float(hours), *more)
