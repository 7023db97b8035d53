"""The applicants who leave the window with a day's file, and won't be in it unless somebody acts, by who must act."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.data_exporter.deadline_guard import searches, unsent
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState


def leaving_unless_somebody_acts(
    reader: Reader, deaneries: Iterable[str], day: date, window: ApplicantWindow, written: Collection[str]
) -> Counter[Who]:
    """Return how many there are by who must act.

    A record that is ready goes with the day's file, so it counts only for the deaneries whose file is ``written``.
    """
    found: Counter[Who] = Counter()
    for deanery in deaneries:
        for where in searches(deanery, day, window):
            for record in reader.find(APPLICANTS, where):
                if record.state is not RecordState.TO_EXPORT or deanery in written:
                    found[unsent(record, day, window, is_stale=record.built_on < day).who] += 1
    return found
