"""``region start`` and ``region status`` on both engines: a new region, from its RMF to exports by schedule."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.drawn import LONG
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import Small, por, small_world
from tests.journeys.test_tasks_killed import running

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.operations import waiting_for_services
from tis_esr.reading_settings import load
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS
from tis_esr.services.data_exporter.region_starts import REGION_STARTS
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.simulation.days.generated_world import World

POSTS = [f"EOE/RX1/800/STR/00{number}" for number in (1, 2, 3)]
RMF = "DE_EOE_RMF_20261124_00000100.DAT"
OLD = ["DE_EOE_RMC_20261123_00000099.DAT", "DE_EOE_RMC_20261124_00000098.DAT"]
APP, DNF = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNF_20261124_00000001.DAT"
HEADER = "gmc_number,position_id,deanery_number,start_date"


def three_to_come(world: World) -> None:
    """Two are sent to ESR in the coming weeks, one of them by the previous interface; the third is not due yet."""
    for npn, start in zip(POSTS, (30, 40, 200), strict=True):
        world.placement(world.post("EOE", npn=npn), world.person(), start, 300)


@dataclass
class New:
    """A region that is to be started: its files are in the inbound folder."""

    called: Program
    small: Small

    def arrive(self) -> None:
        """Let ESR's files arrive."""
        for name, rows in {
            RMF: [por(number, npn) for number, npn in enumerate(POSTS, 1)],
            OLD[0]: [por(9, POSTS[0])],
            OLD[1]: [por(8, POSTS[1])],
        }.items():
            self.file(name, *rows)

    def file(self, name: str, *rows: str) -> None:
        folder = self.small.folder / "in"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("\n".join([*rows, f"TRL,{len(rows)}"]) + "\n")
        os.utime(folder / name, (1, 1))

    def gmc(self, number: int) -> str:
        return str(self.small.world.people[number]["gmcDetails"]["gmcNumber"])

    def start_of(self, number: int) -> str:
        return str(self.small.world.placements[number]["dateFrom"])

    def listed(self, *lines: str) -> Path:
        path = self.small.folder / "sent.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return path

    def region(self, act: str, *words: object) -> Said:
        return self.called("region", act, "EOE", "--as-of", "2026-11-24", "--tcs", self.small.tcs.url, *words)

    def export(self, *words: str) -> Said:
        return self.called("export", *words, "--as-of", "2026-11-24", "--out", self.small.folder / "out")

    def day(self, day: str = "2026-11-24") -> Said:
        folder = self.small.folder
        return self.called(
            "day", "--in", folder / "in", "--out", folder / "out", "--tcs", self.small.tcs.url, "--as-of", day
        )

    def out(self) -> dict[str, list[str]]:
        """Return the data rows of each file to ESR."""
        folder = self.small.folder / "out"
        return {path.name: path.read_text().splitlines()[1:-1] for path in sorted(folder.glob("*.DAT"))}


@contextmanager
def new_region(folder: Path, engine: str = "embedded") -> Iterator[New]:
    with small_world(folder, three_to_come) as small:
        yield New(program(engine, folder), small)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[New]:
    with new_region(tmp_path) as made:
        yield made


def steps(said: Said) -> dict[str, tuple[str, dict[str, int]]]:
    return {step["step"]: (step["state"], step["counts"]) for step in said.json["steps"]}


@pytest.fixture(params=ENGINES)
def on_each_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[New]:
    with new_region(tmp_path, request.param) as made:
        yield made


async def test_a_region_is_started_step_by_step(on_each_engine: New, monkeypatch: pytest.MonkeyPatch) -> None:
    new = on_each_engine
    new.arrive()
    sent = new.listed(f"{new.gmc(0)},1,,{new.start_of(0)}", f"{new.gmc(1)},,{POSTS[1]},2026-01-05")
    async with services_of(new, monkeypatch, sent):
        said = await asyncio.to_thread(new.region, "start", "--sent", sent, "--yes")
    await asyncio.to_thread(check_started, new, said)


def check_started(new: New, said: Said) -> None:
    assert said.code == 0, said.text
    status = new.region("status")
    assert status.text.splitlines()[0] == "EOE is started."
    assert [line.partition(": ")[2] for line in status.text.splitlines()[1:]] == [
        "withhold all exports of this deanery until the start is finished",
        f"set aside 2 files older than {RMF}, unread",
        f"take {RMF} (4 rows: 3 applied, 1 ignored), and finish all that follows from it",
        "mark 1 applicant as sent by the previous interface; 1 line about placements that have started",
        "send 1 applicant (APP); 1 not due yet",
        "send 2 notifications (DNF); then export by schedule",
    ]
    assert said.text.splitlines()[-1] == "EOE is started: its exports go by schedule."
    audited = new.called("audit", "--act", "region.step", "--json").json["entries"]
    steps = ["WITHHOLD", "OLD_FILES", "FULL_FILE", "SENT_BEFORE", "APPLICANTS", "NOTIFICATIONS"]
    assert list(dict.fromkeys(entry["why"] for entry in reversed(audited))) == steps
    assert new.region("start", "--yes").text == "EOE is started: its exports go by schedule.\n"
    out = new.out()
    assert list(out) == [APP, DNF]
    assert [POSTS[1] in row for row in out[APP]] == [True]
    assert len(out[DNF]) == 2
    assert new.day().code == 0
    assert list(new.out()) == [APP, DNF]


