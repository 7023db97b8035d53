"""A file of odd rows is taken row by row: each has an end of its own, in bounded memory, and its neighbours go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import msgspec
import pytest

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.protocol import Commit
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import Nowhere
from tis_esr.files.folder import Folder
from tis_esr.services.contracts.bodies import Assignment
from tis_esr.services.flow import COLLECTIONS, Dependencies, handlers
from tis_esr.services.inbound_data_reader import file_splitting
from tis_esr.services.inbound_data_reader.file_ledger import InboundFile
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.tcs.client import Tcs, TcsSettings

NAME = "DE_EOE_RMC_20261124_00000001.DAT"
POR = b'POR,1,"","C",2,"T","EOE/1"\n'
ASG = b'ASG,5,"","C",7,"","",,,"EOE/1","Lead Employer","",,,"",\n'
PBD = b'PBD,7,"","C","General Medical Council","7000001",\n'


def absence(number: int) -> bytes:
    return f'ABS,7,"","C",20260302,,1,"A{number}"\n'.encode()


class Counting(EmbeddedEngine):
    """Notes how many bytes of messages each commit has."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, COLLECTIONS)
        self.sizes: list[int] = []

    async def commit(self, commit: Commit) -> None:
        bodies = [*commit.messages, *(parking[0] for parking in commit.parked)]
        self.sizes.append(sum(len(message.body) for message in bodies))
        await super().commit(commit)


class Taken:
    """What came of a file: its ledger entry, its rows, the messages of assignments, and what was parked."""

    def __init__(self, file: InboundFile, engine: Counting) -> None:
        self.file, self.engine = file, engine

    @property
    def rows(self) -> dict[int, tuple[str, RowState]]:
        found = self.engine._connection.execute("SELECT row, type, state FROM rows ORDER BY row")
        return {row: (type_, RowState(state)) for row, type_, state in found}

    @property
    def reasons(self) -> dict[int, str]:
        return dict(self.engine._connection.execute("SELECT row, reason FROM parkings ORDER BY row"))

    @property
    def assignments(self) -> list[Assignment]:
        found = self.engine._connection.execute(
            "SELECT body FROM messages WHERE queue = 'esr.queue.asg.split' ORDER BY row"
        )
        return [msgspec.json.decode(body, type=Assignment) for (body,) in found]


@asynccontextmanager
async def taken(place: Path, content: bytes) -> AsyncIterator[Taken]:
    """Take a file and give what came of it."""
    store = Folder(place / "in", make=True)
    (store.path / NAME).write_bytes(content)
    engine = Counting(place / "state")
    try:
        outside = Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), store, Nowhere())
        runner = Runner(engine, handlers(outside), today=lambda: date(2026, 11, 24), patience=10)
        yield Taken((await InboundDataReader(runner.work).take(store, NAME)).file, engine)
    finally:
        engine.close()


@pytest.mark.parametrize("damage", [b"\0", b"\x01\x02\x03" * 100])
async def test_a_row_with_nuls_or_control_characters_is_one_parked_row(tmp_path: Path, damage: bytes) -> None:
    damaged = POR.replace(b'"T"', b'"T' + damage + b'"')
    async with taken(tmp_path, damaged + POR + b"TRL,3\n") as found:
        assert found.reasons == {1: "the row contains a NUL or another control character"}
        assert (found.file.state, found.file.rows, found.file.incomplete) == ("split", 3, "")


async def test_blank_lines_and_an_end_of_file_mark_make_no_file_incomplete(tmp_path: Path) -> None:
    async with taken(tmp_path, POR + b"\n\nTRL,2\n\x1a") as found:
        assert (found.file.rows, found.file.incomplete) == (5, "")
        assert [state for _, state in found.rows.values()] == [
            RowState.PENDING,
            *[RowState.IGNORED] * 4,
        ]


async def test_a_joined_row_is_one_row_and_the_next_has_the_number_of_its_line(tmp_path: Path) -> None:
    async with taken(tmp_path, ASG + b'ADD,7,"","C","H","Y","1 Old\nMill Lane"\n' + POR) as found:
        assert found.rows == {
            1: ("ASG", RowState.PENDING),
            2: ("ADD", RowState.PENDING),
            4: ("POR", RowState.PENDING),
        }
        assert found.file.rows == 3


async def test_a_person_may_have_more_absences_than_one_message_holds(tmp_path: Path) -> None:
    content = ASG + PBD + b"".join(absence(number) for number in range(1200)) + POR
    async with taken(tmp_path, content) as found:
        assert found.reasons == {}
        parts = found.assignments
        assert [row.values["absenceID"] for part in parts for row in part.rows if row.type == "ABS"] == [
            f"A{number}" for number in range(1200)
        ]
        assert [[row.type for row in part.head] for part in parts] == [[], ["ASG", "PBD"], ["ASG", "PBD"]]
        assert (found.file.asg_row, found.file.asg_head) == (0, [])


async def test_a_chunk_may_end_in_the_middle_of_a_long_assignment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_CHUNK", 10)
    monkeypatch.setattr(file_splitting, "ROWS_A_GROUP", 7)
    content = ASG + PBD + b"".join(absence(number) for number in range(50)) + POR + absence(99)
    async with taken(tmp_path, content) as found:
        parts = found.assignments
        assert sum(row.type == "ABS" for part in parts for row in part.rows) == 50
        assert all([row.type for row in part.head] == ["ASG", "PBD"] for part in parts[1:])
        assert found.reasons == {54: "no ASG row before this ABS"}


async def test_what_follows_an_assignment_that_can_not_be_used_says_so_however_long_it_is(
    tmp_path: Path,
) -> None:
    content = ASG.replace(b"Lead", b"Loud") + b"".join(absence(number) for number in range(600))
    async with taken(tmp_path, content) as found:
        assert set(list(found.reasons.values())[1:]) == {"the ASG row 1 that it belongs to can't be used"}
        assert len(found.reasons) == 601


async def test_unreadable_rows_are_committed_by_their_bytes_as_well_as_their_number(tmp_path: Path) -> None:
    async with taken(tmp_path, (b"XYZ," + b"x" * 60_000 + b"\n") * 300) as found:
        assert len(found.reasons) == 300
        assert max(found.engine.sizes) < 6 << 20


async def test_record_types_without_number_dont_grow_the_ledger(tmp_path: Path) -> None:
    content = b"".join(f"T{number:x},1\n".encode() for number in range(3000))
    async with taken(tmp_path, content) as found:
        assert found.file.counts == {"unknown": 3000}
