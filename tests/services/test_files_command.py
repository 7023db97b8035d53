"""``tis-esr files`` and what else tells of the ledger: the same words on both engines."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import structlog
from tests.queries.plans import PLANS
from tests.services.bench import Bench, Benches
from tests.services.tcs_on_bench import TODAY
from typer.testing import CliRunner

from tis_esr import cli, wall_clock
from tis_esr.commands import files as command
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.files.folder import Folder
from tis_esr.operations.ledger import gaps
from tis_esr.process.ledger_watch import FileWatch
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World
from tis_esr.web.metrics import Metrics

ROWS = 'POR,1,"","C",11,"T","EOE/1"\nTRL,2\n'
FIRST, THIRD = "DE_EOE_RMF_20261123_00000101.DAT", "DE_EOE_RMC_20261124_00000103.DAT"
MISSING = "number 102 of EOE (RMF and RMC) has not arrived, though number 103 has. Ask ESR for it"
CUT = "incomplete: TRL counts 9 rows, the file has 2"


async def hand_in(bench: Bench, folder: Path, **contents: str) -> None:
    store = Folder(folder, make=True)
    for name, content in contents.items():
        (folder / name).write_text(content)
        await InboundDataReader(bench.runner.work).take(store, name)


async def settle(bench: Bench, name: str) -> None:
    work = bench.runner.work()
    file = (await work.get(FILES, [name]))[name]
    work.put(FILES, file.settle("ESR confirmed it"))
    await work.commit()


async def test_the_command_lists_states_findings_and_gaps_with_exit_code_1(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        monkeypatch.setattr(command, "reader_of", lambda *_: bench.reader())

        def call(*words: str) -> tuple[int, str]:
            result = CliRunner().invoke(cli.app, ["files", *words])
            return result.exit_code, result.output

        assert call() == (0, "No file has arrived yet.\n")
        await hand_in(bench, tmp_path / "from-esr", **{FIRST: ROWS})
        assert call() == (0, f"{FIRST}  Split  2 rows\nFiles: 1; open findings: 0\n")
        await hand_in(
            bench, tmp_path / "from-esr", **{THIRD: ROWS.replace("TRL,2", "TRL,9"), "letter.txt": "Dear"}
        )
        code, said = call()
        assert code == 1
        assert (
            f"{THIRD}  Split, incomplete  2 rows\n    {CUT}\n    What to do: its rows are applied;"
            " ask ESR for the complete file under the same name: only its new rows are processed\n"
        ) in said
        assert "letter.txt  Refused  0 rows\n    refused: " in said
        assert "    What to do: none of its rows is applied; remove it from the inbound store\n" in said
        assert said.endswith(
            f"Missing: {MISSING} (EOE-RMT-102)\nFiles: 3; open findings: 3\n"
            "To settle a finding: tis-esr files NAME --settle TEXT; for a missing file NAME is the one in brackets\n"
        )
        code, said = call(THIRD, "--json")
        found: dict[str, Any] = json.loads(said)
        [file] = found["files"]
        assert (code, file["state"], file["incomplete"], file["findings"]) == (1, "SPLIT", True, [CUT])
        assert (file["size"], file["rows"], [gap["text"] for gap in found["gaps"]]) == (34, 2, [MISSING])
        assert call(FIRST)[0] == 0
        assert call("nothing.DAT")[0] == 2


async def test_a_file_that_was_exported_without_its_inbound_is_named_for_a_week(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open("DataExporter", World(TODAY, Random(1))) as bench:
        monkeypatch.setattr(command, "reader_of", lambda *_: bench.reader())
        monkeypatch.setattr(wall_clock, "today", lambda: TODAY)
        await bench.keep(
            OUTBOUND_FILES,
            *(
                OutboundFile(
                    name=f"DE_EOE_DNF_{day:%Y%m%d}_00000008.DAT",
                    type="DNF",
                    deanery="EOE",
                    day=day,
                    state=OutboundState.WRITTEN,
                    rows=3,
                    settled="ESR has it",
                    lacks="2 messages of its inbound files not handled",
                )
                for day in (TODAY - timedelta(days=7), TODAY)
            ),
        )
        said = CliRunner().invoke(cli.app, ["files"]).output
        assert "Incomplete: DE_EOE_DNF_20261124_00000008.DAT (3 rows) was created without: 2 messages" in said
        assert "DE_EOE_DNF_20261117_00000008.DAT (3 rows) was" not in said


async def test_prometheus_and_the_log_are_told_of_states_and_gaps(benches: Benches, tmp_path: Path) -> None:
    async with benches.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        await hand_in(bench, tmp_path / "from-esr", **{FIRST: ROWS, THIRD: ROWS.replace("TRL,2", "TRL,9")})
        metrics = Metrics(dict, lambda: "closed")
        watch = FileWatch(bench.runner.work, metrics)
        with structlog.testing.capture_logs() as logs:
            await watch.look()
            await watch.look()
        assert [(log["log_level"], log["finding"]) for log in logs] == [("warning", MISSING)]
        text = metrics.text().decode()
        assert 'tis_esr_files{deanery="EOE",state="split",type="RMF"} 1.0' in text
        assert 'tis_esr_files{deanery="EOE",state="incomplete",type="RMC"} 1.0' in text
        assert 'tis_esr_file_gaps{deanery="EOE",type="RMT"} 1.0' in text
        await settle(bench, THIRD)
        await watch.look()
        text = metrics.text().decode()
        assert 'tis_esr_files{deanery="EOE",state="split",type="RMC"} 1.0' in text
        assert 'state="incomplete"' not in text


async def test_an_incomplete_file_that_was_dealt_with_is_counted_as_split(
    benches: Benches, tmp_path: Path
) -> None:
    async with benches.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        await hand_in(bench, tmp_path / "from-esr", **{THIRD: ROWS.replace("TRL,2", "TRL,9")})
        work = bench.runner.work()
        work.put(FILES, (await work.get(FILES, [THIRD]))[THIRD].settle("ESR sent it again"))
        await work.commit()
        metrics = Metrics(dict, lambda: "closed")
        await FileWatch(bench.runner.work, metrics).look()
        assert metrics.files == {("EOE", "RMC", "split"): 1}


async def test_a_gap_that_nobody_waits_for_is_settled_with_a_reason_and_all_is_fine_again(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = "DE_EOE_RMC_20261125_00000106.DAT"
    async with benches.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        monkeypatch.setattr(command, "reader_of", lambda *_: bench.reader())

        @asynccontextmanager
        async def desk(*_: Any) -> AsyncIterator[Runner]:
            yield bench.runner

        monkeypatch.setattr(command, "engine_for_operation", desk)

        async def call(*words: str) -> tuple[int, str]:
            result = await asyncio.to_thread(CliRunner().invoke, cli.app, ["files", *words])
            return result.exit_code, result.output

        await hand_in(bench, tmp_path / "from-esr", **{FIRST: ROWS, THIRD: ROWS, later: ROWS})
        code, said = await call()
        assert code == 1
        assert f"Missing: {MISSING} (EOE-RMT-102)\n" in said
        assert "though number 106 has. Ask ESR for it (EOE-RMT-104-105)\n" in said
        assert (await call("EOE-RMT-102"))[1] == f"Missing: {MISSING} (EOE-RMT-102)\n"

        await command.settle(Settings(), "EOE-RMT-102", "ESR never made it", None, as_json=False)
        code, said = await call()
        assert code == 1
        assert f"Missing: {MISSING} (EOE-RMT-102; settled: ESR never made it)\n" in said
        assert await call("EOE-RMT-102") == (
            0,
            f"Missing: {MISSING} (EOE-RMT-102; settled: ESR never made it)\n",
        )
        with pytest.raises(UsageError, match="no open finding"):
            await command.settle(Settings(), "EOE-RMT-102", "again", None, as_json=False)
        await command.settle(Settings(), "EOE-RMT-104-105", "ESR never made them", None, as_json=False)
        assert (await call())[0] == 0

        metrics = Metrics(dict, lambda: "closed")
        with structlog.testing.capture_logs() as logs:
            await FileWatch(bench.runner.work, metrics).look()
        assert (logs, metrics.file_gaps) == ([], {("EOE", "RMT"): 0})

        await hand_in(bench, tmp_path / "from-esr", **{THIRD: ROWS + ROWS.replace("TRL,2", "TRL,4")})
        await hand_in(bench, tmp_path / "from-esr", **{later.replace("106", "104"): ROWS})
        assert (await call())[0] == 0
        await hand_in(bench, tmp_path / "from-esr", **{later.replace("106", "109"): ROWS})
        code, said = await call()
        assert code == 1
        assert "numbers 107 to 108 of EOE" in said


def out(number: int, day: int, rows: int = 1) -> OutboundFile:
    name = f"DE_EOE_APP_202611{day}_{number:08d}.DAT"
    state = OutboundState.SENT if rows else OutboundState.NOTHING_TO_SEND
    return OutboundFile(name=name, type="APP", deanery="EOE", day=TODAY, state=state, rows=rows)


async def test_answers_are_expected_by_the_numbers_of_our_own_files(
    embedded: Benches, tmp_path: Path
) -> None:
    async with embedded.open("InboundDataReader", World(TODAY, Random(1))) as bench:
        ours = [out(8, 20), out(21, 21, rows=0), out(34, 22), out(47, 23)]
        await bench.keep(OUTBOUND_FILES, *ours)
        answers = [f"DE_EOE_APC_202611{day}_{number:08d}.DAT" for number, day in ((8, 20), (47, 23))]
        await hand_in(bench, tmp_path / "from-esr", **dict.fromkeys(answers, "TRL,1\n"))
        with PLANS.looked_at_by_a_test():
            files = await bench.runner.work().find(FILES, {})
        assert [gap.text for gap in gaps(files, ours, None)] == [
            "no APC has arrived for DE_EOE_APP_20261122_00000034.DAT, though one for a later file has"
        ]
        assert next(gap.text for gap in gaps(files, ours[1:], None)) == (
            "DE_EOE_APC_20261120_00000008.DAT does not match any APP file that was sent from here"
        )
        assert [gap.text for gap in gaps(files, ours[:-1], None)] == [
            "DE_EOE_APC_20261123_00000047.DAT does not match any APP file that was sent from here"
        ]


def test_findings_that_were_dealt_with_are_settled(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")

    def call(*words: str | Path) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, [*map(str, words), "--state", str(tmp_path / "state")])
        return result.exit_code, result.output

    assert call("ingest", tmp_path / "letter.txt")[0] == 1
    assert call("files", "letter.txt", "--settle", " ")[0] == 2
    assert call("files", "--settle", "why")[0] == 2
    settled = (
        "letter.txt: settled: sent to the wrong folder, removed\n    refused: 'letter.txt' is not a valid ESR file name:"
        " it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT\n"
    )
    assert call("files", "letter.txt", "--settle", "sent to the wrong folder, removed") == (0, settled)
    code, said = call("files")
    assert code == 0
    assert "What to do" not in said
    assert "Once it has" not in said
    assert "(settled: sent to the wrong folder, removed)" in said
    assert call("files", "letter.txt", "--settle", "again")[0] == 2


def test_a_file_that_was_refused_by_its_name_is_refused_again_and_stays_a_finding(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear trust")
    words = ["ingest", str(tmp_path / "letter.txt"), "--state", str(tmp_path / "state")]
    first, again = CliRunner().invoke(cli.app, words), CliRunner().invoke(cli.app, words)
    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "; already refused: 'letter.txt' is not a valid" in again.output
    (tmp_path / "letter.txt").write_text("Dear trust, once more")
    assert CliRunner().invoke(cli.app, words).exit_code == 1
