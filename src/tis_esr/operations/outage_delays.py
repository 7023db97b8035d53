"""What an outage delayed: inbound files, messages, scheduled runs, and files to ESR."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from tis_esr.counted import counted
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.dates import iso, moment, readable
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import gaps, open_gaps, to_do
from tis_esr.operations.outage_effects import Effect, EffectKind, effect
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.command_schedule import SCHEDULE
from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    DAILY_RULES_COMMAND,
    NOTIFICATION_COMMAND,
    RECONCILE_ALL_COMMAND,
)
from tis_esr.services.cron import next_after
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import (
    FILES,
    NOT_TAKEN,
    UNDER_WAY,
    FileState,
    InboundFile,
)
from tis_esr.wall_clock import LONDON

_SHOWN_UP_WITHIN = timedelta(days=7)
_EXPORTS = {APPLICANT_COMMAND: "APP", NOTIFICATION_COMMAND: "DNC"}
_RUNS = {DAILY_RULES_COMMAND: "daily rules", RECONCILE_ALL_COMMAND: "comparison of all positions with TIS"}
_EXPORT = {"APP": "tis-esr export applicants", "DNC": "tis-esr export notifications"}
_DONE = (OutboundState.WRITTEN, OutboundState.SENT, OutboundState.NOTHING_TO_SEND)
_START_AGAIN = "start the services (tis-esr doctor); unfinished files go on by themselves"


def delayed(
    state: Reader, start: datetime, end: datetime, days: Sequence[date], crons: Mapping[str, str]
) -> list[Effect]:
    """Return what is or was late; ``crons`` has the schedule of each command (see ``settings``)."""
    waiting = {queue: number for queue, number in state.waiting().items() if number}
    inbound, outbound = state.find(FILES, {}), state.find(OUTBOUND_FILES, {"day": Between(days[0], date.max)})
    return [
        *_files(state, inbound, end, days, is_busy=bool(waiting)),
        *_missing(state, inbound, days),
        *_backlog(waiting),
        *_parked(state, start, end),
        *_runs(state, start, end, crons),
        *_exports(outbound, start, end, crons),
        *_incomplete(file for file in outbound if file.day in days),
    ]


def _files(
    state: Reader, inbound: Iterable[InboundFile], end: datetime, days: Sequence[date], *, is_busy: bool
) -> Iterator[Effect]:
    """Yield the files of the days by what holds them up. Without a message that waits no row is pending."""
    own = sorted((file for file in inbound if file.day in days), key=lambda file: file.key)
    taken = [file.name for file in own if file.state not in NOT_TAKEN and not file.rows_gone]
    counts = state.row_counts(taken) if is_busy else {}
    pending = {name: states.get(RowState.PENDING, 0) for name, states in counts.items()}
    late = []
    for file in own:
        rows = 0 if file.copy else pending.get(file.name, 0)
        if file.state in UNDER_WAY or rows:
            said = f"{counted(rows, 'row is', 'rows are')} pending" if rows else f"it is {file.state.value}"
            yield _unfinished(file, said, Who.SUPPORT, _START_AGAIN)
        elif file.state in NOT_TAKEN and file.open_findings:
            who = Who.NOBODY if file.state is FileState.HELD else Who.SUPPORT
            yield _unfinished(file, "; ".join(file.open_findings), who, to_do(file))
        elif (changed := moment(file.changed_at)) is not None and changed >= end:
            late.append(file.name)
    if late:
        yield effect(EffectKind.FILE_LATE, late, f"last worked on after {_said(end)}", is_open=False)


def _unfinished(file: InboundFile, why: str, who: Who, action: str) -> Effect:
    return effect(EffectKind.FILE_UNFINISHED, [file.name], why, is_open=True, who=who, action=action)


def _missing(state: Reader, inbound: Iterable[InboundFile], days: Sequence[date]) -> Iterator[Effect]:
    """Yield the gaps that a file of the outage's days, or of the week after, reveals."""
    known = list(inbound)
    last = days[-1] + _SHOWN_UP_WITHIN
    names = {file.name for file in known if file.day is not None and days[0] <= file.day <= last}
    rmt = [file for file in known if file.counter == "RMT"]
    for gap in open_gaps(gaps(rmt, (), kept_from(state))):
        if gap.shown_by in names:
            yield effect(
                EffectKind.FILE_MISSING,
                [gap.name],
                gap.text,
                number=gap.number,
                is_open=True,
                who=Who.SUPPORT,
                action=f"ask ESR for it, or settle it: tis-esr files {gap.name} --settle TEXT",
            )


