"""What ESR must have been told once all is quiet.

Where nothing was exported early, records and files equal those of the ordered run. Where something was, the last
word about each thing does, and what the last files say is nothing else than what the ordered run says.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.simulation.esr import unconfirmed
from tests.simulation.outcome import Outcome, live, sent

from tis_esr.decisions.notifications.position_notifications import WITHDRAWN
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.bodies import MATCHED
from tis_esr.services.data_exporter.outbound import ApplicantRecord, RecordState
from tis_esr.simulation.esr.esr import Esr

if TYPE_CHECKING:
    from tests.simulation.invariants import Check, Ends


def _applicants(ends: "Ends") -> Iterator[str]:
    from tests.simulation.invariants import differences

    if ends.early:
        return
    yield from differences("applicant", _standing(ends.ordered), _standing(ends.disturbed))


def _standing(end: Outcome) -> dict[str, object]:
    return {
        key: _shown(record)
        for key, record in end.applicants.items()
        if live(record) and not (record.state is RecordState.TO_EXPORT and _went_by_another(end, record))
    }


def _went_by_another(end: Outcome, record: ApplicantRecord) -> bool:
    """Say whether ESR has this person, position and start by another placement: the next export drops the record."""
    return any(other.same_as == record.same_as and sent(other) for other in end.applicants.values())


def _shown(record: Any) -> dict[str, object]:
    names = ("state", "deanery", "deanery_number", "fields")
    found = {name: getattr(record, name) for name in names}
    return {**found, "state": "sent"} if sent(record) else found


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
        if FileName.parse(name).type == "RTC":
            continue  # what became of rows on the way is each run's own
        if ordered.get(name) == disturbed.get(name):
            continue
        expected, found = (files.get(name, b"").decode().splitlines() for files in (ordered, disturbed))
        lost = [row for row in expected if row not in found]
        more = [row for row in found if row not in expected]
        twice = len(found) - len(set(found))
        yield f"file {name}: lacks {lost}, has {more} besides, and {twice} rows twice"


def _acknowledged(ends: "Ends") -> Iterator[str]:
    """Look for the RTC of each RMF and RMC: one line for each data row, in their order, and nothing left behind."""
    end = ends.disturbed
    yield from (f"{what} is still kept for an RTC" for what in end.unacknowledged)
    for name, entry in sorted(end.ledger.items()):
        if not end.acknowledged or entry.type not in {"RMF", "RMC"} or entry.copy or not entry.rows:
            continue
        rtc = str(FileName(entry.deanery, "RTC", FileName.parse(name).date, entry.sequence))
        lines = end.files.get(rtc, b"").decode().splitlines()[1:-1]
        acknowledged = [int(line.split(",")[2]) for line in lines if line.split(",")[3] != '"TRL"']
        rows = [
            row
            for (file, row), found in sorted(end.rows.items())
            if file == name and found.type not in {"HDR", "TRL", ""}
        ]
        if acknowledged != rows:
            yield f"{rtc} acknowledges rows {acknowledged}; {name} has {rows}"


def _last_notifications(ends: "Ends") -> Iterator[str]:
    if not ends.early:
        return
    expected, found = _last_words(ends.ordered), _last_words(ends.disturbed)
    for about, fields in expected.items():
        if not lives(ends.ordered, _position_of(about)):
            continue  # nothing more is said of it, so the last word is that of its last file
        if about not in found:
            if not _follows_an_applicant(about, fields):
                yield f"ESR has no word of {about}; the ordered run ends with {fields}"
        elif difference := _difference(fields, found[about]):
            yield f"the last word that ESR has of {about} is {difference}"
    for record in in_the_last_files(ends.disturbed, "notifications"):
        if record.about not in expected and not _follows_an_applicant(record.about, record.fields):
            yield f"{record.about} is in the last file {record.file}; the ordered run says no such thing"


def lives(end: Outcome, position_id: int) -> bool:
    """Say whether a position is matched and not deleted: only then more is said of it."""
    position = end.positions[position_id]
    return position.status == MATCHED and not position.deleted


def _position_of(about: str) -> int:
    return int(about.partition(":")[0])


def _last_words(end: Outcome) -> dict[str, dict[str, Any]]:
    last: dict[str, dict[str, Any]] = {}
    for about, records in end.notifications.items():
        went = [record for record in records if sent(record)]
        if went:
            last[about] = went[-1].fields
    return last


_OF_APPLICANTS = {
    "2": ("positionId", "positionNumber", "withdrawnTraineeGmcNumber"),
    "4": ("positionId", "positionNumber", "changeOfProjectedHireDate", "changeOfProjectedEndDate"),
}
"""What notifications say that are told once, by type: what becomes of an applicant who was sent."""


def _follows_an_applicant(about: str, fields: dict[str, Any]) -> bool:
    """Say whether a notification is about an applicant who was sent: types 2 and 4, and the type 1 of a withdrawal."""
    return fields["notificationTitleCode"] in _OF_APPLICANTS or about.endswith(":1:next:")


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    names = [name for name in sorted(expected.keys() | found.keys()) if expected.get(name) != found.get(name)]
    if about := _OF_APPLICANTS.get(expected["notificationTitleCode"]):
        # Told once; the names and places besides are those of the day on which it was told.
        names = [name for name in names if name in about]
    said = (f"{name} {found.get(name)!r} instead of {expected.get(name)!r}" for name in names)
    return ", ".join(said)


def _known_applicants(ends: "Ends") -> Iterator[str]:
    """Compare what ESR holds of each applicant in the end, by which file and notification ever it came to know."""
    if not ends.early:
        return
    expected, found = effective(ends.ordered), effective(ends.disturbed)
    for key, what in expected.items():
        if key not in found:
            yield from _never_went(ends, key)
        elif found[key] != what and lives(ends.ordered, ends.ordered.applicants[key].position_id):
            yield f"ESR has applicant {key} as {found[key]}; the ordered run ends with {what}"
    for key in sorted(found.keys() - expected.keys()):
        record = ends.disturbed.applicants[key]
        if record.placement_id in ends.disturbed.drafts or _follows_a_rejected_one(ends, record):
            continue
        if found[key] != WITHDRAWN and lives(ends.ordered, record.position_id):
            yield f"applicant {key} went early, as {found[key]}, and was not withdrawn"
    for record in in_the_last_files(ends.disturbed, "applicants"):
        if record.key not in expected and not _follows_a_rejected_one(ends, record):
            yield f"applicant {record.key} is in the last file {record.file}; the ordered run sends no such one"


def _follows_a_rejected_one(ends: "Ends", record: ApplicantRecord) -> bool:
    """Say whether ESR rejected the same person, position and start by another placement, so that this one is no duplicate."""
    return any(
        other.same_as == record.same_as
        and other.key != record.key
        and not all(answer.is_accepted for answer in other.answers)
        for other in ends.disturbed.applicants.values()
    )


def _never_went(ends: "Ends", key: str) -> Iterator[str]:
    """Say that an applicant never went; one whom ESR rejected after the last export waits to go again."""
    known = ends.disturbed.applicants.get(key)
    if known is not None and known.earlier:
        return
    if not _went_by_another(ends.disturbed, ends.ordered.applicants[key]):
        yield f"applicant {key} never went to ESR, as in the ordered run"


def effective(end: Outcome) -> dict[str, str]:
    """Return what ESR holds of each applicant that it was sent: ``from/to``, or WITHDRAWN.

    It is what the newest type 4 or 2 says that was sent, else the dates of the applicant file.
    """
    last = {about: [r for r in records if sent(r)] for about, records in end.notifications.items()}
    found = {}
    for key, record in end.applicants.items():
        if not sent(record):
            continue
        since = last.get(f"{record.position_id}:sent:{record.placement_id}:{record.person_id}")
        found[key] = since[-1].fact if since else f"{record.date_from}/{record.date_to}"
    return found


def _told_once(ends: "Ends") -> Iterator[str]:
    """Look for notifications that tell ESR what it has already.

    The type 1 notifications of a position go as a whole: one is needless only where all of them were in the file before.
    """
    wholes = _wholes(ends.disturbed)
    for about, records in ends.disturbed.notifications.items():
        went = [record for record in records if sent(record)]
        for before, after in pairwise(went):
            if before.type == "1":
                files = [
                    file
                    for file in wholes[before.position_id]
                    if _place(before)[0] <= file <= _place(after)[0]
                ]
                same = all(_same_whole(wholes[before.position_id], *pair) for pair in pairwise(files))
            else:
                same = before.fact == after.fact and before.state is not RecordState.REJECTED
            if same and FileName.parse(after.file).type != "DNF":
                yield f"ESR was told twice running of {about}: in {before.file} and in {after.file}"
        if went and went[0].type == "4":
            record = _applicant_of(ends.disturbed, about)
            if not record.earlier and went[0].fact == f"{record.date_from}/{record.date_to}":
                yield f"ESR was told in {went[0].file} of dates that it had: {about}"


def _wholes(end: Outcome) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the type 1 notifications of each position by the number of their file, and what they are about."""
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for record in sorted(_sent_notifications(end), key=_place):
        if record.type == "1":
            number, _ = _place(record)
            found.setdefault(record.position_id, {}).setdefault(number, {})[record.about] = record.fields
    return found


