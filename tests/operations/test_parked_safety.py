"""Is a retry safe? What it would do by the rules of its service, and what TCS and ESR already have of it."""

from contextlib import closing
from random import Random

import pytest
from tests.services.bench import FILE, OLDER, Bench, Benches, message
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.positions import Claim, PositionRow, SourceRow
from tis_esr.decisions.versions import stamp_of
from tis_esr.engine.envelope import Message
from tis_esr.operations.parked.safety import Safety, safety
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.services.inbound_data_writer.person_journal import (
    JOURNAL,
    TIS_PEOPLE,
    JournalEntry,
    Outcome,
    TisPerson,
)
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS, Linked, TisPosition
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.services.superseding import Handled
from tis_esr.simulation.days.generated_world import World

GMC = "7200001"


def judged(bench: Bench, one: Message) -> Safety:
    with closing(bench.reader()) as reader:
        return safety(reader, one, TODAY)


def por(file: str) -> Message:
    return message("esr.queue.por.split", file, {"positionID": 1, "deaneryNumber": "EOE/RX1/1/1"}, file)


def assignment(file: str) -> Message:
    rows = [
        {"row": 2, "type": "PER", "values": {"lastName": "Specimen"}},
        {"row": 3, "type": "PBD", "values": {"body": "General Medical Council", "regNumber": GMC}},
    ]
    return message("esr.queue.asg.split", file, {"rows": rows}, file, last_row=3)


def changed(revision: int) -> Message:
    body = {
        "revision": revision, "sources": [], "postId": 7, "positionId": 1, "positionNumber": 1001,
        "status": "RECONCILED", "filename": FILE, "eventDateTime": "",
    }  # fmt: skip
    return message("esr.queue.position.changed", revision, body)


@pytest.mark.parametrize(("file", "expected"), [(OLDER, "superseded"), (FILE, "takes effect")])
async def test_an_older_row_of_a_position_would_be_superseded(
    benches: Benches, file: str, expected: str
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        values = PositionRow(position_id=1, deanery_number="EOE/RX1/1/1")
        row = SourceRow(stamp=stamp_of(FILE, 2), deanery="EOE", file=FILE, values=values)
        await bench.keep(POSITIONS, Position(position_id=1, claims={"EOE": Claim(por=row)}))
        assert judged(bench, por(file)).outlook == expected


@pytest.mark.parametrize(("file", "expected"), [(OLDER, "superseded"), (FILE, "takes effect")])
async def test_details_of_a_person_that_newer_rows_had_would_be_superseded(
    benches: Benches, file: str, expected: str
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        entry = JournalEntry(
            correlation_id=f"{FILE}:2", row=2, person_id=12, gmc_number=GMC, section="contact",
            field="legalSurname", old=None, new=None, state=Outcome.APPLIED,
        )  # fmt: skip
        stamps = {"contactDetails.legalSurname": stamp_of(FILE, 2), "contact.legalSurname": stamp_of(FILE, 2)}
        await bench.keep(JOURNAL, entry)
        await bench.keep(TIS_PEOPLE, TisPerson(person_id=12, stamps=stamps))
        found = judged(bench, assignment(file))
        assert found.outlook == expected
        if file == FILE:
            assert found.in_tcs == ["person 12: contact.legalSurname: Applied"]


@pytest.mark.parametrize(
    ("revision", "expected"), [(1, "superseded"), (2, "done before"), (3, "done before")]
)
async def test_what_tcs_has_of_a_position_is_said(benches: Benches, revision: int, expected: str) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        linked = Linked(post_id=7, status="RECONCILED")
        known = TisPosition(
            position_id=1, position_number=1001, handled=Handled(version=2), wanted=linked, event_at="", confirmed=linked
        )  # fmt: skip
        await bench.keep(POSITIONS, Position(position_id=1, position_number=1001))
        await bench.keep(TIS_POSITIONS, known)
        found = judged(bench, changed(revision))
        assert (found.outlook, found.in_tcs) == (expected, ["position 1: RECONCILED on post 7"])


async def test_an_export_that_tcs_confirmed_has_been_done_before(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        body = {
            "placementId": 17, "positionId": 1, "positionNumber": 1001, "deaneryNumber": "EOE/RX1/1/1", "personId": 12,
            "dateFrom": "2026-12-01", "dateTo": "2027-12-01", "lastName": "Specimen", "firstName": "Testa",
            "gmcNumber": GMC, "filename": "A.DAT", "exportedAt": "",
        }  # fmt: skip
        one = message("esr.queue.apprecord.exported.inbounddatawriter", 1, body)
        assert judged(bench, one).outlook == "takes effect"
        await bench.keep(
            TIS_EXPORTS, TisExport(placement_id=17, position_id=1, filename="A.DAT", confirmed=True)
        )
        assert judged(bench, one).outlook == "done before"


async def test_an_unreadable_row_cannot_be_retried_and_an_unreadable_body_is_said(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        row = judged(bench, message(UNREADABLE, 1, {"raw": "POR,twelve", "problems": []}))
        assert (row.can_retry, row.outlook) == (False, "not possible")
        assert judged(bench, message("esr.queue.por.split", 2, ["no", "row"])).outlook == "unknown"
        assert (
            judged(bench, message("esr.queue.position.due", 3, {"positionId": 1})).outlook == "takes effect"
        )
