"""The ledger knows files by name and content: what is taken, refused, held, and told, on both engines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from random import Random

import pytest
from tests.services.bench import Bench, Benches
from tests.services.tcs_on_bench import TODAY

from tis_esr.files.folder import Folder
from tis_esr.records.file_names import DEANERIES
from tis_esr.records.row_writing import format_row
from tis_esr.services.contracts.bodies import Assignment
from tis_esr.services.inbound_data_reader import file_splitting
from tis_esr.services.inbound_data_reader.file_admission import Taken
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.simulation.days.generated_world import World

NAME = "DE_EOE_RMC_20261124_00000007.DAT"
HDR = 'HDR,"DE_EOE_RMC_20261124_00000007.DAT","20261124 120000","EOE","RMC"\n'
ROWS = 'POR,1,"","C",11,"T","EOE/1"\nPOR,2,"","C",12,"T","EOE/2"\n'
WHOLE = HDR + ROWS + "TRL,4\n"


class Place:
    """A service on the bench and the folder that its files come to."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.folder = Folder(folder, make=True)

    async def take(self, content: str | bytes, name: str = NAME) -> Taken:
        path = self.folder.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return await InboundDataReader(self.bench.runner.work).take(self.folder, name)

    async def split_positions(self) -> list[int]:
        """Return the positions of all POR rows that were emitted, in order."""
        return [body["positionID"] for body in await self.bench.told("esr.queue.por.split", dict)]


@asynccontextmanager
async def a_place(benches: Benches, folder: Path) -> AsyncIterator[Place]:
    async with benches.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        yield Place(bench, folder / "from-esr")


async def test_a_whole_file_is_split_without_a_finding(benches: Benches, tmp_path: Path) -> None:
    async with a_place(benches, tmp_path) as place:
        taken = await place.take(WHOLE)
        assert (taken.file.shown_state, taken.file.rows, taken.findings) == ("split", 4, [])
        again = await place.take(WHOLE)
        assert (again.fresh, again.said, again.findings) == (False, "already processed", [])
        assert await place.split_positions() == [1, 2]


@pytest.mark.parametrize(
    ("first", "finding", "rows_taken_before"),
    [
        pytest.param("", "incomplete: it is empty", [], id="empty"),
        pytest.param(b"\0" * 90, "refused: it is not a text file", [], id="NULs"),
        pytest.param(
            HDR + ROWS[:28],
            "incomplete: it has no TRL row, so its end may be missing",
            [1],
            id="cut between rows",
        ),
        pytest.param(
            HDR + ROWS[:40],
            "incomplete: it has no TRL row and ends within row 3, which is not applied",
            [1],
            id="cut within a row",
        ),
        pytest.param(
            HDR + ROWS + "TR",
            "incomplete: it has no TRL row and ends within row 4, which is not applied",
            [1, 2],
            id="cut within TRL",
        ),
    ],
)
async def test_a_whole_copy_is_taken_after_a_broken_one_and_each_row_is_emitted_once(
    benches: Benches, tmp_path: Path, first: str | bytes, finding: str, rows_taken_before: list[int]
) -> None:
    async with a_place(benches, tmp_path) as place:
        broken = await place.take(first)
        assert broken.findings == [finding]
        assert await place.split_positions() == rows_taken_before
        whole = await place.take(WHOLE)
        assert (whole.file.shown_state, whole.findings, whole.file.rows) == ("split", [], 4)
        assert whole.file.noted == 1
        assert await place.split_positions() == [1, 2]
        assert sum((await place.bench.rows(NAME)).values()) == 4
        assert await place.bench.parked() == []


@pytest.mark.parametrize(
    ("padding", "finding"),
    [
        (b"\0" * 200_000, "it has no TRL row and ends in padding, so its end may be missing"),
        (b" \x1a", "it has no TRL row and ends in padding, so its end may be missing"),
    ],
    ids=["NULs", "end-of-file mark"],
)
async def test_a_file_that_ends_in_padding_says_so_and_loses_no_row(
    benches: Benches, tmp_path: Path, padding: bytes, finding: str
) -> None:
    async with a_place(benches, tmp_path) as place:
        taken = await place.take((HDR + ROWS).encode() + padding)
        assert taken.findings == [f"incomplete: {finding}"]
        assert await place.split_positions() == [1, 2]
        for content in (WHOLE, WHOLE.encode() + padding):
            again = await place.take(content)
            assert again.findings == []
            assert (again.file.shown_state, again.file.rows) == ("split", 4 + (content != WHOLE))
            assert await place.split_positions() == [1, 2]
        assert sum((await place.bench.rows(NAME)).values()) == 5
        assert await place.bench.parked() == []
        whole = await place.take(WHOLE.encode() + padding, NAME.replace("0007", "0008"))
        assert whole.findings == ["its HDR names a file DE_EOE_RMC_20261124_00000007.DAT"]


