"""What ESR must have been told once all is quiet.

Where nothing was exported early, records and files equal those of the ordered run. Where something was, the last
word about each thing does, and what the last files say is nothing else than what the ordered run says.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.simulation.outcome import Outcome, live, sent

from tis_esr.services.messages import MATCHED

if TYPE_CHECKING:
    from tests.simulation.invariants import Check, Ends


def _applicants(ends: "Ends") -> Iterator[str]:
    from tests.simulation.invariants import differences

    if ends.early:
        return
    yield from differences("applicant", _standing(ends.ordered), _standing(ends.disturbed))


def _standing(end: Outcome) -> dict[str, object]:
    return {key: _shown(record) for key, record in end.applicants.items() if live(record)}


def _shown(record: Any) -> dict[str, object]:
    names = ("state", "deanery", "deanery_number", "fields")
    return {name: getattr(record, name) for name in names}


def _notifications(ends: "Ends") -> Iterator[str]:
    from tests.simulation.invariants import differences

    def view(end: Outcome) -> dict[str, object]:
        standing = {about: [r for r in records if live(r)] for about, records in end.notifications.items()}
        return {about: [_shown(r) for r in records] for about, records in standing.items() if records}

    if not ends.early:
        yield from differences("notification", view(ends.ordered), view(ends.disturbed))


def _files(ends: "Ends") -> Iterator[str]:
    if ends.early:
        return
    ordered, disturbed = ends.ordered.files, ends.disturbed.files
    for name in sorted(ordered.keys() | disturbed.keys()):
        if ordered.get(name) == disturbed.get(name):
            continue
        expected, found = (files.get(name, b"").decode().splitlines() for files in (ordered, disturbed))
        lost = [row for row in expected if row not in found]
        more = [row for row in found if row not in expected]
        twice = len(found) - len(set(found))
        yield f"file {name}: lacks {lost}, has {more} besides, and {twice} rows twice"


def _last_notifications(ends: "Ends") -> Iterator[str]:
    if not ends.early:
        return
    expected, found = _last_words(ends.ordered), _last_words(ends.disturbed)
    for about, fields in expected.items():
        if not _lives(ends.ordered, about):
            continue  # nothing more is said of it, so the last word is that of its last file
        if about not in found:
            yield f"ESR has no word of {about}; the ordered run ends with {fields}"
        elif difference := _difference(fields, found[about]):
            yield f"the last word that ESR has of {about} is {difference}"
    for record in _in_the_last_files(ends.disturbed, "notifications"):
        if record.about not in expected and not _takes_back(record, ends):
            yield f"{record.about} is in the last file {record.file}; the ordered run says no such thing"


def _lives(end: Outcome, about: str) -> bool:
    position = end.positions[int(about.partition(":")[0])]
    return position.status == MATCHED and not position.deleted


def _takes_back(record: Any, ends: "Ends") -> bool:
    """Say whether it withdraws an applicant who went early, and by all that is known should not have gone."""
    key = f"{record.about.split(':')[-1]}:{record.position_id}"
    should_have = key in ends.ordered.applicants and sent(ends.ordered.applicants[key])
    return record.type == "2" and sent(ends.disturbed.applicants[key]) and not should_have


def _last_words(end: Outcome) -> dict[str, dict[str, Any]]:
    last: dict[str, dict[str, Any]] = {}
    for about, records in end.notifications.items():
        went = [record for record in records if sent(record)]
        if went:
            last[about] = went[-1].fields
    return last


_ONCE = {
    "2": ("positionId", "positionNumber", "withdrawnTraineeGmcNumber"),
    "4": ("positionId", "positionNumber", "changeOfProjectedHireDate", "changeOfProjectedEndDate"),
}
"""What notifications say that are told once, by type."""


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    names = [name for name in sorted(expected.keys() | found.keys()) if expected.get(name) != found.get(name)]
    if about := _ONCE.get(expected["notificationTitleCode"]):
        # Told once; the names and places besides are those of the day on which it was told.
        names = [name for name in names if name in about]
    said = (f"{name} {found.get(name)!r} instead of {expected.get(name)!r}" for name in names)
    return ", ".join(said)


def _known_applicants(ends: "Ends") -> Iterator[str]:
    if not ends.early:
        return
    expected = {key: r for key, r in ends.ordered.applicants.items() if sent(r)}
    found = {key: r for key, r in ends.disturbed.applicants.items() if sent(r)}
    for key, record in expected.items():
        if key not in found:
            yield f"applicant {key} never went to ESR, as it does in the ordered run"
        elif (found[key].date_from, found[key].date_to) != (record.date_from, record.date_to):
            yield f"applicant {key} went with the dates of {found[key].date_from} to {found[key].date_to}"
    for record in _in_the_last_files(ends.disturbed, "applicants"):
        if record.key not in expected:
            yield f"applicant {record.key} is in the last file {record.file}; the ordered run sends no such one"


def _in_the_last_files(end: Outcome, of: str) -> list[Any]:
    """Return the records that went in the files of the newest day."""
    if of == "applicants":
        records: list[Any] = [record for record in end.applicants.values() if sent(record)]
    else:
        records = [record for found in end.notifications.values() for record in found if sent(record)]
    days = [_day(name) for name in end.files]
    return [record for record in records if _day(str(record.file)) == max(days, default="")]


def _day(name: str) -> str:
    return name.split("_")[3]


ESR_CHECKS: dict[str, "Check"] = {
    "applicants": _applicants,
    "notifications": _notifications,
    "files": _files,
    "last word: notifications": _last_notifications,
    "last word: applicants": _known_applicants,
}