def _same_whole(of_position: dict[int, dict[str, Any]], before: int, after: int) -> bool:
    return of_position[before] == of_position[after]


def _applicant_of(end: Outcome, about: str) -> ApplicantRecord:
    """Return the applicant, as sent last, whom a notification ``position:sent:placement:person`` is about."""
    position, _, placement, person = about.split(":")
    records = [
        record
        for record in end.applicants.values()
        if (record.place, record.person_id) == (f"{placement}:{position}", int(person))
    ]
    return max(records, key=lambda record: not record.replaced)


def _sent_notifications(end: Outcome) -> list[Any]:
    return [record for found in end.notifications.values() for record in found if sent(record)]


def _place(record: Any) -> tuple[int, int]:
    return FileName.parse(record.file).sequence, record.file_row


def _impossible(ends: "Ends") -> Iterator[str]:
    yield from impossible(ends.disturbed)


def impossible(end: Outcome) -> Iterator[str]:
    """Say what no run may end in: a row twice in a file, and anything still to be said of a position that is gone."""
    for name, content in end.files.items():
        rows = content.splitlines()
        for row in sorted({row for row in rows if rows.count(row) > 1}):
            yield f"file {name} has a row twice: {row.decode()}"
    records: list[Any] = [*end.applicants.values()]
    records += [record for found in end.notifications.values() for record in found]
    for record in records:
        if record.state is RecordState.TO_EXPORT and not lives(end, record.position_id):
            yield f"{record.key} is still to go, though its position is gone"
    last = [*in_the_last_files(end, "applicants"), *in_the_last_files(end, "notifications")]
    for record in last:
        if not lives(end, record.position_id):
            yield f"{record.key} is in the last file {record.file}, though its position is gone"