async def test_a_row_that_the_padding_begins_within_is_cut(benches: Benches, tmp_path: Path) -> None:
    async with a_place(benches, tmp_path) as place:
        taken = await place.take((HDR + ROWS[:40]).encode() + b"\0" * 90)
        assert taken.findings == ["incomplete: it has no TRL row and ends within row 3, which is not applied"]
        assert await place.split_positions() == [1]


async def test_an_assignment_that_was_cut_off_is_emitted_again_as_a_whole(
    benches: Benches, tmp_path: Path
) -> None:
    rows = [
        format_row("ASG", {"assignmentId": 5, "personId": 9}),
        format_row("PER", {"personId": 9}),
        format_row("ABS", {"absenceID": "3", "personId": 9}),
    ]
    group = "".join(f"{row}\n" for row in rows)
    async with a_place(benches, tmp_path) as place:
        await place.take(group[: group.index("ABS") + 5])
        await place.take(group + "TRL,4\n")
        told = await place.bench.told("esr.queue.asg.split", Assignment)
        assert [[row.row for row in body.rows] for body in told] == [[1, 2], [1, 2, 3]]
        assert sum((await place.bench.rows(NAME)).values()) == 4
        assert await place.bench.parked() == []


async def test_joined_lines_before_the_cut_take_no_row_away(benches: Benches, tmp_path: Path) -> None:
    rows = ['POR,1,"","C",11,"T\nU","EOE/1"\n', ROWS[28:]]
    async with a_place(benches, tmp_path) as place:
        broken = await place.take(HDR + rows[0] + rows[1][:12])
        assert broken.findings == [
            "incomplete: it has no TRL row and ends within row 4, which is not applied"
        ]
        assert await place.split_positions() == [1]
        await place.take(HDR + rows[0] + rows[1] + "TRL,4\n")
        assert await place.split_positions() == [1, 2]


async def test_the_rest_of_a_long_assignment_comes_with_the_rows_it_belongs_to(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_GROUP", 3)
    absences = [format_row("ABS", {"absenceID": str(number), "personId": 9}) for number in range(5)]
    rows = [format_row("ASG", {"assignmentId": 5, "personId": 9}), *absences]
    async with a_place(benches, tmp_path) as place:
        cut = await place.take("".join(f"{row}\n" for row in rows[:4]))
        assert cut.file.asg_head == []
        await place.take("".join(f"{row}\n" for row in rows) + "TRL,7\n")
        told = await place.bench.told("esr.queue.asg.split", Assignment)
        parts = [([row.row for row in body.head], [row.row for row in body.rows]) for body in told]
        assert sorted(parts) == [([], [1, 2, 3]), ([1], [4]), ([1], [4, 5, 6])]
        assert await place.bench.parked() == []


async def test_other_content_is_kept_beside_what_was_taken_and_told_once(
    benches: Benches, tmp_path: Path
) -> None:
    async with a_place(benches, tmp_path) as place:
        await place.take(WHOLE)
        other = await place.take(WHOLE.replace("EOE/2", "EOE/3"))
        assert other.findings == [
            "other content: a file of this name with other content was processed before (4 rows, 131 bytes);"
            " if this one is right, deliver it under a new number"
        ]
        again = await place.take(WHOLE.replace("EOE/2", "EOE/3"))
        assert (again.fresh, again.findings) == (False, [])
        shorter = await place.take(HDR)
        assert shorter.file.state.value == "other_content"
        states = sorted(file.state.value for file in (await place.bench.all(FILES)).values())
        assert states == ["other_content", "other_content", "split"]
        assert await place.split_positions() == [1, 2]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param(
            "DE_XXX_RMC_20261124_00000001.DAT",
            f"held: deanery XXX is unknown; must be one of {', '.join(DEANERIES)}",
            id="unknown deanery",
        ),
        pytest.param(
            "DE_EOE_RMC_20620312_00000001.DAT",
            "held: dated 12 Mar 2062, more than a day after 24 Nov 2026: its rows would supersede all that arrives"
            " before that day. Ask ESR for the file with its correct date",
            id="dated far ahead",
        ),
        pytest.param(
            "DE_EOE_APP_20261124_00000001.DAT",
            "refused: APP files are outbound files, not sent by ESR",
            id="one of ours",
        ),
    ],
)
async def test_a_file_that_can_not_be_taken_by_its_name_is_told_and_nothing_of_it_is_emitted(
    benches: Benches, tmp_path: Path, name: str, reason: str
) -> None:
    async with a_place(benches, tmp_path) as place:
        taken = await place.take(ROWS + "TRL,2\n", name)
        assert taken.findings == [reason]
        assert await place.split_positions() == []
        assert await place.bench.rows(name) == {}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("DE_EOE_APP_20261124_00000001.DAT", "APP files are outbound files, not sent by ESR"),
        ("DE_EOE_DNC_20261124_00000001.DAT", "DNC files are outbound files, not sent by ESR"),
        (
            "letter.txt",
            "'letter.txt' is not a valid ESR file name: it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT",
        ),
    ],
)
async def test_a_file_that_was_refused_by_its_name_stays_refused_however_often_it_is_offered(
    benches: Benches, tmp_path: Path, name: str, reason: str
) -> None:
    async with a_place(benches, tmp_path) as place:
        await place.take(ROWS + "TRL,2\n", name)
        for content in (ROWS + "TRL,2\n", HDR + ROWS + "TRL,4\n", ""):
            again = await place.take(content, name)
            assert again.file.reason == reason
            assert (again.file.state.value, again.fresh, again.said) == (
                "refused",
                False,
                f"already refused: {reason}",
            )
        assert await place.split_positions() == []
        assert await place.bench.rows(name) == {}


