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
        return
    for applicant in _applicants(values, holdings):
        if code == "2":
            applicant.withdrawn = True
        elif code == "4":
            applicant.start = as_date(values["changedHireDate"]) or applicant.start
            applicant.end = as_date(values["changedEndDate"]) or applicant.end


def _applicants(values: Values, holdings: Holdings) -> list[Applicant]:
    """Return the applicant whom a notification of type 2 or 4 is about: of several, the one who starts last."""
    if values["notificationTitleCode"] == "2":
        people = [values["withdrawnGmc"]]
    else:
        people = [values["currentGmc"], values["nextGmc"]]
    position = int(values["positionId"] or 0)
    found = [held for person in people if person for held in holdings.held_for(person, position)]
    return sorted(found, key=lambda held: (held.start is not None, held.start))[-1:]
