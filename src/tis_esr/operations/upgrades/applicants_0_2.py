"""Applicant records of 0.2.0, and what ESR was sent of them."""

from collections.abc import Sequence
from datetime import date

import msgspec

from tis_esr.decisions.quarantine import applicant_for_esr
from tis_esr.decisions.sent_applicants import SentApplicant
from tis_esr.engine.upgrading import Json
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import SENT, WITHDRAWAL, ApplicantRecord, EsrAnswer, RecordState

_ANSWERS = {"APP": "APC", "DNC": "DCC"}
_MISSING = "missing: "


class OldSent(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant as 0.2.0 stored it for notifications: the dates are those of the last type 4, if one was generated."""

    placement_id: int
    position_id: int
    person_id: int
    date_from: date
    date_to: date


def applicants(records: Sequence[Json], notifications: Sequence[Json]) -> list[ApplicantRecord]:
    """Return the applicant records of a position; those that wait are compared with TIS before they are sent."""
    gone = {about_placement(n) for n in notifications if n["type"] == WITHDRAWAL and n["state"] in SENT}
    return [_applicant(record, is_gone=record["placement_id"] in gone) for record in records]


def _applicant(record: Json, *, is_gone: bool) -> ApplicantRecord:
    reason = record["reason"]
    is_invalid = record["state"] == RecordState.INVALID_DATA.value and reason.startswith(_MISSING)
    converted = {
        **record,
        "built_on": built_on(record),
        "answers": answers(record),
        "missing": reason.removeprefix(_MISSING).split(", ") if is_invalid else [],
        "same_as": applicant_for_esr(record["fields"], record["position_id"]),
        "withdrawn": is_gone and record["state"] in SENT,
    }
    return msgspec.convert(converted, ApplicantRecord)


def built_on(record: Json) -> str:
    """Return the day of the file that it was built from: the earliest day on which TIS can have been read."""
    return FileName.parse(record["source_file"]).date.isoformat()


def answers(record: Json) -> list[Json]:
    """Return ESR's answer, "STATUS KIND" in 0.2.0, which did not store its row or text."""
    if not record["confirmation"]:
        return []
    name = FileName.parse(record["file"])
    status, _, kind = record["confirmation"].partition(" ")
    file = str(FileName(name.deanery, _ANSWERS[name.type], name.date, name.sequence, name.digits))
    return [msgspec.to_builtins(EsrAnswer(file=file, row=0, status=status, kind=kind, of=record["file"]))]


def about_placement(notification: Json) -> int:
    """Return the placement that a type 2 or 4 is about: ``position:type:placement``."""
    return int(notification["about"].rpartition(":")[2])


def as_sent(record: ApplicantRecord) -> SentApplicant:
    """Return what the NotificationGenerator stores of a sent record."""
    return SentApplicant(
        placement_id=record.placement_id,
        position_id=record.position_id,
        person_id=record.person_id,
        deanery_number=record.deanery_number,
        date_from=record.date_from,
        date_to=record.date_to,
        last_name=record.fields.get("lastName", ""),
        first_name=record.fields.get("firstName", ""),
        gmc_number=record.gmc_number,
        file=record.file or "",
    )
