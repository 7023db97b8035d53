"""Alarms about files: what ESR should have sent, what could not be processed, what ESR has not confirmed."""

from datetime import timedelta
from typing import Final

from tis_esr.decisions.who import Who
from tis_esr.operations.alarms.kinds import Kind, Severity

_HOURS = timedelta(hours=1)


def _of_ledger(files: str, kind: str) -> str:
    """Return the condition that there are such files; where no InboundDataReader runs, that another process judged so."""
    return f'sum(max by (deanery, type, state) ({files})) > 0 or on () sum(max by (severity) (tis_esr_alarm_active{{alarm="{kind}"}})) > 0'


FILE_LATE: Final = Kind(
    id="file-late",
    severity=Severity.WARNING,
    condition="a file that is expected today has not arrived, or was not sent, by its due time",
    meaning="Either the sender is late, or the file is not reaching the inbound store. It may still arrive.",
    affected="The doctors whose data is in the file: ESR and TIS get it later than promised.",
    to_do=(
        "`tis-esr board` shows what is expected, here and late.",
        "`tis-esr doctor` checks the inbound store and that InboundDataReader runs.",
        "If several local offices lack the same file, ask ESR whether its transfer runs.",
    ),
    who=Who.SUPPORT,
    repeat=4 * _HOURS,
    unowned=4 * _HOURS,
    source="incidents A4 and A16",
)
FILE_MISSING: Final = Kind(
    id="file-missing",
    severity=Severity.CRITICAL,
    condition="a file that was expected on a day is not there, and its grace period has ended",
    meaning="The file did not arrive or was not sent. One alarm names every local office that lacks the same file of a day.",
    affected="New and changed positions, person updates or applicants of the named local offices; nothing of that file is known.",
    to_do=(
        "`tis-esr board` shows what is missing, for which offices, and what follows from it.",
        "Ask ESR to send the file again; it is processed under the same name.",
        "For a file of ours: `tis-esr export applicants` or `tis-esr export notifications` writes what was not sent.",
    ),
    who=Who.SUPPORT,
    repeat=4 * _HOURS,
    source="incidents A4, A16, A17 and A22",
)
FILE_HELD: Final = Kind(
    id="file-held",
    severity=Severity.WARNING,
    condition="an inbound file is held: it could not be processed, and is retried automatically",
    meaning="None of its rows is applied. The finding says why: too many malformed rows, a wrong size, or a store that cannot be read.",
    affected="Positions and people of that local office: the data of that day is not applied.",
    to_do=(
        "`tis-esr files` names the file with its finding and what to do.",
        "Correct what the finding names, or ask ESR for a correct copy.",
    ),
    who=Who.SUPPORT,
    lasts=timedelta(minutes=10),
    repeat=4 * _HOURS,
    unowned=8 * _HOURS,
    expression=_of_ledger('tis_esr_files{state="held"}', "file-held"),
    source="incident A3",
)
FILE_REFUSED: Final = Kind(
    id="file-refused",
    severity=Severity.WARNING,
    condition="an inbound file was refused, or has the name of a processed file with other content",
    meaning="None of its rows is applied, and it is not retried.",
    affected="Positions and people of that local office, if ESR meant the file.",
    to_do=(
        "`tis-esr files` names the file with its finding and what to do.",
        "Ask ESR for a correct copy, or which of two contents is right.",
        "`tis-esr files NAME --settle TEXT` closes the finding once it is resolved.",
    ),
    who=Who.SUPPORT,
    repeat=8 * _HOURS,
    unowned=24 * _HOURS,
    expression=_of_ledger('tis_esr_files{state=~"refused|other_content"}', "file-refused"),
    source="incident A1",
)
FILE_INCOMPLETE: Final = Kind(
    id="file-incomplete",
    severity=Severity.WARNING,
    condition="an inbound file was processed, but was cut off or lacks rows",
    meaning="Its rows are applied; the rest of the file is unknown.",
    affected="Positions and people in the part that is missing.",
    to_do=(
        "`tis-esr files` names the file with its finding.",
        "Ask ESR for the complete file under the same name: only its new rows are processed.",
    ),
    who=Who.SUPPORT,
    repeat=8 * _HOURS,
    unowned=24 * _HOURS,
    expression=_of_ledger('tis_esr_files{state="incomplete"}', "file-incomplete"),
)
FILE_GAP: Final = Kind(
    id="file-gap",
    severity=Severity.WARNING,
    condition="a later number of a counter has arrived, and an earlier one has not",
    meaning="A file that ESR wrote was not delivered.",
    affected="Positions and people in the missing file.",
    to_do=(
        "`tis-esr files` names the missing numbers and the file that reveals them.",
        "Ask ESR for the missing files.",
        "`tis-esr files GAP --settle TEXT` closes a gap that ESR never wrote.",
    ),
    who=Who.SUPPORT,
    lasts=timedelta(minutes=30),
    repeat=8 * _HOURS,
    unowned=24 * _HOURS,
    expression=_of_ledger("tis_esr_file_gaps", "file-gap"),
    source="incidents A16 and A17",
)
CONFIRMATION_OVERDUE: Final = Kind(
    id="confirmation-overdue",
    severity=Severity.WARNING,
    condition="ESR has not confirmed a DNC or DNF file by the day on which its DCC is due",
    meaning="ESR may not have received the notifications, or its confirmation is delayed.",
    affected="Trusts that are to learn of changed dates, withdrawals and new posts.",
    to_do=(
        "`tis-esr files` names the unconfirmed files.",
        "Ask ESR whether it received the file, and to send the DCC.",
        "`tis-esr files NAME --settle TEXT` closes the finding once ESR has answered.",
    ),
    who=Who.SUPPORT,
    repeat=24 * _HOURS,
    unowned=24 * _HOURS,
    expression=_of_ledger('tis_esr_unconfirmed_files{type!="APP"}', "confirmation-overdue"),
    source="incident A22",
)
SUSPECTED_QUARANTINE: Final = Kind(
    id="suspected-quarantine",
    severity=Severity.CRITICAL,
    condition="ESR has not confirmed an APP file by the day on which its APC is due",
    meaning="ESR quarantines an APP file as a whole and reports nothing: the missing confirmation is the only sign. Where the rows have a known cause, the alarm names it.",
    affected="Every applicant in the file: trusts do not see them, and some may leave the window.",
    to_do=(
        "`tis-esr files` names the file with the likely causes.",
        "Ask ESR whether it received or quarantined the file.",
        "Once the cause is removed: `tis-esr export applicants --resend NAME`.",
    ),
    who=Who.SUPPORT,
    repeat=4 * _HOURS,
    expression=_of_ledger('tis_esr_unconfirmed_files{type="APP"}', "suspected-quarantine"),
    source="incident A7",
)
REJECTS_ABOVE_USUAL: Final = Kind(
    id="rejects-above-usual",
    severity=Severity.WARNING,
    condition="ESR rejects a much larger share of the rows of a file than it usually does",
    meaning="A rule of ESR, a value list or our records have changed.",
    affected="The applicants or notifications that ESR rejected.",
    to_do=(
        "`tis-esr why PLACEMENT` shows what ESR answered about a record.",
        "`tis-esr lint` lists the data faults of applicants who are due.",
        "If many rejections have one text, report it to ESR or correct the value.",
    ),
    who=Who.SUPPORT,
    repeat=24 * _HOURS,
    unowned=24 * _HOURS,
    source="incident A5",
)

KINDS: Final = (
    FILE_LATE,
    FILE_MISSING,
    FILE_HELD,
    FILE_REFUSED,
    FILE_INCOMPLETE,
    FILE_GAP,
    CONFIRMATION_OVERDUE,
    SUSPECTED_QUARANTINE,
    REJECTS_ABOVE_USUAL,
)
