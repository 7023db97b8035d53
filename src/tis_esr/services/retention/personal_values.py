"""Blanks personal values that have served their purpose; the rest is kept as long as the history."""

import msgspec

from tis_esr.engine.protocol import Cursor
from tis_esr.services.data_exporter.outbound import APPLICANTS, RESENT
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, Outcome
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, still_of_interest
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step, end_of, not_looked_at, unsent_files

VALUES, FIELDS = "values of the journal", "columns of applicant records"
SENT = "applicants kept to compare with TIS"


async def blank_journal(step: Step) -> Cursor | None:
    """Blank the old and new values of journal entries; each is checked once, when it becomes old."""
    found = await not_looked_at(step, JOURNAL, step.cutoffs.personal)
    for (written_on, _), entry in found:
        if entry.state is not Outcome.PLANNED and (entry.old is not None or entry.new is not None):
            step.work.put(JOURNAL, msgspec.structs.replace(entry, old=None, new=None), written_on=written_on)
            step.removed[VALUES] += 1
    return end_of(found)


async def blank_applicants(step: Step) -> Cursor | None:
    """Blank the columns of applicant records once their placement has started: one that still waits goes no more."""
    found = await step.work.written_before(APPLICANTS, step.cutoffs.personal, step.after, DOCUMENTS_A_STEP)
    unsent = await unsent_files(step, (record for _, record in found))
    for (written_on, _), record in found:
        has_started = record.date_from < step.cutoffs.personal
        if has_started and (record.fields or record.newer) and record.file not in unsent:
            blank = msgspec.structs.replace(record, fields={}, newer=None)
            step.work.put(APPLICANTS, blank, written_on=written_on)
            step.removed[FIELDS] += 1
    return end_of(found)


async def forget_sent_applicants(step: Step) -> Cursor | None:
    """Forget, by position, applicants who were sent and whose placement is over: nothing more is said of them."""
    found = await step.work.written_before(
        KNOWN_POSITIONS, step.cutoffs.personal, step.after, DOCUMENTS_A_STEP
    )
    for (written_on, _), known in found:
        kept = still_of_interest(known.sent, step.cutoffs.personal)
        if len(kept) < len(known.sent):
            fewer = msgspec.structs.replace(known, sent=kept)
            step.work.put(KNOWN_POSITIONS, fewer, written_on=written_on)
            step.removed[SENT] += len(known.sent) - len(kept)
    return end_of(found)


async def remove_resent(step: Step) -> Cursor | None:
    """Remove the earlier sendings of applicants: ESR answers within days."""
    found = await step.work.written_before(RESENT, step.cutoffs.personal, step.after, DOCUMENTS_A_STEP)
    for _, resent in found:
        step.remove(RESENT, resent)
    return end_of(found)
