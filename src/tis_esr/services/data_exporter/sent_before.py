"""Applicants whom the previous interface sent to ESR: from then on as if they had been in a file of ours.

Part of the DataExporter. Such a record is EXPORTED without a file. TIS is not notified: its record of an export names
the file and the time, which are not known here.
"""

from collections.abc import Callable, Sequence

import msgspec

from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.export_run import ROWS_A_CHUNK
from tis_esr.services.data_exporter.exported_event import exported
from tis_esr.services.data_exporter.outbound import APPLICANTS, PENDING, RecordState

SENT_BEFORE = "sent by the previous interface before the region was started"


async def mark_sent(begin: Callable[[], Work], keys: Sequence[str]) -> None:
    """Mark pending applicant records as sent by the previous interface, chunk by chunk; others are unchanged."""
    for start in range(0, len(keys), ROWS_A_CHUNK):
        work = begin()
        for record in (await work.get(APPLICANTS, keys[start : start + ROWS_A_CHUNK])).values():
            if record.state in PENDING:
                sent = msgspec.structs.replace(record, state=RecordState.EXPORTED, reason=SENT_BEFORE)
                work.put(APPLICANTS, sent)
                work.emit(
                    "apprecord.exported", exported(record), cause=record.as_cause("sent before", record.key)
                )
        await work.commit()


def is_sent_before(state: RecordState, file: str | None) -> bool:
    """Return whether a record in a state counts as sent by the previous interface: it is in no ``file``."""
    return state is RecordState.EXPORTED and file is None
