"""Sources about applicants: who leaves the window unsent, the 12-week promise, statuses in TIS."""

from datetime import UTC, date, datetime, timedelta

from tis_esr.counted import counted
from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between
from tis_esr.engine.faults import TransientError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms import about_people
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_people import Leaving, leaving_window, promise_at_risk, status_drift
from tis_esr.operations.alarms.sight import NotKnownError, Sight, Source
from tis_esr.operations.alarms.thresholds import LEAVING_DAYS
from tis_esr.operations.composition import window
from tis_esr.operations.promise.promise import Per, promise
from tis_esr.operations.status_check.stored_run import stored_run
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.deadline_guard import MOST_NAMED, searches, unsent
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES, OutboundState, RecordState

_PROMISE_WEEKS = 15
_PROMISE_SECONDS = 4 * 3600.0
"""It reads the applicants of months, and changes by the day."""
_COMPARED_WITHIN = timedelta(days=8)
"""Longer than between two comparisons of any usual schedule."""
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


async def _leaving(sight: Sight) -> list[Finding]:
    its = window(sight.settings)
    return await sight.read(lambda reader: leaving_findings(reader, sight.today, its))


def leaving_findings(reader: Reader, today: date, its: ApplicantWindow) -> list[Finding]:
    """Judge the unsent records that leave the window with the file of today, or of the days after it."""
    files = reader.find(OUTBOUND_FILES, {"day": Between(today, today + timedelta(days=1))})
    written = {file.deanery for file in files if file.type == "APP" and file.state in _GONE_OUT}
    found: dict[str, Leaving] = {}
    cut: set[str] = set()
    day = today
    while day < today + timedelta(days=LEAVING_DAYS):
        for deanery in DEANERIES:
            for where in searches(deanery, day, its):
                records = reader.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=MOST_NAMED + 1)
                if len(records) > MOST_NAMED:
                    cut.add(deanery)
                for record in records[:MOST_NAMED]:
                    one = unsent(record, day, its, is_stale=record.built_on < today)
                    is_ready = record.state is RecordState.TO_EXPORT
                    found.setdefault(record.key, Leaving(unsent=one, day=day, is_ready=is_ready))
        day = its.next_file(day)
    return leaving_window(found.values(), today, written, cut)


async def _promise(sight: Sight) -> list[Finding]:
    its = window(sight.settings)

    def look(reader: Reader) -> list[Finding]:
        known = promise(
            reader, DEANERIES, day=sight.today, weeks=_PROMISE_WEEKS, by=Per.START, reached_on=its.reached_on
        )
        return promise_at_risk(known, sight.today)

    return await sight.read(look)


async def _statuses(sight: Sight) -> list[Finding]:
    run = await stored_run(sight.begin())
    if run is None:
        raise NotKnownError("statuses were not compared: TIS_ESR_RECONCILE_STATUS_CRON does so every night")
    if not run.is_finished:
        raise NotKnownError("a comparison of statuses is running")
    age = sight.now - datetime.fromtimestamp(run.finished_at, UTC)
    if sight.settings.reconcile_status_cron is not None and age > _COMPARED_WITHIN:
        raise TransientError(
            f"statuses were compared last {counted(age.days, 'day')} ago, although that is scheduled"
        )
    return status_drift(run)


SOURCES = (
    Source((about_people.APPLICANTS_LEAVING_WINDOW,), _leaving, seconds=600),
    Source((about_people.STATUS_DRIFT,), _statuses, seconds=600),
    Source((about_people.PROMISE_AT_RISK,), _promise, seconds=_PROMISE_SECONDS),
)
