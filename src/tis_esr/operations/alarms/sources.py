"""Where findings come from: each source reads some facts and judges some kinds of alarms; one that fails leaves them unknown."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between
from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.rabbitmq.liveness import accepts_messages, queues_without_consumer
from tis_esr.engine.protocol import Engine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import TisEsrError
from tis_esr.operations.alarms import about_files, about_people, about_queues, about_servers
from tis_esr.operations.alarms.deliveries import statuses
from tis_esr.operations.alarms.findings import Finding, Judged, finding
from tis_esr.operations.alarms.judge_board import absent_files, answered_late, leaving_tomorrow
from tis_esr.operations.alarms.judge_files import (
    Answered,
    bad_files,
    missing_numbers,
    unconfirmed,
    unusual_rejections,
)
from tis_esr.operations.alarms.judge_people import Leaving, leaving_window
from tis_esr.operations.alarms.judge_process import ProcessFacts, process_findings
from tis_esr.operations.alarms.judge_queues import (
    backlog,
    outbox,
    parked,
    parked_repeatedly,
    without_consumer,
)
from tis_esr.operations.alarms.judge_sinks import failing
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.alarms.thresholds import LEAVING_DAYS
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.composition import addresses, reader_of, window
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import GAP_DAYS, gaps, other_gaps
from tis_esr.operations.unconfirmed import described, unconfirmed_files
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.deadline_guard import MOST_NAMED, searches, unsent
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    OutboundState,
    RecordState,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.settings import Settings

_READ_DAYS = timedelta(days=GAP_DAYS + 10)
_USUAL_DAYS = timedelta(days=28)
_RECENT_DAYS = timedelta(days=2)
_NEARLY = 0.9
"""Evaluations are not exactly as far apart as they should be."""
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


@dataclass(frozen=True)
class Sight:
    """What an evaluation looks with: the settings, the engine, this process's own facts, and the moment.

    ``services`` are the queues of each service, ``own_services`` those that this process runs.
    """

    settings: Settings
    engine: Engine
    process: ProcessFacts
    services: Mapping[str, Sequence[str]]
    own_services: Sequence[str]
    now: datetime
    today: date

    async def read(self, look: Callable[[Reader], list[Finding]]) -> list[Finding]:
        """Read for a judgement in a thread of its own, so that nothing waits for it."""

        def looked() -> list[Finding]:
            with closing(reader_of(self.settings)) as reader:
                return look(reader)

        return await asyncio.to_thread(looked)


@dataclass(frozen=True)
class Source:
    """Judges ``kinds``, every ``seconds``, by default with each evaluation."""

    kinds: tuple[Kind, ...]
    look: Callable[[Sight], Awaitable[list[Finding]]]
    seconds: float = 0.0

    @property
    def per_process(self) -> bool:
        """Return whether each process judges these kinds about itself."""
        return self.kinds[0].per_process


async def _process(sight: Sight) -> list[Finding]:
    return process_findings(sight.process)


async def _depths(sight: Sight) -> list[Finding]:
    depths = await sight.engine.depths()
    return [*backlog(depths, sight.now), *outbox(depths, sight.now)]


async def _parked(sight: Sight) -> list[Finding]:
    again = parked_repeatedly(await sight.engine.depths(), sight.now)
    return [*again, *await sight.read(lambda reader: parked(reader.parked()))]


async def _consumers(sight: Sight) -> list[Finding]:
    queues = [queue for own in sight.services.values() for queue in own]
    if sight.settings.engine == "production":
        idle = await queues_without_consumer(addresses(sight.settings).amqp_url, queues)
    else:  # no other process can hold the state file
        served = {queue for name in sight.own_services for queue in sight.services[name]}
        idle = [queue for queue in queues if queue not in served]
    return without_consumer(idle, sight.services)


async def _broker(sight: Sight) -> list[Finding]:
    if sight.settings.engine != "production":
        return []
    if await accepts_messages(addresses(sight.settings).amqp_url):
        return []
    text = "RabbitMQ accepts no messages: its memory or disk alarm is raised"
    return [finding(about_servers.BROKER_ALARM, "", [], text)]


async def _files(sight: Sight) -> list[Finding]:
    return await sight.read(lambda reader: file_findings(reader, sight.settings, sight.now, sight.today))


def file_findings(reader: Reader, settings: Settings, now: datetime, today: date) -> list[Finding]:
    """Judge the files of the last weeks by the board and by both directions' ledgers."""
    changed = Between((now - _READ_DAYS).timestamp(), (now + _READ_DAYS).timestamp())
    files = reader.find(FILES, {"changed_at": changed})
    sent = reader.find(OUTBOUND_FILES, {"day": Between(today - _READ_DAYS, today + _READ_DAYS)})
    oldest, due_days = kept_from(reader), settings.confirmation_due_days
    of_today = board(reader, day=today, now=now, terms=terms_of(settings))
    cells = [*of_today.cells, *of_today.earlier]
    late = unconfirmed_files(files, sent, today, due_days, oldest)
    overdue = {file.name: file for file in [*late, *answered_late(cells, sent)] if not file.settled}
    return [
        *absent_files(cells),
        *bad_files(files),
        *missing_numbers(other_gaps(gaps(files, sent, oldest), late)),
        *unconfirmed(described(reader, overdue.values(), due_days), leaving_tomorrow(cells)),
    ]


async def _leaving(sight: Sight) -> list[Finding]:
    its = window(sight.settings)
    return await sight.read(lambda reader: leaving_findings(reader, sight.today, its))


