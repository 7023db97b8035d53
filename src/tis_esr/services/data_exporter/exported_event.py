"""What other services are notified of an applicant that ESR was sent."""

from tis_esr.services.contracts.bodies import ApplicantExported
from tis_esr.services.data_exporter.outbound import ApplicantRecord


def exported(record: ApplicantRecord, filename: str = "", exported_at: str = "") -> ApplicantExported:
    """Return the event; without a file and a time (ISO 8601, UTC) the previous interface sent the applicant."""
    return ApplicantExported(
        placement_id=record.placement_id,
        position_id=record.position_id,
        position_number=record.position_number or 0,
        deanery_number=record.deanery_number,
        person_id=record.person_id,
        date_from=record.date_from,
        date_to=record.date_to,
        last_name=record.fields.get("lastName", ""),
        first_name=record.fields.get("firstName", ""),
        gmc_number=record.gmc_number,
        filename=filename,
        exported_at=exported_at,
    )