@asynccontextmanager
async def services_of(new: New, monkeypatch: pytest.MonkeyPatch, sent: Path) -> AsyncIterator[None]:
    """On the production engine run the services, once a start without them has said that nobody works."""
    if new.called.engine == "embedded":
        yield
        return
    for name, value in {**new.called.settings, "TIS_ESR_TCS_URL": new.small.tcs.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_SWEEP_SECONDS", "0.2")
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr(waiting_for_services, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(waiting_for_services, "SILENT_SECONDS", 0.5)
    silent = await asyncio.to_thread(new.region, "start", "--sent", sent, "--yes")
    assert (silent.code, "still to be handled, and none was for" in silent.text) == (3, True), silent.text
    monkeypatch.setattr(waiting_for_services, "SILENT_SECONDS", 60.0)
    async with running(load()):
        yield


def test_a_dry_run_says_what_the_steps_will_do_and_does_nothing(new: New) -> None:
    (new.small.folder / "in").mkdir()
    assert new.day("2026-11-23").code == 0
    new.arrive()
    assert steps(new.region("start", "--dry-run", "--json")) == {
        "WITHHOLD": ("NEXT", {}),
        "OLD_FILES": ("NEXT", {"set_aside": 2, "already_processed": 0}),
        "FULL_FILE": ("NEXT", {"rows": 4}),
        "SENT_BEFORE": ("LATER", {}),
        "APPLICANTS": ("LATER", {}),
        "NOTIFICATIONS": ("LATER", {}),
    }
    assert new.region("status").text.startswith("EOE is not started.\nNext: withhold all exports")
    unknown = new.listed("1234567,1,,2027-01-01")
    assert new.region("start", "--sent", unknown, "--yes").code == 2
    sent = new.listed(f"{new.gmc(0)},1,,{new.start_of(0)}")
    planned = steps(new.region("start", "--dry-run", "--json", "--sent", sent))
    assert {step: planned[step] for step in ("SENT_BEFORE", "APPLICANTS", "NOTIFICATIONS")} == {
        "SENT_BEFORE": ("NEXT", {"lines": 1, "marked": 1, "started": 0, "unusable": 0}),
        "APPLICANTS": ("NEXT", {"rows": 1, "not_due": 1, "too_late": 0, "later_file": 0, "held_back": 0}),
        "NOTIFICATIONS": ("NEXT", {"rows": 2, "held_back": 0}),
    }
    assert new.out() == {}
    assert new.region("start", "--yes", "--sent", sent).code == 0
    assert {step: counts for step, (_, counts) in planned.items()} == {
        step: counts for step, (_, counts) in steps(new.region("status", "--json")).items()
    }


def test_each_step_asks_first_and_a_no_stops_before_it(new: New) -> None:
    new.arrive()
    said = new.region("start")
    assert said.code == 1
    assert "EOE: withhold all exports of this deanery until the start is finished? [y/N]" in said.text
    assert "stopped before: withhold all exports" in said.text
    assert new.region("status").text.startswith("EOE is not started.")


def test_lines_that_name_nobody_or_several_stop_the_start_until_they_are_corrected_or_skipped(
    new: New,
) -> None:
    new.arrive()
    own = f"{new.gmc(0)},1,,{new.start_of(0)}"
    wrong = new.listed(own, f"{new.gmc(1)},2,,2027-01-05", "7999999,1,,2027-01-05", "x,1,,2027-01-05")
    said = new.region("start", "--yes", "--sent", wrong)
    assert said.code == 2
    for line in (
        f"  line 3: in TIS the placement starts on {new.start_of(1)}, not on 2027-01-05",
        "  line 4: no applicant of this deanery has this GMC number",
        "  line 5: gmc_number is not a number of 7 digits",
        "tis-esr: --sent: 3 of 4 lines can't be used: correct them, or give --skip-unknown",
    ):
        assert line in said.text.splitlines()
    assert new.gmc(1) not in said.text
    assert new.out() == {}
    skipped = new.region("start", "--yes", "--sent", wrong, "--skip-unknown", "--json")
    assert [problem["line"] for problem in skipped.json["problems"]] == [3, 4, 5]
    assert [POSTS[1] in row for row in new.out()[APP]] == [True]


def test_while_the_start_is_in_progress_only_it_sends_for_the_deanery(new: New) -> None:
    new.arrive()
    nobody = new.listed("7999999,1,,2027-01-05")
    assert new.region("start", "--yes", "--sent", nobody).code == 2
    said = new.day()
    assert said.code == 0
    assert "export_withheld" in said.text
    assert "export_withheld" in new.export("applicants").text
    full = new.export("notifications", "--full", "--deanery", "EOE")
    assert (full.code, "EOE: the region's start is in progress" in full.text) == (2, True)
    assert new.out() == {}
    assert new.region("start", "--yes").code == 0
    assert [name.split("_")[2] for name in new.out()] == ["APP", "DNF"]


def test_without_its_rmf_a_start_withholds_exports_and_waits(new: New) -> None:
    (new.small.folder / "in").mkdir()
    said = new.region("start", "--yes")
    assert said.code == 3
    assert "EOE: its RMF is not in the inbound store. The start is kept" in said.text
    assert "Waiting: set aside the files older than the RMF: it has not arrived" in new.region("status").text
    new.arrive()
    assert new.day().code == 0
    assert new.out() == {}
    assert new.region("start", "--yes").code == 0
    assert steps(new.region("status", "--json"))["OLD_FILES"][1] == {"set_aside": 0, "already_processed": 2}


def test_an_older_file_is_never_read_however_often_it_comes(new: New) -> None:
    new.arrive()
    assert new.region("start", "--yes").code == 0
    new.file(OLD[0], por(7, POSTS[2]))
    assert new.day("2026-11-25").code == 0
    assert "Positions: 3 Matched" in new.day("2026-11-25").text
    assert f"older than {RMF}, with which EOE was started (settled: set aside)" in new.called("files").text


def test_a_deanery_for_which_files_were_sent_is_no_new_region(new: New) -> None:
    new.arrive()
    assert new.day().code == 0
    said = new.region("start", "--yes")
    assert (said.code, "EOE is not a new region: DE_EOE_APP_20261124" in said.text) == (2, True)


def test_changes_of_whom_the_previous_interface_sent_go_to_esr_and_tis_is_not_told_of_a_file(
    new: New,
) -> None:
    new.arrive()
    sent = new.listed(f"{new.gmc(0)},1,,{new.start_of(0)}")
    assert new.region("start", "--yes", "--sent", sent).code == 0
    store, first = new.small.tcs.simulator.store, new.small.world.placements[0]
    assert list(store.placement_events) == [new.small.world.placements[1]["id"]]
    store.put_placement({**first, "dateTo": "2027-11-01"})
    assert new.day("2026-11-25").code == 0
    types = [row.split(",")[1] for name, rows in new.out().items() if "_DNC_" in name for row in rows]
    assert types == ['"4"']
    assert (
        "was sent by the previous interface before the region was started"
        in new.called("why", first["id"], "--as-of", "2026-11-25").text
    )


class Killed(BaseException):
    """The end of a process in the middle of something."""


def dies_at(monkeypatch: pytest.MonkeyPatch, number: int, side: str) -> list[int]:
    """Let the process end before or after its commit of this number: nothing is committed later. Returns it once it has."""
    commit, left, died = EmbeddedEngine.commit, iter(range(number)), []

    async def commit_or_die(self: EmbeddedEngine, what: Any) -> None:
        last = next(left, None) in {number - 1, None}
        if not died and not (last and side == "before"):
            await commit(self, what)
        if last:
            died.append(number)
            raise Killed

    monkeypatch.setattr(EmbeddedEngine, "commit", commit_or_die)
    return died


def ended(new: New) -> Any:
    """Return what the start ended in: files, records, calls to TCS, what is left."""
    with closing(StateReader(new.small.folder / "state.sqlite")) as reader:
        records = [*reader.find(APPLICANTS, {}), *reader.find(NOTIFICATIONS, {})]
        return {
            "out": new.out(),
            "records": [(record.key, record.state, record.file, record.file_row) for record in records],
            "ledger": [(file.name, file.state, file.reason) for file in reader.find(FILES, {})],
            "start": {step: done.counts for step, done in reader.find(REGION_STARTS, {})[0].done.items()},
            "told": {
                placement: [event["filename"] for event in events]
                for placement, events in new.small.tcs.simulator.store.placement_events.items()
            },
            "left": (reader.waiting(), reader.parked()),
        }


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, side: str) -> tuple[bool, Any]:
    """Return whether a start was interrupted at a commit, and what the same command ended in after it."""
    with new_region(folder) as new:
        new.arrive()
        words = ("start", "--yes", "--sent", new.listed(f"{new.gmc(0)},1,,{new.start_of(0)}"))
        with monkeypatch.context() as patched, suppress(Killed, BaseExceptionGroup):
            died = dies_at(patched, number, side)
            new.region(*words)
        assert new.region(*words).code == 0
        return bool(died), ended(new)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("side", ["before", "after"])
def test_interrupted_anywhere_and_run_again_it_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    _, undisturbed = interrupted(tmp_path / "undisturbed", monkeypatch, 10**6, side)
    assert [len(rows) for rows in undisturbed["out"].values()] == [1, 2]
    assert undisturbed["left"] == ({}, [])
    step = 1 if LONG else 9
    for number in range(1 if side == "before" else 1 + step // 2, 1000, step):
        is_killed, outcome = interrupted(tmp_path / f"{number}", monkeypatch, number, side)
        assert outcome == undisturbed, f"{side} commit {number}"
        if not is_killed:
            assert number > 20
            return
