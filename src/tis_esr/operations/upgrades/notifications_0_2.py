"""Notifications of 0.2.0: types 2 and 4 about one applicant become one subject, with the fact that each states."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tis_esr.decisions.notifications.position_notifications import WITHDRAWN
from tis_esr.engine.upgrading import Json
from tis_esr.operations.upgrades.applicants_0_2 import OldSent, about_placement, answers, built_on
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import (
    PENDING,
    WITHDRAWAL,
    ApplicantRecord,
    NotificationRecord,
)
from tis_esr.services.data_exporter.pending_records import NO_LONGER_SO, withdrawn
from tis_esr.services.reconciliation.position_reconciliation import Position

_DATES = "4"
_NEW_POST = "5"


def notifications(
    position: Position,
    records: Sequence[Json],
    applicants: Sequence[ApplicantRecord],
    sent: Mapping[int, OldSent],
) -> list[NotificationRecord]:
    """Return the notifications of a position."""
    people = {record.placement_id: record.person_id for record in applicants}
    people |= {placement: applicant.person_id for placement, applicant in sent.items()}
    of_applicants: dict[int, list[Json]] = {}
    found = []
    for record in records:
        if record["type"] in {WITHDRAWAL, _DATES}:
            of_applicants.setdefault(about_placement(record), []).append(record)
        else:
            fact = f"post {position.post_id}" if record["type"] == _NEW_POST else ""
            found.append(_notification(record, record["about"], record["number"], fact))
    for placement, own in of_applicants.items():
        about = f"{position.position_id}:sent:{placement}:{people.get(placement, 0)}"
        found += _of_applicant(about, own, sent.get(placement))
    return found


def _of_applicant(about: str, records: Sequence[Json], sent: OldSent | None) -> Iterator[NotificationRecord]:
    """Yield types 2 and 4 about an applicant, numbered as they were sent; of several that wait only the last is left."""
    in_order = sorted(records, key=_order)
    for number, record in enumerate(in_order, 1):
        fact = WITHDRAWN if record["type"] == WITHDRAWAL else _dates(record, sent)
        notification = _notification(record, about, number, fact)
        is_replaced = number < len(in_order) and notification.state in PENDING
        yield withdrawn(notification, NO_LONGER_SO) if is_replaced else notification


def _order(record: Json) -> tuple[bool, int, bool, int]:
    """Sort by file, those that wait last; a withdrawal is generated after changes of dates."""
    file = record["file"]
    number = FileName.parse(file).sequence if file else 0
    return file is None, number, record["type"] == WITHDRAWAL, record["number"]


def _dates(record: Json, sent: OldSent | None) -> str:
    """Return the dates that a type 4 states; one about a started placement has no start, which is then as last known."""
    fields = record["fields"]
    start = fields.get("changeOfProjectedHireDate") or (sent.date_from.isoformat() if sent else "")
    return f"{start}/{fields['changeOfProjectedEndDate']}"


def _notification(record: Json, about: str, number: int, fact: str) -> NotificationRecord:
    converted = {
        **record,
        "about": about,
        "number": number,
        "fact": fact,
        "built_on": built_on(record),
        "answers": answers(record),
    }
    return msgspec.convert(converted, NotificationRecord)
