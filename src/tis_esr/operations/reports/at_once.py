"""Makes a report for a person who waits: of one office, without personal data, with TIS asked where only TIS knows."""

import asyncio
from datetime import date

from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.composition import tcs_for_operation, window
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.making import make_report
from tis_esr.operations.reports.report import Filters, Report
from tis_esr.settings import Settings
from tis_esr.tcs.tcs_errors import TcsError


class ReportNotMadeError(TisEsrError):
    """TIS did not answer what a report needs; ``reason`` says why."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(f"the report needs TIS, which did not answer: {reason}")
        self.reason = reason


def report_at_once(
    reader: Reader,
    settings: Settings,
    kind: ReportKind,
    filters: Filters,
    day: date,
    *,
    weeks: int,
    without_position: bool = False,
    for_trust: bool = False,
) -> Report:
    """Return a report as of a day. Call it in a thread: it has a loop of its own for TCS.

    Raises UsageError for what can't be, and ReportNotMadeError.
    """

    async def make() -> Report:
        async with tcs_for_operation(settings, None) as tcs:
            return await make_report(
                reader,
                kind,
                filters,
                day,
                window=window(settings),
                weeks=weeks,
                tcs=tcs,
                without_position=without_position,
                for_trust=for_trust,
            )

    try:
        return asyncio.run(make())
    except TcsError as error:
        raise ReportNotMadeError(str(error)) from error
