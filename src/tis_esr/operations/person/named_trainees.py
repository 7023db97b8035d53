"""Which of the trainees that a notification names is one person: it may name the current, the next and a withdrawn one."""

import re
from typing import Any, Final

from tis_esr.operations.person.subject import Subject
from tis_esr.services.data_exporter.outbound import NotificationRecord

_PERSONAL: Final = re.compile(r"(\w+Trainee)(LastName|FirstName|GmcNumber|EmailAddress)")
_CURRENT, _NEXT, _WITHDRAWN = "currentTrainee", "nextAppointmentTrainee", "withdrawnTrainee"
_GMC_NUMBER: Final = re.compile(r"[0-9]{7}")


def named_as(record: NotificationRecord, subject: Subject) -> set[str]:
    """Return the beginnings of the names of the columns that are a person's, such as ``currentTrainee``.

    They are those with the person's GMC number, those that a notification about the person has in any case, and those of
    the person's placement unless they have another's number.
    """
    places = {found[1] for found in map(_PERSONAL.fullmatch, record.fields) if found} | {*_placed(record)}
    numbers = {place: str(record.fields.get(f"{place}GmcNumber") or "") for place in places}
    theirs = {place for place, number in numbers.items() if number == subject.gmc_number}
    placed = {place for place, placement in _placed(record).items() if _is_theirs(record, placement, subject)}
    if _is_about_a_person(record):
        return theirs | placed
    return theirs | {place for place in placed if not _GMC_NUMBER.fullmatch(numbers[place])}


def without(fields: dict[str, Any], places: set[str]) -> dict[str, Any]:
    """Return the columns without the personal ones of these trainees."""
    return {name: value for name, value in fields.items() if _place(name) not in places}


def _place(name: str) -> str:
    found = _PERSONAL.fullmatch(name)
    return found[1] if found else ""


def _placed(record: NotificationRecord) -> dict[str, int]:
    """Return the placement of each trainee, where the subject of a notification names it."""
    kind, _, rest = record.about.partition(":")[2].partition(":")
    if kind == "sent":
        is_coming = record.fields.get("changeOfProjectedHireDate") is not None
        place = _WITHDRAWN if record.type == "2" else _NEXT if is_coming else _CURRENT
        return {place: int(rest.partition(":")[0])}
    if record.type != "1" or rest == "next:":
        return {}
    first = _CURRENT if rest.startswith("now:") else _NEXT
    return dict(zip((first, _NEXT), record.placements, strict=False))


def _is_about_a_person(record: NotificationRecord) -> bool:
    """Return whether the subject is one person who was sent, whatever number TIS had for them then."""
    return ":sent:" in record.about


def _is_theirs(record: NotificationRecord, placement: int, subject: Subject) -> bool:
    if _is_about_a_person(record):
        return any(record.about.endswith(f":sent:{placement}:{person}") for person in subject.person_ids)
    return placement in subject.placements