def _quarantined(ends: "Ends") -> Iterator[str]:
    yield from quarantined(ends.disturbed)


def quarantined(end: Outcome) -> Iterator[str]:
    """Say which files an ESR that shares no code with the writer would quarantine, and why."""
    for name, content in end.files.items():
        received = Esr().take(name, content, FileName.parse(name).date)
        for why in received.quarantined:
            yield f"ESR quarantines {name}: {why}"


def _confirmed(ends: "Ends") -> Iterator[str]:
    if ends.disturbed.answered:
        records: list[Any] = [*ends.disturbed.applicants.values()]
        records += [record for found in ends.disturbed.notifications.values() for record in found]
        yield from unconfirmed(records)


def in_the_last_files(end: Outcome, of: str) -> list[Any]:
    """Return the records that went in the files of the last day."""
    if of == "applicants":
        records: list[Any] = [record for record in end.applicants.values() if sent(record)]
    else:
        records = _sent_notifications(end)
    return [record for record in records if FileName.parse(record.file).date == end.last_day]


ESR_CHECKS: dict[str, "Check"] = {
    "applicants": _applicants,
    "notifications": _notifications,
    "files": _files,
    "last word: notifications": _last_notifications,
    "last word: applicants": _known_applicants,
    "told twice": _told_once,
    "confirmations": _confirmed,
    "impossible": _impossible,
    "quarantined": _quarantined,
    "acknowledged": _acknowledged,
}
