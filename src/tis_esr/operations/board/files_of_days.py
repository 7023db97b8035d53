"""What is here of some days' files: read once for all cells, without their rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.unconfirmed import answer_name
from tis_esr.services.cron import LONDON
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES, RtcFile
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN, InboundFile

Place = tuple[str, FileType, date]
GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)
_COUNTS_AS = {"RMF": FileType.RMC, "RMC": FileType.RMC, "APP": FileType.APP, "DNC": FileType.DNC}
_ANSWERED_WITH = {"APP": FileType.APC, "DNC": FileType.DCC, "DNF": FileType.DCC}


@dataclass
class FilesOfDays:
    """The files of some days by cell.

    ``answers`` are ESR's, by name; ``owed`` are our files that ESR has to answer, by the cell of the answer.
    """

    inbound: dict[Place, list[InboundFile]] = field(default_factory=dict)
    outbound: dict[Place, list[OutboundFile]] = field(default_factory=dict)
    owed: dict[Place, list[OutboundFile]] = field(default_factory=dict)
    answers: dict[str, InboundFile] = field(default_factory=dict)
    rtc: dict[str, RtcFile] = field(default_factory=dict)

    def of_answers(self, place: Place) -> list[tuple[OutboundFile, InboundFile | None]]:
        """Return our files that a cell of answers is about, each with ESR's answer if it is here."""
        return [(ours, self.answer_to(ours)) for ours in self.owed.get(place, ())]

    def answer_to(self, ours: OutboundFile) -> InboundFile | None:
        """Return ESR's answer to one of our files; None if it is not here."""
        return self.answers.get(answer_name(ours.name))

    def acknowledgements(self, place: Place) -> list[tuple[InboundFile, RtcFile | None]]:
        """Return the RMF and RMC files that a cell of RTC files is about, each with its RTC."""
        deanery, _, day = place
        sources = self.inbound.get((deanery, FileType.RMC, day), ())
        return [(source, self.rtc.get(source.name)) for source in sources]

    def has_full_file(self, deanery: str, day: date) -> bool:
        """Return whether an RMF of a day is here, and is not refused or held."""
        files = self.inbound.get((deanery, FileType.RMC, day), ())
        return any(file.type == "RMF" and file.state not in NOT_TAKEN for file in files)

    def first_day(self) -> date:
        """Return the first day on which a file arrived or was exported; a file may be older than that. ``date.max`` if there is none."""
        days = [place[2] for place in self.outbound]
        for some in self.inbound.values():
            days += [
                file.arrived_at.astimezone(LONDON).date() if file.arrived_at else file.day
                for file in some
                if file.day is not None
            ]
        return min(days, default=date.max)


def files_of(reader: Reader, deaneries: Sequence[str], first: date, last: date, *, rtc: bool) -> FilesOfDays:
    """Read what is here of the files of ``first`` to ``last``; RTC files only where they are expected."""
    found, days = FilesOfDays(), Between(first, last + timedelta(days=1))
    wanted = set(deaneries)
    for file in sorted(reader.find(FILES, {"day": days}), key=lambda file: file.sequence):
        if file.day is None or file.copy or file.deanery not in wanted:
            continue
        if (type_ := _COUNTS_AS.get(file.type)) is not None:
            found.inbound.setdefault((file.deanery, type_, file.day), []).append(file)
        else:
            found.answers[file.name] = file
    for ours in sorted(reader.find(OUTBOUND_FILES, {"day": days}), key=lambda file: file.name):
        if ours.deanery not in wanted:
            continue
        if (type_ := _COUNTS_AS.get(ours.type)) is not None:
            found.outbound.setdefault((ours.deanery, type_, ours.day), []).append(ours)
        if ours.type in _ANSWERED_WITH and ours.state in GONE_OUT and ours.rows:
            place = (ours.deanery, _ANSWERED_WITH[ours.type], ours.day)
            found.owed.setdefault(place, []).append(ours)
    if rtc:
        found.rtc = {one.source: one for one in reader.get(RTC_FILES, _names(found.inbound.values()))}
    return found


def _names(files: Iterable[Sequence[InboundFile]]) -> list[str]:
    return [file.name for some in files for file in some]


def of_london(naive: datetime | None) -> datetime | None:
    """Return a moment that is stored as London's wall clock time, in UTC."""
    return None if naive is None else naive.replace(tzinfo=LONDON).astimezone(UTC)
