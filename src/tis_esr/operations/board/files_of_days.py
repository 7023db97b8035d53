"""What is here of some days' files: read once for all cells, without their rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.unconfirmed import answer_name
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES, RtcFile
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN, InboundFile
from tis_esr.wall_clock import LONDON

Place = tuple[str, FileType, date]
_LONG_AGO = date(2000, 1, 1)
_OLDEST = 100
"""So many of the oldest files are asked when they arrived: some may have come long after their day."""
GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)
_COUNTS_AS = {"RMF": FileType.RMC, "RMC": FileType.RMC, "APP": FileType.APP, "DNC": FileType.DNC}
_ANSWERED_WITH = {"APP": FileType.APC, "DNC": FileType.DCC, "DNF": FileType.DCC}


@dataclass
class FilesOfDays:
    """The files of some days by cell.

    ``answers`` are ESR's, by name, and ``answered`` the offices, types and days of these; ``owed`` are our files that
    ESR has to answer, by the cell of the answer. ``first_day`` is the first one on
    which a file of any office arrived or was exported, as far as is known; ``date.max`` if there is none.
    """

    inbound: dict[Place, list[InboundFile]] = field(default_factory=dict)
    outbound: dict[Place, list[OutboundFile]] = field(default_factory=dict)
    owed: dict[Place, list[OutboundFile]] = field(default_factory=dict)
    answers: dict[str, InboundFile] = field(default_factory=dict)
    answered: set[tuple[str, str, date]] = field(default_factory=set)
    rtc: dict[str, RtcFile] = field(default_factory=dict)
    first_day: date = date.max

    def of_answers(self, place: Place) -> list[tuple[OutboundFile, InboundFile | None]]:
        """Return our files that a cell of answers is about, each with ESR's answer if it is here."""
        return [(ours, self.answers.get(answer_name(ours.name))) for ours in self.owed.get(place, ())]

    def may_be_answered(self, ours: OutboundFile) -> bool:
        """Return whether an answer of the type and day of one of our files is here.

        The rows of one whose number is that of no file of ours are answers to what was sent on its day.
        """
        return (ours.deanery, _ANSWERED_WITH[ours.type].value, ours.day) in self.answered

    def acknowledgements(self, place: Place) -> list[tuple[InboundFile, RtcFile | None]]:
        """Return the RMF and RMC files that a cell of RTC files is about, each with its RTC."""
        deanery, _, day = place
        sources = self.inbound.get((deanery, FileType.RMC, day), ())
        return [(source, self.rtc.get(source.name)) for source in sources]

    def has_full_file(self, deanery: str, day: date) -> bool:
        """Return whether an RMF of a day is here, and is not refused or held."""
        files = self.inbound.get((deanery, FileType.RMC, day), ())
        return any(file.type == "RMF" and file.state not in NOT_TAKEN for file in files)


def files_of(reader: Reader, deaneries: Sequence[str], first: date, last: date, *, rtc: bool) -> FilesOfDays:
    """Read what is here of the files of ``first`` to ``last``; RTC files only where they are expected."""
    found, days = FilesOfDays(), Between(first, last + timedelta(days=1))
    wanted = set(deaneries)
    theirs, all_ours = reader.find(FILES, {"day": days}), reader.find(OUTBOUND_FILES, {"day": days})
    older = Between(_LONG_AGO, first)
    found.first_day = _first_day(
        [*theirs, *reader.find(FILES, {"day": older}, ("day",), _OLDEST)],
        [*all_ours, *reader.find(OUTBOUND_FILES, {"day": older}, ("day",), 1)],
    )
    for file in sorted(theirs, key=lambda file: file.sequence):
        if file.day is None or file.copy or file.deanery not in wanted:
            continue
        if (type_ := _COUNTS_AS.get(file.type)) is not None:
            found.inbound.setdefault((file.deanery, type_, file.day), []).append(file)
        else:
            found.answers[file.name] = file
            found.answered.add((file.deanery, file.type, file.day))
    for ours in sorted(all_ours, key=lambda file: file.name):
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


def _first_day(inbound: Iterable[InboundFile], outbound: Iterable[OutboundFile]) -> date:
    """Return the first day on which one of some files arrived or was exported; a file may be dated before it arrived."""
    came = [
        file.arrived_at.astimezone(LONDON).date() if file.arrived_at else file.day
        for file in inbound
        if file.day is not None and file.type in _COUNTS_AS
    ]
    return min([*came, *(file.day for file in outbound if file.type in _COUNTS_AS)], default=date.max)


def _names(files: Iterable[Sequence[InboundFile]]) -> list[str]:
    return [file.name for some in files for file in some]


def of_london(naive: datetime | None) -> datetime | None:
    """Return a moment that is stored as London's wall clock time, in UTC."""
    return None if naive is None else naive.replace(tzinfo=LONDON).astimezone(UTC)
