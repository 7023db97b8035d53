"""What a day ended in, in the form of ``expected.json``: read from the state file, the folder and TCS."""

from pathlib import Path
from typing import Any

import msgspec

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

Outcome = dict[str, Any]


def documents(state: Path) -> Outcome:
    """Return what a state file holds; see ``holdings``."""
    return holdings(StateReader(state))


def holdings(reader: Reader) -> Outcome:
    """Return every document of every service that a day ends in, by collection and key; closes the reader.

    The moment at which a record was built, and how a file was come upon, are others in each run.
    """
    try:
        return {
            collection.name: {
                collection.key(document): _timeless(document) for document in reader.find(collection, {})
            }
            for collection in (FILES, POSITIONS, APPLICANTS, NOTIFICATIONS, JOURNAL)
        } | {
            "rows": reader.row_counts(),
            "waiting": reader.waiting(),
            "parked": sorted(p.reason for p in reader.parked()),
        }
    finally:
        reader.close()


def _timeless(document: Any) -> Any:
    if isinstance(document, InboundFile):
        return msgspec.structs.replace(
            document, stamp="", attempts=0, retry_at=0.0, changed_at=0.0, arrived_at=None
        )
    times = {name: 0.0 for name in ("built_at", "reconciled_at") if getattr(document, name, None) is not None}
    return msgspec.structs.replace(document, **times)


def files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def calls(written: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return the writes to TCS that it took, sorted, without the time of day at which they were sent."""
    taken = [call for call in written if call["status"] < 300]
    return sorted(
        (call["method"], call["path"], repr({**(call["body"] or {}), "eventDateTime": ""})) for call in taken
    )
