"""Resends chosen rows of a file in one unit of work, refused if one of them has changed since they were chosen."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import uuid4

from tis_esr.counted import counted, plural
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.resending import Plan, plan, requeue, settle_resent
from tis_esr.operations.resending_notifications import mark_lost, plan_lost, settle_lost
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, ask
from tis_esr.services.data_exporter.region_starts import refuse_while_starting

MOST_ROWS: Final = 500
"""Rows that are resent at once; the others of a longer file are resent by doing it again."""


class RowsAnsweredError(TisEsrError):
    """Some rows of ``file`` were confirmed, resent or reported as lost since a person chose them."""

    exit_code = Exit.USAGE

    def __init__(self, file: str, chosen: int, left: int) -> None:
        super().__init__(
            f"{counted(chosen, 'row')} of {file} {plural(chosen, 'was', 'were')} chosen, and only {left:,} can be resent"
            " now: ESR has confirmed the others, or they were resent, meanwhile"
        )
        self.file, self.chosen, self.left = file, chosen, left


def resend_plan(reader: Reader, name: str, day: date, window: ApplicantWindow, due_days: int) -> Plan:
    """Return which rows of a file can be resent on a day, and why others can't. Raises UsageError."""
    if FileName.parse(name).type == "APP":
        return plan(reader, name, None, day=day, window=window, due_days=due_days)
    return plan_lost(reader, name, None, day=day, due_days=due_days)


async def resend_rows(
    work: Work,
    person: Person,
    file: str,
    rows: Mapping[int, str],
    day: date,
    why: str,
    *,
    at_once: bool,
) -> str:
    """Resend rows (records' keys by row) with an audit entry; return what happens next. Commits nothing.

    With ``at_once`` a running DataExporter is requested to write applicants into a separate file. Raises
    RowsAnsweredError and RegionStartingError.
    """
    name = FileName.parse(file)
    await refuse_while_starting(work, name.deanery)
    keys = list(rows.values())
    is_applicants = name.type == "APP"
    done = await requeue(work, file, keys) if is_applicants else await mark_lost(work, file, keys)
    if done != len(keys):
        raise RowsAnsweredError(file, len(keys), done)
    if is_applicants:
        await settle_resent(work, file, day)
        if at_once:
            ask(work, APPLICANT_COMMAND, day, [name.deanery], uuid4().hex, only=keys)
        act, result = "export.resend", f"rows {', '.join(map(str, sorted(rows)))}"
    else:
        await settle_lost(work, file, day)
        act = "notifications.resend"
        result = counted(done, "row counts as never sent", "rows count as never sent")
    await record(work, person, act, [file], why=why, result=result)
    return _next(done, is_applicants=is_applicants, at_once=at_once)


def _next(rows: int, *, is_applicants: bool, at_once: bool) -> str:
    said = counted(rows, "row")
    if not is_applicants:
        return f"{said} counted as never sent: the next DNC has what is true then."
    if at_once:
        return f"{said} requeued: a running DataExporter compares {plural(rows, 'it', 'them')} with TIS and writes a separate file."
    return f"{said} requeued: {plural(rows, 'it is', 'they are')} in the next export."