async def test_a_blank_line_may_be_counted_by_trl_or_not(embedded: Benches, tmp_path: Path) -> None:
    said = "TRL counts {}, the file has 4 and 3 blank"
    counts = {
        1: said.format("1 row"),
        2: "",
        3: "",
        4: "",
        5: "",
        6: said.format("6 rows"),
        7: said.format("7 rows"),
    }
    async with a_place(embedded, tmp_path) as place:
        for count, incomplete in counts.items():
            name = f"DE_EOE_RMC_20261124_{count:08d}.DAT"
            header = f'HDR,"{name}","20261124 120000","EOE","RMC"\n'
            taken = await place.take(f"{header}\n{ROWS}TRL,{count}\n\n\n", name)
            assert (count, taken.file.incomplete) == (count, incomplete)


async def test_a_trl_without_a_number_makes_the_file_incomplete(embedded: Benches, tmp_path: Path) -> None:
    async with a_place(embedded, tmp_path) as place:
        taken = await place.take(HDR + ROWS + "TRL,many\n")
        assert taken.findings == ["incomplete: its TRL row has no number of rows"]


async def test_a_file_of_tomorrow_is_taken_and_one_of_the_day_after_when_its_day_is_near(
    benches: Benches, tmp_path: Path
) -> None:
    async with a_place(benches, tmp_path) as place:
        tomorrow = await place.take(ROWS + "TRL,2\n", "DE_EOE_RMC_20261125_00000008.DAT")
        later = await place.take(ROWS + "TRL,2\n", "DE_EOE_RMC_20261126_00000009.DAT")
        assert (tomorrow.file.state.value, later.file.state.value) == ("split", "held")
        place.bench.today[0] = date(2026, 11, 25)
        later = await place.take(ROWS + "TRL,2\n", "DE_EOE_RMC_20261126_00000009.DAT")
        assert (later.file.state.value, later.findings) == ("split", [])


@pytest.mark.parametrize(
    ("header", "state", "findings"),
    [
        (
            'HDR,"DE_KSS_RMC_20261124_00000007.DAT","20261124 120000","KSS","RMC"\n',
            "refused",
            ["refused: its HDR names deanery KSS, its name EOE. Ask ESR which is right"],
        ),
        (
            'HDR,"DE_EOE_RMC_20261123_00000006.DAT","20261124 120000","EOE","RMF"\n',
            "split",
            [
                "its HDR names type RMF, its name RMC",
                "its HDR names a file DE_EOE_RMC_20261123_00000006.DAT",
            ],
        ),
        (
            'HDR,"Mrs Bennet, Longbourn","20261124 120000","ZZZ","RMC"\n',
            "split",
            [
                "its HDR names a deanery that is unknown, its name EOE",
                "its HDR names a file that is not a valid ESR file name",
            ],
        ),
    ],
)
async def test_an_hdr_that_contradicts_the_name_is_told(
    embedded: Benches, tmp_path: Path, header: str, state: str, findings: list[str]
) -> None:
    async with a_place(embedded, tmp_path) as place:
        taken = await place.take(header + ROWS + "TRL,4\n")
        assert (taken.file.state.value, taken.findings) == (state, findings)
