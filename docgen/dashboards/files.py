"""The dashboard of files and of the promise to trusts."""

from typing import Final

from docgen.dashboards.panels import Panel, Row, gauge

_FILES = "tis_esr_files"
_NEED = 'state=~"held|refused|other_content|incomplete"'
_OF_ESR = "file-late|file-missing|confirmation-overdue|suspected-quarantine|rejects-above-usual"
_OF_PEOPLE = "applicants-leaving-window|promise-at-risk|status-drift"


def _alarms(kinds: str) -> str:
    judged = gauge("tis_esr_alarm_active", "alarm", "severity", where=f'alarm=~"{kinds}"')
    return f"sum by (alarm) ({judged})"


INBOUND: Final = Row(
    title="Files from ESR",
    panels=(
        Panel(
            title="Inbound files by state",
            queries=[(f"sum by (state) ({gauge(_FILES, 'deanery', 'type', 'state')})", "{{state}}")],
        ),
        Panel(
            title="Inbound files by type",
            queries=[(f"sum by (type) ({gauge(_FILES, 'deanery', 'type', 'state')})", "{{type}}")],
        ),
        Panel(
            title="Oldest file that waits",
            queries=[(gauge("tis_esr_file_lag_seconds"), "oldest")],
            note="0 if none waits.",
        ),
        Panel(
            title="Files that need a person",
            queries=[(gauge(_FILES, "deanery", "type", "state", where=_NEED), "")],
            note="Held, refused, with the name of another, or incomplete. `tis-esr files` says what to do.",
            form="table",
            width=12,
        ),
        Panel(
            title="Missing numbers",
            queries=[(gauge("tis_esr_file_gaps", "deanery", "type"), "")],
            note="A later number has arrived, an earlier one has not.",
            form="table",
            width=12,
        ),
    ),
)
OUTBOUND: Final = Row(
    title="Files to ESR, and the promise",
    panels=(
        Panel(
            title="Unconfirmed files",
            queries=[(gauge("tis_esr_unconfirmed_files", "deanery", "type"), "")],
            note="An APP file without an APC may be quarantined.",
            form="table",
        ),
        Panel(
            title="Alarms about files and ESR's answers",
            queries=[(_alarms(_OF_ESR), "{{alarm}}")],
            note="`tis-esr board` shows each file of a day.",
        ),
        Panel(
            title="Alarms about applicants and the 12-week promise",
            queries=[(_alarms(_OF_PEOPLE), "{{alarm}}")],
            note="`tis-esr promise` has the share by office, trust and week.",
        ),
    ),
)
ROWS: Final = (INBOUND, OUTBOUND)
