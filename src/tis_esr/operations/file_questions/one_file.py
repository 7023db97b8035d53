"""One file, inbound or outbound: its ledger entry, a page of its rows, and its answer."""

from datetime import date

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row
from tis_esr.operations.ledger import LedgerEntry, ledger_entry
from tis_esr.operations.unconfirmed import ANSWERED_BY, answer_name
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES


class OurFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file for ESR. ``answer`` is the file by which ESR confirms it, ``answered`` whether that has arrived.

    ``held_back`` counts records that were kept out of it, ``lacks`` says what was unfinished when it was created.
    """

    name: str
    deanery: str
    type: str
    day: date
    state: str
    rows: int
    held_back: int
    lacks: str
    settled: str
    answer: str
    answered: bool


class OneFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file name: the copies from ESR, or our own file; neither for an unknown name.

    ``rows`` are the outcomes of the rows from ``first_row`` on; ``last_row`` is the number of the file's last one.
    """

    entries: list[LedgerEntry]
    ours: OurFile | None
    first_row: int
    last_row: int
    rows: list[Row]


def one_file(reader: Reader, name: str, *, first_row: int = 1, limit: int = 50) -> OneFile:
    """Return a file with at most ``limit`` of its rows; HDR is row 1."""
    found = reader.get(FILES, [name])
    if found and found[0].deanery:
        same = {"deanery": found[0].deanery, "counter": found[0].counter, "sequence": found[0].sequence}
        found += [file for file in reader.find(FILES, same) if file.name == name and file.copy]
    ours = reader.get(OUTBOUND_FILES, [name])
    counts = reader.row_counts([name]) if found else {}
    rtc = {one.source: one.name for one in reader.get(RTC_FILES, [name]) if one.is_in_place}
    last = max(found[0].rows, found[0].last_row) if found else 0
    places = [(name, row) for row in range(first_row, min(first_row + limit, last + 1))]
    return OneFile(
        entries=[
            ledger_entry(file, counts.get(file.name, {}), "" if file.copy else rtc.get(name, ""))
            for file in found
        ],
        ours=_ours(reader, ours[0]) if ours else None,
        first_row=first_row,
        last_row=last,
        rows=reader.rows(places) if places else [],
    )


def _ours(reader: Reader, file: OutboundFile) -> OurFile:
    answer = answer_name(file.name) if file.type in ANSWERED_BY else ""
    return OurFile(
        name=file.name,
        deanery=file.deanery,
        type=file.type,
        day=file.day,
        state=file.state.name,
        rows=file.rows,
        held_back=file.held_back,
        lacks=file.lacks,
        settled=file.settled,
        answer=answer,
        answered=bool(answer and reader.get(FILES, [answer])),
    )
