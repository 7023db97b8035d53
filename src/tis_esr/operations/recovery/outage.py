"""What an outage between two times delayed or dropped, and why; only what is stored, so nothing is changed."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from tis_esr.decisions.notifications.date_events import STALE_REASONS, Passage
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.cron import LONDON, next_after
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, RUNS, OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.settings import Settings

LONGEST: Final = timedelta(days=31)
_END_OF_TIME: Final = 1e12
_DAY: Final = timedelta(days=1)
_TYPES: Final = {"APP": "applicants_cron", "DNC": "notifications_cron"}


class DelayedExport(msgspec.Struct, frozen=True, kw_only=True):
    """An export that was scheduled in the outage: the deaneries without a file of that day, and what files lacked, by deanery."""

    type: str
    day: date
    missed: list[str]
    lacks: dict[str, str]


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """What was delayed: ``late`` files were processed after the outage, ``unfinished`` ones still are not.

    ``parked`` counts messages that were parked in the outage and still are, by reason, ``waiting`` those in progress.
    ``dropped`` counts changes that came and went meanwhile, so that they are not sent to ESR, by reason.
    """

    begun: datetime
    ended: datetime
    late: list[str]
    unfinished: list[str]
    parked: dict[str, int]
    waiting: int
    dropped: dict[str, int]
    exports: list[DelayedExport]

    @property
    def key(self) -> str:
        """Return what identifies it."""
        return f"{self.begun.isoformat()}/{self.ended.isoformat()}"

    def missed(self, file_type: str) -> list[str]:
        """Return the deaneries without a file of a type on a day of the outage, in the order of a run."""
        found = {name for one in self.exports if one.type == file_type for name in one.missed}
        return [deanery for deanery in DEANERIES if deanery in found]


def outage(reader: Reader, settings: Settings, begun: datetime, ended: datetime) -> Outage:
    """Return what an outage delayed and dropped, as far as it is stored."""
    first, last = (at.astimezone(LONDON).date() for at in (begun, ended))
    changed = [
        file
        for file in reader.find(FILES, {"changed_at": Between(begun.timestamp(), _END_OF_TIME)})
        if file.day is not None and first <= file.day <= last
    ]
    parked = (trace for trace in reader.parked() if begun.timestamp() <= trace.at <= ended.timestamp())
    return Outage(
        begun=begun,
        ended=ended,
        late=sorted(
            f.key for f in changed if f.state is FileState.SPLIT and f.changed_at > ended.timestamp()
        ),
        unfinished=sorted(f.key for f in changed if f.state is FileState.HELD or f.state in UNDER_WAY),
        parked=dict(Counter(trace.reason for trace in parked).most_common()),
        waiting=sum(reader.waiting().values()),
        dropped=_dropped(reader, first, last),
        exports=[one for one in _exports(reader, settings, begun, ended) if one.missed or one.lacks],
    )


def _dropped(reader: Reader, first: date, last: date) -> dict[str, int]:
    """Count stale changes on the days of the outage and the one after, when they are noticed."""
    counts: Counter[str] = Counter()
    for day in _days(first, last + _DAY):
        for known in reader.find(KNOWN_POSITIONS, {"stale_on": day}):
            counts.update({STALE_REASONS[Passage[name]]: number for name, number in known.stale.items()})
    return dict(counts)


def _exports(reader: Reader, settings: Settings, begun: datetime, ended: datetime) -> Iterator[DelayedExport]:
    for file_type, cron in _TYPES.items():
        for day in scheduled_days(str(getattr(settings, cron)), begun, ended):
            run = next(iter(reader.get(RUNS, [f"{file_type}:{day}"])), None)
            files = reader.get(OUTBOUND_FILES, run.files) if run else []
            there = {file.deanery for file in files if _is_over(file)}
            yield DelayedExport(
                type=file_type,
                day=day,
                missed=[deanery for deanery in DEANERIES if deanery not in there],
                lacks={file.deanery: file.lacks for file in files if file.lacks},
            )


def scheduled_days(cron: str, begun: datetime, ended: datetime) -> list[date]:
    """Return London's days on which a schedule fires from ``begun`` up to ``ended``."""
    found, at = [], begun - timedelta(microseconds=1)
    while (at := next_after(cron, at)) <= ended:
        found.append(at.astimezone(LONDON).date())
    return list(dict.fromkeys(found))


def _is_over(file: OutboundFile) -> bool:
    return file.state in {OutboundState.SENT, OutboundState.NOTHING_TO_SEND}


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY
