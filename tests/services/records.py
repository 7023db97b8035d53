"""What the generators tell the DataExporter, for the tests of what it keeps of it."""

import time
from datetime import date, timedelta
from typing import Any

from tests.services.bench import FILE, message
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.position_view import PositionView
from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import (
    Applicant,
    ApplicantsGenerated,
    NotificationDraft,
    NotificationsGenerated,
)

APC, DCC = "DE_EOE_APC_20261124_00000008.DAT", "DE_EOE_DCC_20261124_00000008.DAT"
NPN = "EOE/RX1/800/STR/0001"


def position(number: int = 1) -> PositionView:
    return PositionView(
        position_id=number, position_number=number + 1000, deanery_number=NPN, deanery="EOE", post_id=100_001
    )


def applicant(
    placement: int, start: int = 25, missing: tuple[str, ...] = (), surname: str = "Specimen"
) -> Applicant:
    """Return an applicant who comes ``start`` days from today."""
    from_, to = TODAY + timedelta(days=start), TODAY + timedelta(days=200)
    fields = {
        "lastName": surname,
        "firstName": "Testa",
        "dob": "1990-01-15",
        "professionalBodies.0.body": "General Medical Council",
        "professionalBodies.0.regNumber": f"{7_200_000 + placement}",
        "positionId": 1,
        "positionNumber": 1001,
        "projectedHireDate": from_.isoformat(),
        "projectedEndDate": to.isoformat(),
        "deaneryNumber": NPN,
    }
    return Applicant(
        placement_id=placement,
        person_id=placement,
        gmc_number="7200001",
        date_from=from_,
        date_to=to,
        fields=fields,
        missing=list(missing),
        unmapped=[],
    )


def applicants(
    revision: int,
    *some: Applicant,
    of: int = 1,
    built_on: date | None = TODAY,
    row: int = 0,
    hours_ago: float = 0.0,
) -> Message:
    body = ApplicantsGenerated(
        position=position(of),
        revision=revision,
        applicants=list(some),
        built_on=built_on,
        built_at=time.time() - 3600 * hours_ago,
    )
    return message("esr.queue.apprecord.generated", (of, revision), body, FILE, row or revision + 1)


def draft(key: str, title: str = "1", fact: str = "", held: str = "", **columns: Any) -> NotificationDraft:
    said = {"notificationTitleCode": title, "deaneryPostNumber": NPN, "positionId": 1, **columns}
    return NotificationDraft(key=f"1:{key}", columns=said, fact=fact, held=held)


def notifications(version: int, *some: NotificationDraft, built_on: date | None = TODAY) -> Message:
    body = NotificationsGenerated(
        position=position(),
        version=version,
        notifications=list(some),
        built_on=built_on,
        built_at=time.time(),
    )
    return message("esr.queue.notification.generated", version, body, FILE, version + 1)


def apc(
    row: int, said: str = "SUCCESS", file_row: int = 1, of: int = 1, kind: str = "", text: str = ""
) -> Message:
    values = {
        "positionId": of,
        "esrVacancyId": file_row,
        "loadStatusCode": said,
        "messageType": kind,
        "messageText": text,
    }
    return message("esr.queue.apc.split", row, values, APC, row)


def dcc(row: int, said: str = "SUCCESS", file_row: int = 1) -> Message:
    return message("esr.queue.dcc.split", row, {"row": file_row, "loadStatusCode": said}, DCC, row)
