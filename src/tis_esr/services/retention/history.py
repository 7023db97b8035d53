"""The history for ``why``: the journal, decisions, exports, sent records, outbound files, the ledger, purges."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tis_esr.decisions.retention_periods import is_applicant_over, is_notification_over
from tis_esr.decisions.sent_applicants import is_dates_fact_over
from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Cursor
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    PENDING,
    RUNS,
    NotificationRecord,
    OutboundState,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, InboundFile
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, VPD_USES, KnownPosition
from tis_esr.services.retention.handled_messages import ROWS, ROWS_A_STEP
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Rule, Step, end_of, unsent_files

_ENDED = (OutboundState.SENT, OutboundState.NOTHING_TO_SEND)
Present = Callable[[], Awaitable[Iterable[str]]]
"""Returns the names of the files in the inbound store. Raises OSError and TransientError."""


def by_age(collection: Collection[Any]) -> Rule:
    """Return the rule for a collection whose documents are removed keep_history_days after they were last written."""

    async def remove(step: Step) -> Cursor | None:
        found = await step.work.written_before(collection, step.cutoffs.history, step.after, DOCUMENTS_A_STEP)
        for _, document in found:
            step.remove(collection, document)
        return end_of(found)

    return remove


async def remove_applicants(step: Step) -> Cursor | None:
    """Remove applicant records whose placement ended before the history's days, also by what TIS said of it last."""
    found = await step.work.written_before(APPLICANTS, step.cutoffs.history, step.after, DOCUMENTS_A_STEP)
    over = [record for _, record in found if is_applicant_over(record.date_to, step.cutoffs)]
    unsent = await unsent_files(step, over)
    known = await step.work.get(KNOWN_POSITIONS, {str(record.position_id) for record in over})
    for record in over:
        live = _live(known.get(str(record.position_id)), step) or set()
        if record.file not in unsent and str(record.placement_id) not in live:
            step.remove(APPLICANTS, record)
    return end_of(found)


async def remove_notifications(step: Step) -> Cursor | None:
    """Remove old notifications, except pending ones and the last one sent to ESR about each current subject."""
    found = await step.work.written_before(NOTIFICATIONS, step.cutoffs.history, step.after, DOCUMENTS_A_STEP)
    ids = sorted({record.position_id for _, record in found})
    if not ids:
        return None
    known = await step.work.get(KNOWN_POSITIONS, map(str, ids))
    unsent = await unsent_files(step, (record for _, record in found))
    handled = (await step.work.get(HANDLED, (f"notifications:{id_}" for id_ in ids))).values()
    current = {about for position in handled for about in position.standing}
    last = _last_sent(await step.work.find(NOTIFICATIONS, {"position_id": ids}))
    for _, record in found:
        if is_notification_over(
            record.about,
            is_pending=record.state in PENDING or record.file in unsent,
            is_current=record.about in current,
            is_last_sent=last.get(record.about) == record.number,
            live=_live(known.get(str(record.position_id)), step),
        ):
            step.remove(NOTIFICATIONS, record)
    return end_of(found)


def _last_sent(records: Iterable[NotificationRecord]) -> dict[str, int]:
    last: dict[str, int] = {}
    for record in records:
        if record.has_reached_esr:
            last[record.about] = max(record.number, last.get(record.about, 0))
    return last


def _live(known: KnownPosition | None, step: Step) -> set[str] | None:
    """Return the placements of a position that had not ended before the history's days, by what was last known of them.

    A position that nobody writes any more, as ESR sends no row of it, is not asked about again in TIS.
    """
    if known is None or known.post_id is None:
        return None
    day = step.cutoffs.history
    seen = {id_ for id_, dates in known.seen.items() if not is_dates_fact_over(dates, day)}
    return seen | {str(sent.placement_id) for sent in known.sent if sent.date_to >= day}


async def remove_uses(step: Step) -> Cursor | None:
    """Remove the VPD uses of positions whose notifications are built from no placement."""
    found = await step.work.written_before(VPD_USES, step.cutoffs.history, step.after, DOCUMENTS_A_STEP)
    known = await step.work.get(KNOWN_POSITIONS, {str(use.position_id) for _, use in found})
    for _, use in found:
        if not _live(known.get(str(use.position_id)), step):
            step.remove(VPD_USES, use)
    return end_of(found)


async def remove_runs(step: Step) -> Cursor | None:
    """Remove the exports of old days with their files, once all of them are finished."""
    found = await step.work.written_before(RUNS, step.cutoffs.history, step.after, 10)
    for _, run in found:
        files = list((await step.work.get(OUTBOUND_FILES, run.files)).values())
        if run.day < step.cutoffs.history and all(file.state in _ENDED for file in files):
            step.remove(RUNS, run)
            for file in files:
                step.remove(OUTBOUND_FILES, file)
    return found[-1][0] if len(found) == 10 else None


def ledger(present: Present | None) -> Rule:
    """Return the rule for the ledger: files dated before its oldest day, and invalid files that are no longer in the store. If ``present`` is None, or the store can't be listed, invalid files stay."""
    names: set[str] | None = None

    async def remove(step: Step) -> Cursor | None:
        nonlocal names
        found = await step.work.written_before(FILES, step.cutoffs.messages, step.after, DOCUMENTS_A_STEP)
        if names is None and present is not None and any(_is_junk(file) for _, file in found):
            try:
                names = set(await present())
            except (OSError, TransientError):
                names = None
        for (written_on, _), file in found:
            if _is_junk(file):
                is_over = names is not None and file.name not in names
            else:
                is_over = _is_over(file, written_on, step) and await _has_no_rows(file, step)
            if is_over:
                step.remove(FILES, file)
        return end_of(found)

    return remove


def _is_junk(file: InboundFile) -> bool:
    return file.day is None


def _is_over(file: InboundFile, written_on: str, step: Step) -> bool:
    """Return whether the entry may be removed: its rows are purged, and no file of its name is processed any more."""
    day = step.cutoffs.history
    if file.day is None or file.state in UNDER_WAY:
        return False
    has_no_rows = file.rows_gone or not file.rows or bool(file.copy) or step.is_dry_run
    return has_no_rows and file.day < day and written_on < day.isoformat()


async def _has_no_rows(file: InboundFile, step: Step) -> bool:
    """Forget rows that a late message was accounted for in after the file's had gone; say whether none is left then."""
    if not file.rows_gone:
        return True
    states = await step.engine.row_states(file.name)
    if not states:
        return True
    rows = await step.engine.rows_of(file.name, 0, ROWS_A_STEP)
    step.work.forget([], ((file.name, row) for row in rows))
    step.removed[ROWS] += len(rows)
    return len(rows) == sum(states.values())