def _backlog(waiting: Mapping[str, int]) -> Iterator[Effect]:
    if waiting:
        named = ", ".join(f"{number:,} in {queue}" for queue, number in sorted(waiting.items()))
        yield effect(
            EffectKind.BACKLOG,
            sorted(waiting),
            named,
            number=sum(waiting.values()),
            is_open=True,
            who=Who.SUPPORT,
            action=_START_AGAIN,
        )


def _parked(state: Reader, start: datetime, end: datetime) -> Iterator[Effect]:
    by_reason: dict[str, list[str]] = {}
    for trace in state.parked():
        if start.timestamp() <= trace.parked_since < end.timestamp():
            by_reason.setdefault(trace.reason, []).append(f"{trace.queue} {trace.id}")
    for reason, names in sorted(by_reason.items()):
        action = "requeue or discard them: tis-esr parked"
        yield effect(EffectKind.PARKED, names, reason, is_open=True, who=Who.SUPPORT, action=action)


def _fires(cron: str, start: datetime, end: datetime) -> Iterator[datetime]:
    at = next_after(cron, start - timedelta(seconds=1))
    while at < end:
        yield at
        at = next_after(cron, at)


def _runs(state: Reader, start: datetime, end: datetime, crons: Mapping[str, str]) -> Iterator[Effect]:
    """Yield the runs that were due; the schedule has requested one once its next time is later."""
    for due in state.get(SCHEDULE, list(_RUNS)):
        missed = list(_fires(crons[due.command], start, end)) if due.command in crons else []
        if missed:
            is_open = due.at <= missed[-1]
            named = f"{_RUNS[due.command]}, due {', '.join(map(_said, missed))}"
            said = "not requested since" if is_open else "requested since: the last of them, which covers all"
            yield effect(
                EffectKind.RUN_MISSED,
                [f"{due.command} {at.astimezone(LONDON).isoformat()}" for at in missed],
                f"{named}: {said}",
                is_open=is_open,
                who=Who.SUPPORT if is_open else Who.NOBODY,
                action=_START_AGAIN if is_open else "",
            )


def _exports(
    outbound: Iterable[OutboundFile], start: datetime, end: datetime, crons: Mapping[str, str]
) -> Iterator[Effect]:
    last: dict[tuple[str, str], date] = {}
    for file in outbound:
        if file.state in _DONE:
            key = file.type, file.deanery
            last[key] = max(file.day, last.get(key, date.min))
    for command, type_ in _EXPORTS.items():
        for due in _fires(crons[command], start, end) if command in crons else ():
            day = due.astimezone(LONDON).date()
            lacking = [deanery for deanery in DEANERIES if last.get((type_, deanery), date.min) < day]
            yield effect(
                EffectKind.EXPORT_DUE,
                [f"{type_} {deanery} {day}" for deanery in lacking],
                f"{type_}, due {_said(due)}: {_since(lacking)}",
                number=len(lacking) or len(DEANERIES),
                is_open=bool(lacking),
                who=Who.SUPPORT if lacking else Who.NOBODY,
                action=f"{_EXPORT[type_]}; one file has what all missed ones would have had"
                if lacking
                else "",
            )


def _since(lacking: Sequence[str]) -> str:
    if not lacking:
        return "every deanery has had one since"
    if len(lacking) == len(DEANERIES):
        return "no deanery has had one since"
    return f"none since for {', '.join(lacking)}"


def _incomplete(outbound: Iterable[OutboundFile]) -> Iterator[Effect]:
    for file in sorted(outbound, key=lambda file: file.name):
        if file.lacks:
            said = f"when it was created, {file.lacks}; what came later goes with the next file"
            yield effect(EffectKind.EXPORT_INCOMPLETE, [file.name], said, is_open=False)


def _said(at: datetime) -> str:
    return readable(iso(at.timestamp()))
