"""Applicant records as the DataExporter keeps them, for questions about them. All invented."""

from datetime import date, timedelta
from typing import Any

import msgspec
from tests.services.bench import FILE
from tests.services.records import applicant
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.services.data_exporter.outbound import ApplicantRecord, RecordState

EXPORTER = "DataExporter"
POST = "EOE/RX1/800/STR/0001"


def horizon(weeks: int = 4, day: date = TODAY) -> Horizon:
    return Horizon(day, weeks, ApplicantWindow())


def starting(reached_in: int) -> date:
    """Return the start of a placement that reaches the window in so many days."""
    return TODAY + timedelta(days=reached_in + 13 * 7 - 1)


def record(placement: int, start: date, deanery: str = "EOE", **changes: Any) -> ApplicantRecord:
    """Return a record that waits and is sound; each placement is another person's, all in position 1."""
    made = ApplicantRecord(
        placement_id=placement,
        position_id=1,
        person_id=placement,
        position_number=1001,
        deanery=deanery,
        deanery_number=POST,
        gmc_number="7200001",
        date_from=start,
        date_to=start + timedelta(days=200),
        state=RecordState.TO_EXPORT,
        fields=applicant(placement).fields,
        built_on=TODAY,
        unmapped=[],
        same_as=str(placement),
        correlation_id=f"{FILE}:2",
        source_file=FILE,
        source_row=2,
    )
    return msgspec.structs.replace(made, **changes)