def leaving_findings(reader: Reader, today: date, its: ApplicantWindow) -> list[Finding]:
    """Judge the unsent records that leave the window with the file of today, or of the days after it."""
    files = reader.find(OUTBOUND_FILES, {"day": Between(today, today + timedelta(days=1))})
    written = {file.deanery for file in files if file.type == "APP" and file.state in _GONE_OUT}
    found: dict[str, Leaving] = {}
    day = today
    while day < today + timedelta(days=LEAVING_DAYS):
        for deanery in DEANERIES:
            for where in searches(deanery, day, its):
                for record in reader.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=MOST_NAMED):
                    one = unsent(record, day, its, is_stale=record.built_on < today)
                    is_ready = record.state is RecordState.TO_EXPORT
                    found.setdefault(record.key, Leaving(unsent=one, day=day, is_ready=is_ready))
        day = its.next_file(day)
    return leaving_window(found.values(), today, written)


async def _rejections(sight: Sight) -> list[Finding]:
    return await sight.read(lambda reader: rejection_findings(reader, sight.today))


def rejection_findings(reader: Reader, today: date) -> list[Finding]:
    """Judge the rejections of ESR by our file: those of the last days by those of four weeks before."""
    where = {"state": RecordState.REJECTED.value, "deanery": list(DEANERIES)}
    rejected: dict[str, int] = {}
    for record in _rejected(reader, where):
        rejected[record] = rejected.get(record, 0) + 1
    days = Between(today - _USUAL_DAYS, today + timedelta(days=1))
    answered = [
        Answered(name=file.name, type=file.type, day=file.day, rows=file.rows, rejected=rejected.get(file.name, 0))
        for file in reader.find(OUTBOUND_FILES, {"day": days})
        if file.rows and file.type in {"APP", "DNC"}
    ]  # fmt: skip
    recent = [file for file in answered if file.day >= today - _RECENT_DAYS]
    return unusual_rejections(recent, answered)


def _rejected(reader: Reader, where: Mapping[str, Any]) -> Iterable[str]:
    yield from (record.file or "" for record in reader.find(APPLICANTS, where))
    yield from (record.file or "" for record in reader.find(NOTIFICATIONS, where))


async def _sinks(sight: Sight) -> list[Finding]:
    names = [sink.name for sink in sinks_of(sight.settings)]
    if not names:
        return []
    return await sight.read(lambda reader: failing(statuses(reader, names, sight.now), sight.now))


SOURCES: tuple[Source, ...] = (
    Source(
        (
            about_servers.TCS_BREAKER_OPEN,
            about_servers.TCS_LIMIT_LOW,
            about_servers.DISK_SPACE,
            about_servers.MEMORY_HIGH,
            about_servers.TASK_RESTARTS,
            about_servers.CLOCK_SKEW,
        ),
        _process,
    ),
    Source((about_queues.BACKLOG_OLD, about_queues.OUTBOX_OLD), _depths),
    Source((about_queues.PARKED_OLD,), _parked),
    Source((about_queues.QUEUE_WITHOUT_CONSUMER,), _consumers),
    Source((about_servers.BROKER_ALARM,), _broker),
    Source(
        (
            about_files.FILE_LATE,
            about_files.FILE_MISSING,
            about_files.FILE_HELD,
            about_files.FILE_REFUSED,
            about_files.FILE_INCOMPLETE,
            about_files.FILE_GAP,
            about_files.CONFIRMATION_OVERDUE,
            about_files.SUSPECTED_QUARANTINE,
        ),
        _files,
        seconds=120,
    ),
    Source((about_servers.SINK_FAILING,), _sinks),
    Source((about_people.APPLICANTS_LEAVING_WINDOW,), _leaving, seconds=600),
    Source((about_files.REJECTS_ABOVE_USUAL,), _rejections, seconds=3600),
)


async def judge(sight: Sight, sources: Iterable[Source], last: Mapping[str, float]) -> Judged:
    """Look at the sources that are due, one after the other; ``last`` says when a kind was judged by any process.

    A source that can't be read leaves its kinds unknown, with the reason, and the others are judged.
    """
    findings: list[Finding] = []
    kinds: set[str] = set()
    unknown: dict[str, str] = {}
    for source in sources:
        if not is_due(source, last, sight.now.timestamp(), sight.settings.alarm_seconds):
            continue
        try:
            findings += await source.look(sight)
        except (TransientError, TisEsrError, OSError) as error:
            unknown |= dict.fromkeys((kind.id for kind in source.kinds), str(error) or type(error).__name__)
        except Exception as error:  # noqa: BLE001 - what can't judge one kind must not keep the others from it
            unknown |= dict.fromkeys((kind.id for kind in source.kinds), type(error).__name__)
        else:
            kinds.update(kind.id for kind in source.kinds)
    if unknown:
        findings.append(_not_judged(unknown))
    kinds.add(about_servers.ALARMS_NOT_JUDGED.id)
    return Judged(findings=findings, kinds=frozenset(kinds), unknown=unknown, process=sight.process.name)


def is_due(source: Source, last: Mapping[str, float], now: float, every: float) -> bool:
    """Return whether a source is to be read: each process reads what is about itself, of the rest one reads what is old.

    ``every`` are the seconds between two evaluations. Also what was judged by a clock that was ahead is read again.
    """
    if source.per_process:
        return True
    seconds = max(source.seconds, every)
    ages = [now - last.get(kind.id, 0.0) for kind in source.kinds]
    return max(ages) >= _NEARLY * seconds or min(ages) < -seconds


def _not_judged(unknown: Mapping[str, str]) -> Finding:
    reason = next(iter(unknown.values()))
    text = f"{len(unknown)} kinds of alarms cannot be judged: {reason}"
    return finding(about_servers.ALARMS_NOT_JUDGED, "", sorted(unknown), text)
