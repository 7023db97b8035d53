"""What somebody has to look at: files with open findings, missing files, and files that ESR has not confirmed."""

from collections.abc import Collection as Several
from datetime import date

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.expectations import WAIVERS
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import Gap, LedgerEntry, gaps, ledger_entry, open_gaps, other_gaps
from tis_esr.operations.unconfirmed import (
    Unconfirmed,
    described,
    unconfirmed_files,
    waivers_in_force,
    working_day,
)
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES


class OpenFindings(msgspec.Struct, frozen=True, kw_only=True):
    """Unsettled findings as of ``day``; ``number`` counts them as ``tis-esr files`` does."""

    day: date
    files: list[LedgerEntry]
    gaps: list[Gap]
    unconfirmed: list[Unconfirmed]

    @property
    def number(self) -> int:
        """Return how many there are."""
        return len(self.files) + len(self.gaps) + len(self.unconfirmed)

    def of(self, offices: Several[str]) -> "OpenFindings":
        """Return those of some offices, without files whose names say none."""
        return OpenFindings(
            day=self.day,
            files=[file for file in self.files if file.deanery in offices],
            gaps=[gap for gap in self.gaps if gap.deanery in offices],
            unconfirmed=[file for file in self.unconfirmed if file.deanery in offices],
        )


def open_findings(reader: Reader, today: date, due_days: int) -> OpenFindings:
    """Return all of them. It reads the ledger as a whole, without the rows."""
    found, outbound = reader.find(FILES, {}), reader.find(OUTBOUND_FILES, {})
    day, oldest = working_day(reader, today), kept_from(reader)
    waivers = reader.find(WAIVERS, waivers_in_force(day))
    late = unconfirmed_files(found, outbound, day, due_days, oldest, waivers)
    missing = open_gaps(other_gaps(gaps(found, outbound, oldest), late))
    files = sorted((file for file in found if file.open_findings), key=lambda file: file.key)
    return OpenFindings(
        day=day,
        files=[ledger_entry(file, {}, "") for file in files],
        gaps=missing,
        unconfirmed=described(reader, [file for file in late if not file.settled], due_days),
    )
