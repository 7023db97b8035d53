"""DNC and DNF: the outcome of each notification, and its effect on ESR's data."""

from collections.abc import Iterator, Mapping

from tis_esr.simulation.esr import esr_messages as messages
from tis_esr.simulation.esr.columns import as_date
from tis_esr.simulation.esr.esr_messages import Message
from tis_esr.simulation.esr.esr_state import Applicant, Holdings, Incumbents
from tis_esr.simulation.esr.position_checks import of_position

Values = Mapping[str, str]

CODES = ("1", "2", "3", "4", "5")
_OF_APPLICANTS = ("2", "4")
_SHORTEST_VPD = 3
_NEEDED = {
    "2": ("withdrawnLastName", "withdrawnFirstName", "withdrawalReason"),
    "4": ("changedEndDate",),
    "5": ("newTrainingPositionLocation", "managingDeaneryBodyCode"),
}
"""The columns that each type requires."""


def check(values: Values, deanery: str, holdings: Holdings) -> Iterator[Message]:
    """Yield ESR's messages about a row: rejections and warnings."""
    code = values["notificationTitleCode"]
    if code not in CODES:
        yield messages.TYPE_CODE
        return
    about = _applicants(values, holdings) if code in _OF_APPLICANTS else []
    earlier = about[0].post if about else ""
    yield from of_position(values, values["deaneryPostNumber"], deanery, holdings.positions, earlier=earlier)
    held = holdings.positions.get(int(values["positionId"] or 0))
    if held is not None and values["employingVpd"] != (held.vpd and held.vpd.zfill(_SHORTEST_VPD)):
        yield messages.VPD
    missing = [column for column in _NEEDED.get(code, ()) if not values[column]]
    if code == "4" and not (values["currentLastName"] or values["nextLastName"]):
        missing.append("currentLastName")
    yield from (messages.NOT_SAID.saying(column=column, type_code=code) for column in missing)
    if code in _OF_APPLICANTS and not about:
        yield messages.NO_APPLICANT
    vacant = values["postVacantAtNextRotation"]
    if code == "1" and vacant != ("N" if values["nextStartDate"] else "Y"):
        yield messages.VACANCY
    for who, sign in (("current", "currentEndDate"), ("next", "nextStartDate")):
        if code == "1" and values[sign] and not values[f"{who}LastName"]:
            yield messages.UNNAMED.saying(who=who)


def apply(values: Values, file: str, holdings: Holdings) -> None:
    """Apply an accepted notification to ESR's data."""
    code, position = values["notificationTitleCode"], int(values["positionId"])
    if code == "1":
        known = holdings.incumbents.get(position)
        if known is None or known.file != file:
            known = holdings.incumbents[position] = Incumbents(file=file, pairs=[])
        known.pairs.append((values["currentGmc"], values["nextGmc"]))
        known.rows.append(dict(values))
        return
    for applicant in _applicants(values, holdings):
        if code == "2":
            applicant.withdrawn = True
        elif code == "4":
            applicant.start = as_date(values["changedHireDate"]) or applicant.start
            applicant.end = as_date(values["changedEndDate"]) or applicant.end


def _applicants(values: Values, holdings: Holdings) -> list[Applicant]:
    """Return the applicant whom a notification of type 2 or 4 is about: of several, the one who starts last.

    A change of dates with a hire date is about who is to come, without one about who is there.
    """
    who = "next" if values["changedHireDate"] else "current"
    who = "withdrawn" if values["notificationTitleCode"] == "2" else who
    position = int(values["positionId"] or 0)
    held = [one for one in holdings.applicants.get(position, ()) if not one.withdrawn]
    found = [one for one in held if _is_named(one, values, who, holdings)]
    return sorted(found, key=lambda held: (held.start is not None, held.start))[-1:]


def _is_named(held: Applicant, values: Values, who: str, holdings: Holdings) -> bool:
    """Return whether a row names an applicant: by registration, or by name where it has none."""
    if values[f"{who}Gmc"]:
        return held.person == values[f"{who}Gmc"]
    person, last_name = holdings.people[held.person], values[f"{who}LastName"]
    return bool(last_name) and (person.last_name, person.first_name) == (last_name, values[f"{who}FirstName"])
