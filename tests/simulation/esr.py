"""ESR, as far as it answers: every file that it was sent is confirmed row by row, in any order, often twice."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from random import Random

from tests.simulation.outcome import sent
from tests.simulation.store import SimStore
from tests.simulation.world import MADE_AT

from tis_esr.records.file_names import FileName
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.records.values import Value
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)

_ANSWERS = {"APP": "APC", "DNC": "DCC", "DNF": "DCC"}


class Esr:
    """See the module."""

    def __init__(self, seed: int, store: SimStore) -> None:
        self._random = Random(f"{seed} esr")
        self._store = store
        self._answered: set[str] = set()

    def answers(self, written: dict[str, bytes]) -> Iterator[tuple[float, str, bytes, bool]]:
        """Yield the answer to each file that has none yet: when it comes, its name, its content, and whether twice."""
        for name in sorted(written.keys() - self._answered):
            self._answered.add(name)
            if FileName.parse(name).type not in _ANSWERS:
                continue
            answer, content = self._answer(FileName.parse(name))
            yield self._random.uniform(0.0, 40.0), answer, content, self._random.random() < 0.3

    def _answer(self, name: FileName) -> tuple[str, bytes]:
        answer = FileName(name.deanery, _ANSWERS[name.type], name.date, name.sequence)
        collection = APPLICANTS if name.type == "APP" else NOTIFICATIONS
        records = [r for r in self._store.everything(collection) if r.file == str(name)]  # type: ignore[arg-type]
        rows = [format_row(answer.type, dict(_row(record))) for record in records]
        self._random.shuffle(rows)
        first = format_row("HDR", header(answer, datetime.combine(name.date, MADE_AT)))
        lines = [first, *rows, format_row("TRL", trailer(len(rows) + 2))]
        return str(answer), ("\n".join(lines) + "\n").encode()


def _row(record: ApplicantRecord | NotificationRecord) -> Iterator[tuple[str, Value]]:
    yield "deaneryNumber", record.deanery_number
    yield "loadStatusCode", "SUCCESS" if verdict(record) is RecordState.CONFIRMED else "FAIL"
    yield "positionId", record.position_id
    yield "positionNumber", record.fields.get("positionNumber")
    yield "esrVacancyId" if isinstance(record, ApplicantRecord) else "row", record.file_row


def verdict(record: ApplicantRecord | NotificationRecord) -> RecordState:
    """Return what ESR says of a record that it was sent: it takes six in seven."""
    digest = blake2b(f"{record.file} {record.file_row}".encode(), digest_size=2).digest()
    return RecordState.REJECTED if int.from_bytes(digest, "big") % 7 == 0 else RecordState.CONFIRMED


def unconfirmed(records: list[ApplicantRecord | NotificationRecord]) -> Iterator[str]:
    """Say of which sent records ESR's word isn't known."""
    for record in records:
        if sent(record) and record.state is not verdict(record):
            yield f"{record.key} went in {record.file} row {record.file_row}; ESR said {verdict(record).value}, it is {record.state.value}"
