"""Texts about what was purged because it was older than its retention."""

from collections.abc import Iterable
from datetime import date

from tis_esr.engine.reader_protocol import Reader
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON, HORIZON_KEY
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS
from tis_esr.services.retention.audit import PURGES

ROWS_GONE = "row and messages: purged (keep_rows_days)"

_ANSWERED_FROM = {c.name for c in (APPLICANTS, NOTIFICATIONS, DECISIONS, POSITIONS, JOURNAL, PURGES)}
"""What ``why`` answers from; where a purge was forgotten, it may have removed any of it."""


def kept_from(state: Reader) -> date | None:
    """Return the oldest day with complete data; None if nothing was ever purged."""
    return next((horizon.before for horizon in state.get(HORIZON, [HORIZON_KEY])), None)


def forgotten_before(state: Reader) -> date | None:
    """Return the oldest day of which everything is known, where records of before have been removed; else None."""
    has_removed = any(_ANSWERED_FROM & purge.removed.keys() for purge in state.find(PURGES, {}))
    return kept_from(state) if has_removed else None


def older(day: date) -> str:
    """Return the text that what ended before a day has been purged."""
    return f"what ended before {day} has been purged (keep_history_days)"


def too_old(name: str, oldest: date | None) -> str:
    """Return the text that a file is older than the ledger; "" if it is not."""
    try:
        is_older = oldest is not None and FileName.parse(name).date < oldest
    except BadFileNameError:
        return ""
    return f"dated before {oldest}, the oldest day in the ledger (keep_history_days)" if is_older else ""


def files_without_rows(state: Reader, names: Iterable[str]) -> set[str]:
    """Return which of these files were processed, although their rows have been purged."""
    wanted = sorted(set(names))
    oldest = kept_from(state)
    known = {file.name: file for file in state.get(FILES, wanted)} if wanted and oldest else {}
    return {name for name in wanted if (known[name].rows_gone if name in known else too_old(name, oldest))}
