"""Sources about applicants: who leaves the window unsent, and the 12-week promise."""

from datetime import date, timedelta

from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms import about_people
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_people import Leaving, leaving_window, promise_at_risk
from tis_esr.operations.alarms.sight import Sight, Source
from tis_esr.operations.alarms.thresholds import LEAVING_DAYS
from tis_esr.operations.composition import window
from tis_esr.operations.promise.promise import Per, promise
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.deadline_guard import MOST_NAMED, searches, unsent
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES, OutboundState, RecordState

_PROMISE_WEEKS = 15
_PROMISE_SECONDS = 4 * 3600.0
"""It reads the applicants of months, and changes by the day."""
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


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


async def _promise(sight: Sight) -> list[Finding]:
    its = window(sight.settings)

    def look(reader: Reader) -> list[Finding]:
        known = promise(
            reader, DEANERIES, day=sight.today, weeks=_PROMISE_WEEKS, by=Per.START, reached_on=its.reached_on
        )
        return promise_at_risk(known, sight.today)

    return await sight.read(look)


SOURCES = (
    Source((about_people.APPLICANTS_LEAVING_WINDOW,), _leaving, seconds=600),
    Source((about_people.PROMISE_AT_RISK,), _promise, seconds=_PROMISE_SECONDS),
)
