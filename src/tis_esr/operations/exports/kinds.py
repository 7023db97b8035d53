"""The exports that people look at and request: by their file type."""

from typing import Final

from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, Export
from tis_esr.services.data_exporter.outbound import ApplicantRecord, NotificationRecord

EXPORT_OF: Final[dict[str, Export]] = {"APP": APPLICANT_EXPORT, "DNC": NOTIFICATION_EXPORT}
COMMAND_OF: Final = {"APP": APPLICANT_COMMAND, "DNC": NOTIFICATION_COMMAND}
WORD_OF: Final = {"APP": "applicants", "DNC": "notifications"}
"""What ``tis-esr export`` calls them."""
EXPORTED_TYPES: Final = tuple(EXPORT_OF)
SentRecord = ApplicantRecord | NotificationRecord
